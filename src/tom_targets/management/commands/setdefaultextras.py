from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from tom_targets.models import BaseTarget, TargetExtra
from tom_targets.querysets import batched


class Command(BaseCommand):
    help = "Write the default of an EXTRA_FIELDS entry on every target that lacks that key."

    def add_arguments(self, parser):
        parser.add_argument("--targetextra", nargs="+", default=[], metavar="NAME", help="names of EXTRA_FIELDS entries")

    def handle(self, *args, targetextra=(), **options):
        entries = {e["name"]: e for e in getattr(settings, "EXTRA_FIELDS", [])}
        for name in targetextra:
            if entries.get(name, {}).get("default") is None:
                raise CommandError(f'EXTRA_FIELDS has no entry "{name}" with a default.')
        for name in targetextra:
            lacking = BaseTarget.objects.exclude(pk__in=TargetExtra.objects.filter(key=name).values("target_id"))
            count = 0
            for some in batched(lacking.values_list("pk", flat=True)):
                rows = [TargetExtra(target_id=pk, key=name, value=entries[name]["default"]) for pk in some]
                for row in rows:
                    row.fill()
                TargetExtra.objects.bulk_create(rows)
                count += len(rows)
            self.stdout.write(f"{name}: written on {count} targets.")
