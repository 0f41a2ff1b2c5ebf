"""Ask the sources again for data of targets that they have sent before."""

from importlib import import_module
from itertools import groupby
from operator import itemgetter

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError

from tom_common.redaction import without_secrets
from tom_dataproducts.models import ReducedDatum
from tom_targets.models import get_target_model_class


class Command(BaseCommand):
    help = "Gets new data for targets: from the brokers and from the data services that have sent data of them before."

    def add_arguments(self, parser):
        parser.add_argument("--target_id", help="Only this target", type=int)

    def handle(self, *args, **options):
        targets = get_target_model_class().objects.all()
        if options["target_id"]:
            targets = targets.filter(pk=options["target_id"])
            if not targets.exists():
                raise CommandError(f"There is no target {options['target_id']}.")
        problems = {}
        sources = [*self._brokers(problems), *self._data_services(problems)]
        # what has sent data of which target, target by target: targets without data cost nothing
        known = ReducedDatum.objects.filter(source_name__in={name for name, _ in sources}).order_by("target_id", "source_name")
        if options["target_id"]:
            known = known.filter(target_id=options["target_id"])
        pairs = list(known.values_list("target_id", "source_name").distinct())
        for target_id, of_target in groupby(pairs, key=itemgetter(0)):
            names = {name for _, name in of_target}
            target = targets.filter(pk=target_id).first()
            if target is None:
                continue
            for name, update in sources:
                if name not in names:
                    continue
                try:
                    update(target)
                except Exception as error:
                    problems.setdefault(name, without_secrets(str(error)))
        return f"Update completed with errors: {problems}" if problems else "Update completed successfully"

    def _brokers(self, problems):
        if not apps.is_installed("tom_alerts"):
            return
        for name, cls in import_module("tom_alerts.alerts").get_service_classes().items():
            try:
                broker = cls()
            except Exception as error:
                problems[name] = without_secrets(str(error))
                continue
            yield name, broker.process_reduced_data

    def _data_services(self, problems):
        if not apps.is_installed("tom_dataservices"):
            return
        for name, cls in import_module("tom_dataservices.dataservices").get_data_service_classes().items():
            try:
                service = cls()
            except Exception as error:
                problems[name] = without_secrets(str(error))
                continue
            if not hasattr(service, "query_reduced_data"):
                continue

            def update(target, service=service):
                found = service.query_reduced_data(target)
                if found:
                    service.to_reduced_datums(target, found)

            yield name, update
