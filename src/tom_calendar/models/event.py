from django.db import models

COLORS = ("primary", "secondary", "success", "danger", "warning", "info", "dark", "primary-subtle", "success-subtle")


class CalendarEvent(models.Model):
    """Something that happens between two times (UTC): a run, a visit, a deadline."""

    title = models.CharField(max_length=200)
    description = models.TextField(blank=True, default="")
    start_time = models.DateTimeField()
    end_time = models.DateTimeField()
    url = models.URLField(blank=True, default="")
    target_list = models.ForeignKey("tom_targets.TargetList", null=True, blank=True, on_delete=models.SET_NULL)
    user = models.CharField(max_length=200, blank=True, default="")
    proposal = models.CharField(max_length=200, blank=True, default="")
    telescope = models.CharField(max_length=200, blank=True, default="")
    instrument = models.CharField(max_length=200, blank=True, default="")
    created = models.DateTimeField(auto_now_add=True)
    modified = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = (models.Index(fields=["start_time", "end_time"], name="tom_calendar_span"),)

    def __str__(self) -> str:
        return self.title

    @property
    def color(self) -> str:
        """A Bootstrap colour name, always the same for one event."""
        return COLORS[(self.pk or 0) % len(COLORS)]

    @property
    def active_todos(self):
        """The todos that are not done; a queryset, or a list where the todos were prefetched."""
        if "todos" in getattr(self, "_prefetched_objects_cache", {}):
            return [todo for todo in self.todos.all() if not todo.is_completed]
        return self.todos.filter(is_completed=False)
