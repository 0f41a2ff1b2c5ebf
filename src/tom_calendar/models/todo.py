from django.db import models


class EventTodo(models.Model):
    """A line of the list of things to do for an event."""

    event = models.ForeignKey("tom_calendar.CalendarEvent", on_delete=models.CASCADE, related_name="todos")
    description = models.CharField(max_length=200)
    is_completed = models.BooleanField(default=False)
    created = models.DateTimeField(auto_now_add=True)
    modified = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.description
