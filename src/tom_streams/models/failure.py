from django.db import models


class StreamFailure(models.Model):
    """A message whose handler failed: kept with its error, so that it can be replayed and the stream goes on."""

    created = models.DateTimeField(auto_now_add=True, db_index=True)
    stream = models.CharField(max_length=200)
    topic = models.CharField(max_length=249)
    partition = models.PositiveIntegerField(default=0)
    offset = models.BigIntegerField()
    headers = models.JSONField(default=dict, blank=True)
    payload = models.BinaryField(blank=True, default=b"")
    error = models.TextField(blank=True, default="")
    attempts = models.PositiveIntegerField(default=1)
    replayed = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=("stream", "topic", "partition", "offset"), name="tom_streams_one_failure"),)

    def __str__(self) -> str:
        return f"{self.stream} {self.topic}[{self.partition}]@{self.offset}: {self.error[:80]}"
