"""Events and their todos: create, change, delete."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from tom_calendar.models import CalendarEvent, EventTodo
from tom_common.services.history import record_history

FIELDS = ("title", "start_time", "end_time", "target_list_id")


def _brief(event: CalendarEvent) -> dict[str, Any]:
    return {name: str(getattr(event, name)) for name in FIELDS}


@transaction.atomic
def save_event(*, actor: User, event: CalendarEvent) -> CalendarEvent:
    """Store a new or a changed event that was validated."""
    before = None
    if event.pk:
        before = _brief(CalendarEvent.objects.select_for_update().get(pk=event.pk))
    event.save()
    record_history(actor=actor, verb="changed" if before else "created", obj=event, before=before, after=_brief(event))
    return event


@transaction.atomic
def delete_event(*, actor: User, event: CalendarEvent) -> None:
    record_history(actor=actor, verb="deleted", obj=event, before=_brief(event))
    event.delete()


@transaction.atomic
def add_todo(*, event: CalendarEvent, description: str) -> EventTodo:
    return EventTodo.objects.create(event=event, description=description)


@transaction.atomic
def set_todo(*, todo: EventTodo, is_completed: bool) -> EventTodo:
    todo.is_completed = is_completed
    todo.save(update_fields=["is_completed", "modified"])
    return todo
