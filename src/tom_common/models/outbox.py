from django.conf import settings
from django.db import models
from django.utils import timezone

from tom_common.fields import ExactCharField


class OutboxItem(models.Model):
    """Something that must reach another system: written in the transaction of its cause, sent afterwards.

    `unknown` means that a sending began and its end is not known: ask the other side before anything is sent again.
    """

    class State(models.TextChoices):
        TO_SEND = "to_send", "to send"
        SENT = "sent", "sent"
        REFUSED = "refused", "refused"
        UNKNOWN = "unknown", "unknown"

    destination = models.CharField(max_length=100)
    kind = models.CharField(max_length=100)
    payload = models.JSONField()
    idempotency_key = ExactCharField(max_length=200, unique=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.TO_SEND)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    attempts = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    not_before = models.DateTimeField(default=timezone.now, help_text="No sending is tried before this time.")
    claimed_by = models.CharField(max_length=100, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    remote_id = models.CharField(max_length=200, blank=True, help_text="What the other side calls it.")
    last_error = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["state", "not_before", "id"], name="tom_outbox_due"),
            models.Index(fields=["destination", "state", "id"], name="tom_outbox_of_destination"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.destination} ({self.get_state_display()})"
