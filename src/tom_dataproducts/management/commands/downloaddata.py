"""Fetch the files of observations."""

from django.core.management.base import BaseCommand

from tom_observations.facility import get_service_class
from tom_observations.models import ObservationRecord


class Command(BaseCommand):
    help = "Updates the state of every observation that is not finished, and saves the data of those that are done."

    def handle(self, *args, **options):
        facilities = {}
        failed = 0
        for record in ObservationRecord.objects.order_by("pk").iterator(chunk_size=200):
            try:
                facility = facilities.get(record.facility)
                if facility is None:
                    facility = facilities[record.facility] = get_service_class(record.facility)()
                if record.status not in facility.get_terminal_observing_states():
                    record.update_status()
                    record.refresh_from_db()
                done = record.status in facility.get_terminal_observing_states() and record.status not in facility.get_failed_observing_states()
                if done:
                    facility.save_data_products(record)
            except Exception as error:
                failed += 1
                self.stderr.write(f"{record.facility} {record.observation_id}: {error}")
        if failed:
            self.stderr.write(f"{failed} observations failed.")
        return "completed command"
