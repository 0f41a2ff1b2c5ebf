"""Run every active cadence."""

import logging

from django.core.management.base import BaseCommand

from tom_observations.services.cadences import run_cadences

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Runs the strategy of each active cadence, which may request new observations"

    def handle(self, *args, **options):
        changed, failed = run_cadences()
        for cadence, error in failed:
            self.stderr.write(f"Cadence {cadence.pk} ({cadence.cadence_strategy}) failed: {error}")
        if changed:
            names = ", ".join(str(cadence.observation_group) for cadence in changed)
            return f"Created new observations for dynamic cadences with observation groups: {names}."
        return "No new observations for any dynamic cadences."
