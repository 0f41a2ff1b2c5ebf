from django.conf import settings
from django.db import models

from tom_targets.base_models import BaseTarget


class PersistentShare(models.Model):
    """New data of a target go to a destination as they come."""

    target = models.ForeignKey(BaseTarget, on_delete=models.CASCADE)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    destination = models.CharField(max_length=200)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-created",)
        unique_together = ["target", "destination"]

    def __str__(self) -> str:
        return f"{self.target} to {self.destination}"
