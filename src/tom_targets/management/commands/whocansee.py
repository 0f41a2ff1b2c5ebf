from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from tom_common.access import ACTIONS, explain
from tom_common.errors import NotFoundError
from tom_targets.models import BaseTarget


class Command(BaseCommand):
    help = "Say who may view, change and delete a target, or an observation or data product, and why."

    def add_arguments(self, parser):
        parser.add_argument("target", help="name, alias or key; with --model the key")
        parser.add_argument("--model", help="something else than a target: tom_observations.ObservationRecord, tom_dataproducts.DataProduct")
        parser.add_argument("--user", help="only this user: why they may, or that they may not")

    def handle(self, *args, target, user=None, model=None, **options):
        try:
            found = explain(self.other(model, target) if model else self.target(target))
        except NotFoundError as error:
            raise CommandError(str(error)) from error
        if user is not None:
            return self.one(found, user)
        for holder in [*found.sets, *found.groups, *found.people]:
            name = getattr(holder, "name", "") or (f"group {holder.label}" if holder.kind == "group" else holder.label)
            for action in ACTIONS:
                for why in holder.may.get(action, []):
                    self.stdout.write(f"{name}\t{action}\t{why}")
        if found.more:
            self.stdout.write("and more")
        return None

    def one(self, found, name):
        from django.contrib.auth import get_user_model

        user = get_user_model().objects.filter(username=name).first()
        if user is None:
            raise CommandError(f"There is no account {name}.")
        reasons = found.reasons_of(user)
        for action in ACTIONS:
            self.stdout.write(f"{action}\t{'; '.join(reasons.get(action, [])) or 'no'}")

    @staticmethod
    def other(model, text):
        try:
            kind = apps.get_model(model)
        except (LookupError, ValueError) as error:
            raise CommandError(f"There is no model {model}.") from error
        found = kind._base_manager.filter(pk=int(text)).first() if text.isascii() and text.isdigit() and len(text) < 19 else None
        if found is None:
            raise CommandError(f"There is no {kind._meta.verbose_name} {text}.")
        return found

    @staticmethod
    def target(text):
        named = BaseTarget.objects.filter(Q(name=text) | Q(aliases__name=text)).order_by("pk").first()
        if named is None and text.isascii() and text.isdigit() and len(text) < 19:
            named = BaseTarget.objects.filter(pk=int(text)).first()
        if named is None:
            raise CommandError(f"There is no target {text}.")
        return named
