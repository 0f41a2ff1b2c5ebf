"""Which events a page of history has: of an object, of a person, of everything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.dateparse import parse_date

from tom_common.history_kinds import object_type
from tom_common.models.history import HistoryEvent
from tom_common.services.history_shown import ShownEvent, shown_events

PANEL = 20


def events() -> QuerySet[HistoryEvent]:
    return HistoryEvent.objects.select_related("undone_by").defer("undone_by__undo_data", "undone_by__before", "undone_by__after").order_by("-pk")


def newest_of(kind: str, key: str, rows: QuerySet[HistoryEvent], limit: int) -> list[HistoryEvent]:
    """The newest events of an object and of what belongs to it. Two walks down two indexes, not one down the whole table."""
    own = list(rows.filter(object_type=kind, object_id=key)[:limit])
    parts = list(rows.filter(parent_type=kind, parent_id=key)[:limit])
    merged = {event.pk: event for event in [*own, *parts]}
    return sorted(merged.values(), key=lambda event: -event.pk)[:limit]


def history_panel(request: Any, obj: Model) -> dict[str, Any]:
    """Context of `tom_common/partials/history_panel.html`: the last events of an object that the viewer may see already."""
    kind, key = object_type(obj), str(obj.pk)
    found = newest_of(kind, key, events(), PANEL + 1)
    return {
        "rows": shown_events(request.user, found[:PANEL]),
        "all_url": f"{reverse('history-list')}?object={kind}:{key}" if len(found) > PANEL else "",
        "back": request.headers.get("HX-Current-URL", "") or request.get_full_path(),
        "request": request,
    }


def narrowed(rows: QuerySet[HistoryEvent], asked: dict[str, str]) -> QuerySet[HistoryEvent]:
    """By verb, user, kind, name of the object, and days (UTC, both included)."""
    if asked.get("verb"):
        rows = rows.filter(verb=asked["verb"])
    if asked.get("user"):
        rows = rows.filter(actor_name__icontains=asked["user"])
    if asked.get("kind"):
        rows = rows.filter(object_type=asked["kind"])
    if asked.get("name"):
        rows = rows.filter(object_label__icontains=asked["name"])
    since, until = _day(asked.get("since", "")), _day(asked.get("until", ""))
    if since is not None:
        rows = rows.filter(at__gte=since)
    if until is not None:
        rows = rows.filter(at__lt=until + timedelta(days=1))
    return rows


def _day(text: str) -> datetime | None:
    try:
        day = parse_date(text)
        return datetime(day.year, day.month, day.day, tzinfo=UTC) if day is not None and 1900 < day.year < 9000 else None
    except ValueError:
        return None


def as_row(shown: ShownEvent) -> list[str]:
    """One line of the CSV export."""
    changes = "; ".join(f"{c.label}: {c.before or '–'} -> {c.after or '–'}{f' {c.unit}' if c.unit else ''}" for c in shown.changes)
    event = shown.event
    return [
        event.at.astimezone(UTC).isoformat(),
        shown.who,
        shown.verb,
        shown.kind,
        event.object_id,
        event.object_label,
        shown.summary,
        changes,
    ]


COLUMNS = ["time_utc", "who", "what", "kind", "key", "object", "summary", "changes"]
