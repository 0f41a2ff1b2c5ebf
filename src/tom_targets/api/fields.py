"""Fields of serializers."""

from rest_framework import serializers

from tom_targets.models import BaseTarget
from tom_targets.policy import visible_to


class TargetFilteredPrimaryKeyRelatedField(serializers.PrimaryKeyRelatedField):
    """A target by its key, among those that the requester may change."""

    def get_queryset(self):
        user = getattr(self.context.get("request"), "user", None)
        if user is None:
            return BaseTarget.objects.none()
        queryset = super().get_queryset()
        return visible_to(user, "change", BaseTarget.objects.all() if queryset is None else queryset)
