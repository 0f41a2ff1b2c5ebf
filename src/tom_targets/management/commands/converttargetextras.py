from django.conf import settings
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from tom_targets.models import BaseTarget, TargetExtra, get_target_model_class


class Command(BaseCommand):
    help = "Move values of extras into columns of the project's own target model."

    def add_arguments(self, parser):
        parser.add_argument("--target_extra", nargs="+", default=[], metavar="NAME", help="keys of extras")
        parser.add_argument("--model_field", nargs="+", default=[], metavar="NAME", help="columns, in the same order")
        parser.add_argument("--confirm", action="store_true", help="do not ask before each pair")
        parser.add_argument("--list", action="store_true", help="list the extras and the columns, and stop")
        parser.add_argument("--force", action="store_true", help="overwrite columns that hold something else")

    def handle(self, *args, **options):
        model = get_target_model_class()
        keys = sorted(set(TargetExtra.objects.order_by().values_list("key", flat=True).distinct()))
        named = [e["name"] for e in getattr(settings, "EXTRA_FIELDS", [])]
        own = [f.name for f in model._meta.concrete_fields if f.model is not BaseTarget and not f.is_relation and f.editable]
        if options["list"]:
            self.stdout.write(f"Extras: {', '.join(dict.fromkeys([*named, *keys])) or 'none'}")
            self.stdout.write(f"Columns of {model._meta.label}: {', '.join(own) or 'none'}")
            return
        extras, fields = options["target_extra"], options["model_field"] or options["target_extra"]
        if not extras or len(extras) != len(fields):
            raise CommandError("Give as many names after --model_field as after --target_extra; --list shows what there is.")
        for key, name in zip(extras, fields, strict=True):
            try:
                field = model._meta.get_field(name)
            except FieldDoesNotExist as error:
                raise CommandError(f"{model._meta.label} has no column {name}.") from error
            if key not in keys:
                self.stdout.write(f"{key}: no target has it.")
                continue
            if not options["confirm"] and input(f"Move the extra {key} into the column {name}? [y/N] ").lower() not in ("y", "yes"):
                continue
            self.stdout.write(f"{key}: {self.convert(model, key, field, options['force'])} values moved into {name}.")

    def convert(self, model, key, field, force):
        moved, empty = 0, (None, "", field.get_default())
        for extra in TargetExtra.objects.filter(key=key).order_by("pk").iterator(chunk_size=1000):
            target = model._base_manager.filter(pk=extra.target_id).first()
            if target is None:
                self.stderr.write(f"{key} of target {extra.target_id} stays: that target is no {model._meta.label}.")
                continue
            try:
                value = field.clean(extra.value, target) if extra.value != "" else field.get_default()
            except ValidationError as error:
                self.stderr.write(f'{key} of {target.name} stays: "{extra.value}": {"; ".join(error.messages)}')
                continue
            present = getattr(target, field.attname)
            if present not in empty and present != value and not force:
                self.stderr.write(f"{key} of {target.name} stays: {field.name} is {present!r} already (--force overwrites).")
                continue
            with transaction.atomic():
                setattr(target, field.attname, value)
                target.save(update_fields=[field.name])
                extra.delete()
            moved += 1
        return moved
