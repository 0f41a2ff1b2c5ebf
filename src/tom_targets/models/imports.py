from django.conf import settings
from django.db import models
from django.urls import reverse


class TargetImport(models.Model):
    """A file of targets that somebody gave: what was found in it, what is to become of it, and what has.

    `columns` holds [{"name", "unit", "to"}], `to` being what `services.importing.mapping` says; `made` the keys of the targets that it
    made, as runs [[first, last], ...]; `rows_done` the rows of the file that are dealt with, written with the targets they made.
    """

    class State(models.TextChoices):
        CHECKING = "checking", "being checked"
        CHECKED = "checked", "checked"
        RUNNING = "running", "being imported"
        DONE = "done", "imported"
        FAILED = "failed", "failed"
        UNDONE = "undone", "undone"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    file_name = models.CharField(max_length=255)
    size = models.BigIntegerField(default=0, help_text="Bytes, as uploaded.")
    columns = models.JSONField(default=list)
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=16, choices=State.choices, default=State.CHECKING)
    report = models.JSONField(default=dict)
    rows_done = models.PositiveBigIntegerField(default=0)
    made = models.JSONField(default=list)
    run = models.ForeignKey("tom_common.TaskRun", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "import of targets"
        verbose_name_plural = "imports of targets"

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        return reverse("targets:import-detail", args=[self.pk])

    @property
    def count_made(self) -> int:
        return sum(last - first + 1 for first, last in self.made)


class TargetImportPart(models.Model):
    """A piece of an uploaded file. It stands in the database, where every worker reads it and no address leads to it."""

    of_import = models.ForeignKey(TargetImport, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["of_import", "number"], name="tom_targetimport_part")]

    def __str__(self) -> str:
        return f"{self.of_import} {self.number}"
