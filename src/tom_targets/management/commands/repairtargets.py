import sys

from django.core.management.base import BaseCommand

from tom_targets import name_parts
from tom_targets.services import grants, repair


class Command(BaseCommand):
    help = (
        "Prove that HEALPix, simplified names and grants of targets follow what they are derived from, and mend them; "
        "make the index for parts of names anew. Run it after a change of the match manager's simplify_name."
    )

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true", help="only look; exit with 1 when something is wrong")
        parser.add_argument("--database", default="default")

    def handle(self, *args, check=False, database="default", **options):
        rows = repair.stale(using=database) if check else repair.mend(using=database)
        missing, surplus = grants.repair(using=database, check=check)
        for table, count in rows.items():
            self.stdout.write(f"{table}: {count} rows {'stale' if check else 'mended'}.")
        self.stdout.write(f"Grants: {missing} missing, {surplus} surplus{'' if check else ', mended'}.")
        if not check:
            problems = name_parts.install(database)
            self.stdout.write(f"Parts of names: {'; '.join(problems) if problems else 'indexed'}.")
        if check and (missing or surplus or any(rows.values())):
            sys.exit(1)
