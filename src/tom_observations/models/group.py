"""Records that belong together: one request of several, a sequence, a cadence."""

from django.db import models

from .record import ObservationRecord


class ObservationGroup(models.Model):
    name = models.CharField(max_length=50)
    observation_records = models.ManyToManyField(ObservationRecord)
    created = models.DateTimeField(auto_now_add=True)
    modified = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-created", "name")

    def __str__(self):
        return self.name
