"""Keep a rhythm; after a failure start it anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from crispy_forms.layout import Layout

from ..cadence import BaseCadenceForm, CadenceStrategy
from .common import as_stored, as_utc, frequency, resubmit


class ResumeCadenceAfterFailureForm(BaseCadenceForm):
    def cadence_layout(self):
        return Layout("cadence_strategy", "cadence_frequency")


class ResumeCadenceAfterFailureStrategy(CadenceStrategy):
    """When the newest observation has ended the next is asked for: at once after a failure, else one period after its window's start."""

    name = "Resume Cadence After Failure"
    description = "Asks for the next observation when the last has ended: at once when it failed, else after the given number of hours."
    form = ResumeCadenceAfterFailureForm

    def update_observation_payload(self, observation_payload):
        """Override point: what shall be different in the next request."""
        return observation_payload

    def run(self):
        last = (
            self.dynamic_cadence.observation_group.observation_records.select_related("target", "user").order_by("-created", "-pk").first()
        )
        if last is None:
            return None
        facility = last.get_facility()
        facility.update_observation_status(last.observation_id)
        last.refresh_from_db()
        if not last.terminal:
            return None
        start, end = facility.get_start_end_keywords()
        payload = dict(last.parameters)
        payload = self._restart(payload, start, end) if last.failed else self.advance_window(payload, start, end)
        payload = self.update_observation_payload(payload)
        new = resubmit(cadence=self.dynamic_cadence, record=last, facility=facility, parameters=payload, key=f"resume {last.pk}")
        for record in new:
            facility.update_observation_status(record.observation_id)
        return new

    def _restart(self, observation_payload, start_keyword, end_keyword):
        """A window of the same length that begins now."""
        start, end = observation_payload[start_keyword], observation_payload[end_keyword]
        length = as_utc(end) - as_utc(start)
        now = datetime.now(UTC).replace(microsecond=0)
        observation_payload[start_keyword] = as_stored(now, start)
        observation_payload[end_keyword] = as_stored(now + length, end)
        return observation_payload

    def advance_window(self, observation_payload, start_keyword="start", end_keyword="end"):
        """The window one period later, of the same length; not before now."""
        hours = frequency(self.dynamic_cadence.cadence_parameters)
        start, end = observation_payload[start_keyword], observation_payload[end_keyword]
        length = as_utc(end) - as_utc(start)
        next_start = max(as_utc(start) + timedelta(hours=hours), datetime.now(UTC).replace(microsecond=0))
        observation_payload[start_keyword] = as_stored(next_start, start)
        observation_payload[end_keyword] = as_stored(next_start + length, end)
        return observation_payload
