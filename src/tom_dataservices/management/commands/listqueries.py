"""`manage.py listqueries`"""

from django.core.management.base import BaseCommand

from tom_dataservices.models import DataServiceQuery


class Command(BaseCommand):
    help = "Lists the saved queries of data services."

    def handle(self, *args, **options):
        rows = [
            (str(query.pk), query.name, query.data_service, f"{query.last_run:%Y-%m-%d %H:%M}" if query.last_run else "never")
            for query in DataServiceQuery.objects.order_by("pk")
        ]
        head = ("ID", "Name", "Data Service", "Last Run")
        widths = [max(len(row[i]) for row in (head, *rows)) for i in range(4)]
        for row in (head, *rows):
            self.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
