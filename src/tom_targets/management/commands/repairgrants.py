import sys

from django.core.management.base import BaseCommand

from tom_targets.services import grants


class Command(BaseCommand):
    help = "Prove that the index of who may view which target says what the rights say, and mend it."

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true", help="only look; exit with 1 when something is wrong")
        parser.add_argument("--database", default=None)

    def handle(self, *args, check=False, database=None, **options):
        missing, surplus = grants.repair(using=database, check=check)
        self.stdout.write(f"Grants: {missing} missing, {surplus} surplus{'' if check or not missing + surplus else ', mended'}.")
        if check and (missing or surplus):
            sys.exit(1)
