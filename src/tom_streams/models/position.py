from django.db import models


class StreamPosition(models.Model):
    """How far a stream was read: written in the same transaction as what the messages did, so nothing is lost or done twice."""

    stream = models.CharField(max_length=200)
    topic = models.CharField(max_length=249)
    partition = models.PositiveIntegerField(default=0)
    next_offset = models.BigIntegerField(default=0, help_text="The offset of the first message that was not read yet")
    modified = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("stream", "topic", "partition"), name="tom_streams_one_position"),)

    def __str__(self) -> str:
        return f"{self.stream} {self.topic}[{self.partition}] at {self.next_offset}"
