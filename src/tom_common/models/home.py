from django.conf import settings
from django.db import models


class HomeLayout(models.Model):
    """Which panels of the home page a user wants to see, and in which order. Panels that it does not name keep their own place."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    order = models.JSONField(default=list, help_text="Slugs of panels, from the first to the last.")
    hidden = models.JSONField(default=list, help_text="Slugs of panels that are not shown.")

    def __str__(self) -> str:
        return f"Home page of {self.user}"
