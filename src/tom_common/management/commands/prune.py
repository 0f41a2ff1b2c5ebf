from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Delete history, outbox and task rows that are older than the retention settings allow."

    def handle(self, *args: Any, **options: Any) -> None:
        from tom_common.housekeeping import prune

        for name, count in prune().items():
            self.stdout.write(f"{name}: {count} deleted")
