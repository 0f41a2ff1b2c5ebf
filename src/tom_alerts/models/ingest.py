from django.conf import settings
from django.db import models


class IngestRecord(models.Model):
    """The ledger: what one batch of alert packets did, written in the transaction that did it."""

    created = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    survey = models.CharField(max_length=32, blank=True, default="")
    source = models.CharField(max_length=500, blank=True, default="", help_text="The file, topic or query from which the packets came")
    packets = models.PositiveIntegerField(default=0)
    targets_created = models.PositiveIntegerField(default=0)
    targets_matched = models.PositiveIntegerField(default=0)
    data_created = models.PositiveIntegerField(default=0)
    data_updated = models.PositiveIntegerField(default=0)
    data_unchanged = models.PositiveIntegerField(default=0)
    skipped = models.JSONField(default=dict, blank=True, help_text="Number of packets by the reason for which they were left out")
    failed = models.PositiveIntegerField(default=0, help_text="Packets that went to the dead letters")

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.survey or 'alerts'}: {self.packets} packets from {self.source or 'an unnamed source'}"


class DeadLetter(models.Model):
    """A packet that could not be read or stored, with its error, kept so that it can be replayed."""

    created = models.DateTimeField(auto_now_add=True, db_index=True)
    survey = models.CharField(max_length=32, blank=True, default="")
    source = models.CharField(max_length=500, blank=True, default="")
    position = models.BigIntegerField(null=True, blank=True, help_text="Number of the packet within its source, from 0")
    payload = models.BinaryField(blank=True, default=b"")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of source, position and payload: one letter per bad packet")
    error = models.TextField(blank=True, default="")
    attempts = models.PositiveIntegerField(default=1)
    replayed = models.DateTimeField(null=True, blank=True, help_text="When it was at last ingested")

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.source}#{self.position}: {self.error[:80]}"
