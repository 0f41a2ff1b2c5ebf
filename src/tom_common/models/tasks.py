from django.conf import settings
from django.db import models
from django.utils import timezone


class TaskRun(models.Model):
    """One piece of background work: what was asked, how far it is, how it ended. The queue itself is the task backend's."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        RUNNING = "running", "running"
        SUCCEEDED = "succeeded", "done"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    name = models.CharField(max_length=200, help_text="Dotted path of the task.")
    args = models.JSONField(default=list)
    kwargs = models.JSONField(default=dict)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    backend_id = models.CharField(max_length=64, blank=True, help_text="The result id in the task backend.")
    cancel_asked = models.BooleanField(default=False)
    done = models.BigIntegerField(null=True, blank=True)
    total = models.BigIntegerField(null=True, blank=True)
    message = models.CharField(max_length=500, blank=True)
    result = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    run_after = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["state", "run_after"], name="tom_taskrun_due"),
            models.Index(fields=["name", "-id"], name="tom_taskrun_of_task"),
        ]

    def __str__(self) -> str:
        return f"{self.name.rpartition('.')[2]} ({self.get_state_display()})"

    @property
    def is_finished(self) -> bool:
        return self.state in {self.State.SUCCEEDED, self.State.FAILED, self.State.CANCELLED}

    @property
    def percent(self) -> int | None:
        if not self.total or self.done is None:
            return None
        return max(0, min(100, round(100 * self.done / self.total)))


class PeriodicJob(models.Model):
    """A task that the scheduler starts again and again; the row says when next, the code says what and how often."""

    name = models.CharField(max_length=100, unique=True)
    task = models.CharField(max_length=200, help_text="Dotted path of the task.")
    every_s = models.PositiveBigIntegerField(help_text="Seconds from one run to the next.")
    enabled = models.BooleanField(default=True)
    next_run_at = models.DateTimeField(default=timezone.now, db_index=True)
    last_run_at = models.DateTimeField(null=True, blank=True)
    last_run = models.ForeignKey(TaskRun, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class SchedulerLease(models.Model):
    """Who leads among the running schedulers: one row, held for a short time and renewed."""

    name = models.CharField(max_length=50, unique=True)
    holder = models.CharField(max_length=100, blank=True)
    until = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.name}: {self.holder or 'nobody'}"
