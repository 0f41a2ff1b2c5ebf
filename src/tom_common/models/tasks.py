from django.conf import settings
from django.db import models
from django.utils import timezone

from tom_common.fields import ExactCharField


class TaskRun(models.Model):
    """One piece of background work: what was asked, how far it is, how it ended. The queue itself is the task backend's."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        RUNNING = "running", "running"
        SUCCEEDED = "succeeded", "done"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    name = models.CharField(max_length=200, help_text="Dotted path of the task.")
    title = models.CharField(max_length=200, blank=True, help_text="What it does, in words.")
    link = models.CharField(max_length=500, blank=True, help_text="Where its result can be seen.")
    waiting_key = ExactCharField(max_length=200, null=True, unique=True, help_text="Of one key at most one run waits; empty once it runs.")
    key = models.CharField(max_length=200, blank=True, help_text="What makes two requests the same work.")
    args = models.JSONField(default=list)
    kwargs = models.JSONField(default=dict)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    max_attempts = models.PositiveIntegerField(default=1)
    worker = models.CharField(max_length=100, blank=True, help_text="The process that runs it, or ran it last.")
    heartbeat_at = models.DateTimeField(null=True, blank=True, help_text="When that process last said that it is alive.")
    backend_id = models.CharField(max_length=64, blank=True, help_text="The result id in the task backend.")
    cancel_asked = models.BooleanField(default=False)
    done = models.BigIntegerField(null=True, blank=True)
    total = models.BigIntegerField(null=True, blank=True)
    message = models.CharField(max_length=500, blank=True)
    result = models.JSONField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True, help_text="Why it failed, for whoever asked for it.")
    error = models.TextField(blank=True, help_text="The traceback, for administrators.")
    created_at = models.DateTimeField(default=timezone.now)
    run_after = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["state", "run_after"], name="tom_taskrun_due"),
            models.Index(fields=["name", "-id"], name="tom_taskrun_of_task"),
            models.Index(fields=["actor", "-id"], name="tom_taskrun_of_actor"),
            models.Index(fields=["finished_at"], name="tom_taskrun_finished"),
        ]

    def __str__(self) -> str:
        return f"{self.title or self.name.rpartition('.')[2]} ({self.get_state_display()})"

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
    at = models.CharField(max_length=200, blank=True, help_text="Times of day in UTC (03:15, 15:15) in place of every so many seconds.")
    weekdays = models.CharField(max_length=30, blank=True, help_text="On these days of the week only (mon,thu).")
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


class WorkerBeat(models.Model):
    """A process that does background work says from time to time that it is alive."""

    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=20, help_text="worker or scheduler")
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
