from tom_calendar.models.event import CalendarEvent
from tom_calendar.models.todo import EventTodo

__all__ = ["CalendarEvent", "EventTodo"]
