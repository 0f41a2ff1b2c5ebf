"""Questions about observations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from .models import ObservationRecord
from .ports import data_sink


def for_list(queryset: QuerySet[ObservationRecord]) -> QuerySet[ObservationRecord]:
    """With what a row of a list shows, in a fixed number of queries, newest first."""
    if not queryset.query.order_by:
        queryset = queryset.order_by("-created", "-id")
    return queryset.select_related("target", "user").prefetch_related("observationgroup_set")


def saved_counts(user: Any, records: Iterable[ObservationRecord]) -> dict[int, int]:
    """How many data products that `user` may see each record has; empty where no installed app keeps any."""
    if not data_sink.filled or not hasattr(data_sink, "saved_counts"):
        return {}
    return data_sink.saved_counts(user=user, records=list(records))


class FacilityStates:
    """Terminal states and portal addresses of facilities, each facility asked once for a page."""

    def __init__(self) -> None:
        from .facility import get_service_classes

        self._classes = get_service_classes()
        self._facilities: dict[str, Any] = {}

    def facility(self, name: str) -> Any:
        if name not in self._facilities:
            facility_class = self._classes.get(name)
            self._facilities[name] = facility_class() if facility_class is not None else None
        return self._facilities[name]

    def is_terminal(self, record: ObservationRecord) -> bool | None:
        """None when the facility is not installed."""
        facility = self.facility(record.facility)
        return None if facility is None else record.status in facility.get_terminal_observing_states()

    def has_failed(self, record: ObservationRecord) -> bool:
        facility = self.facility(record.facility)
        return facility is not None and record.status in getattr(facility, "get_failed_observing_states", list)()

    def url(self, record: ObservationRecord) -> str:
        facility = self.facility(record.facility)
        return (facility.get_observation_url(record.observation_id) or "") if facility is not None else ""

    def annotate(self, records: Iterable[ObservationRecord], user: Any = None) -> list[ObservationRecord]:
        """The records with `is_terminal`, `has_failed`, `portal_url` and `saved_count` for a list."""
        records = list(records)
        counts = saved_counts(user, records)
        for record in records:
            vars(record).update(
                is_terminal=self.is_terminal(record),
                has_failed=self.has_failed(record),
                portal_url=self.url(record),
                saved_count=counts.get(record.pk),
            )
        return records
