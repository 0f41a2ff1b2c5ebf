"""Nothing is left to move: the migrations did it."""

from django.core.management.base import BaseCommand

from tom_dataproducts.models import REDUCED_DATUM_MODELS


class Command(BaseCommand):
    help = "Tells how many reduced data there are of each kind. They share one table, so that nothing has to be moved."

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true", help="Makes no difference: nothing is changed")

    def handle(self, *args, **options):
        for model in REDUCED_DATUM_MODELS:
            self.stdout.write(f"{model.__name__}: {model.objects.count()}")
        self.stdout.write("Nothing to migrate: every kind of reduced data is in one table.")
