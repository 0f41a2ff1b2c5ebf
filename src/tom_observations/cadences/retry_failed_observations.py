"""Ask again for what failed."""

from __future__ import annotations

from crispy_forms.layout import Layout

from ..cadence import BaseCadenceForm, CadenceStrategy
from .common import frequency, resubmit, shift_window

RETRIED = "retried_records"


class RetryFailedObservationsForm(BaseCadenceForm):
    def cadence_layout(self):
        return Layout("cadence_strategy", "cadence_frequency")


class RetryFailedObservationsStrategy(CadenceStrategy):
    """Each failed observation of the group is asked for once more, its window moved later by the cadence frequency."""

    name = "Retry Failed Observations"
    description = "Asks again for each observation that failed, its window moved later by the given number of hours."
    form = RetryFailedObservationsForm

    def run(self):
        parameters = self.dynamic_cadence.cadence_parameters
        done = set(parameters.get(RETRIED, []))
        new, trouble = [], []
        for record in self.dynamic_cadence.observation_group.observation_records.select_related("target", "user").order_by("created", "pk"):
            if record.pk in done or not record.failed:
                continue
            facility = record.get_facility()
            start, end = facility.get_start_end_keywords()
            try:
                payload = self.advance_window(dict(record.parameters), start, end)
                new += resubmit(
                    cadence=self.dynamic_cadence, record=record, facility=facility, parameters=payload, key=f"retry {record.pk}"
                )
            except Exception as error:  # one that cannot be asked for again must not keep the others from it
                trouble.append((record, error))
                continue
            # written at once: a run that is cut off asks for nothing twice
            done.add(record.pk)
            parameters[RETRIED] = sorted(done)
            self.dynamic_cadence.save(update_fields=["cadence_parameters", "modified"])
        if trouble and not new:
            raise trouble[0][1]
        return new

    def advance_window(self, observation_payload, start_keyword="start", end_keyword="end"):
        return shift_window(observation_payload, frequency(self.dynamic_cadence.cadence_parameters), start_keyword, end_keyword)
