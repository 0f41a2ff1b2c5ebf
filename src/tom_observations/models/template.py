"""Observing parameters kept under a name, to be requested again for other targets."""

from django.db import models
from django.urls import reverse


class ObservationTemplate(models.Model):
    name = models.CharField(max_length=200)
    facility = models.CharField(max_length=50)
    parameters = models.JSONField()
    created = models.DateTimeField(auto_now_add=True)
    modified = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-created", "name")

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("tom_observations:template-update", kwargs={"pk": self.pk})
