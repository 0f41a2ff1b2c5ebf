from django.conf import settings
from django.db import models
from django.utils import timezone


class GroupManager(models.Model):
    """A member who may add and remove members of a group. Superusers name them; who leaves the group manages it no longer."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tom_managed_groups")
    group = models.ForeignKey("auth.Group", on_delete=models.CASCADE, related_name="tom_managers")
    named_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "user"], name="tom_group_manager_once")]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.user} manages {self.group}"
