"""A project's app that points at the toolkit's models as such apps did, early and late."""

from django.db import models


class Note(models.Model):
    target = models.ForeignKey("tom_targets.BaseTarget", on_delete=models.CASCADE)
    record = models.ForeignKey("tom_observations.ObservationRecord", null=True, on_delete=models.SET_NULL)
    text = models.CharField(max_length=100)

    def __str__(self):
        return self.text
