from django.conf import settings
from django.db import models


class Profile(models.Model):
    """What a TOM knows of a user beside Django's user model."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    affiliation = models.CharField(max_length=100, null=True, blank=True)
    phone_number = models.CharField(max_length=32, null=True, blank=True)
    password_changed_at = models.DateTimeField(null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return f"{self.user.get_username()} Profile"
