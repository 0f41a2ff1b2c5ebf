from django.conf import settings
from django.db import models
from django.utils import timezone


class HistoryEvent(models.Model):
    """Who did what to which object, when, and what it was before and after. Rows are only ever added, and pruned by age."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    actor_name = models.CharField(max_length=150, blank=True, help_text="Stays when the account is deleted; empty for the TOM itself.")
    verb = models.CharField(max_length=64)
    object_type = models.CharField(max_length=100, help_text="app_label.model of the object.")
    object_id = models.CharField(max_length=64)
    object_label = models.CharField(max_length=200, blank=True)
    parent_type = models.CharField(max_length=100, blank=True, help_text="app_label.model of what the object belongs to.")
    parent_id = models.CharField(max_length=64, blank=True)
    summary = models.CharField(max_length=500, blank=True)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    mentions = models.JSONField(
        null=True, blank=True, help_text="Other objects that the texts speak of: app_label.model:key, or * for many."
    )
    undo_data = models.JSONField(null=True, blank=True, help_text="What an undo needs and nobody is shown.")
    undoes = models.OneToOneField(
        "self",
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="undone_by",
        help_text="The event that this one undid.",
    )

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["object_type", "object_id", "-id"], name="tom_history_of_object"),
            models.Index(fields=["parent_type", "parent_id", "-id"], name="tom_history_of_parent"),
            models.Index(fields=["actor", "-id"], name="tom_history_of_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name or 'TOM'} {self.verb} {self.object_label or self.object_id}"

    @property
    def has_row_undo(self) -> bool:
        """Whether `tom_common.services.rows` kept what brings the row back, or back to what it was."""
        return isinstance(self.undo_data, dict) and bool(self.undo_data.keys() & {"row", "columns"})
