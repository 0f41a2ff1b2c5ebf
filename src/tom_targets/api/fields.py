"""Fields of serializers."""

from django.apps import apps
from rest_framework import serializers

from tom_targets.models import BaseTarget
from tom_targets.policy import visible_to


class TargetFilteredPrimaryKeyRelatedField(serializers.PrimaryKeyRelatedField):
    """A target by its key, among those that the requester may change."""

    action = "change"

    def get_queryset(self):
        user = getattr(self.context.get("request"), "user", None)
        if user is None:
            return BaseTarget.objects.none()
        queryset = super().get_queryset()
        return visible_to(user, self.action, BaseTarget.objects.all() if queryset is None else queryset)


class SeenTargetField(TargetFilteredPrimaryKeyRelatedField):
    """A target by its key, among those that the requester sees: what they may do with it is the service's question."""

    action = "view"


class AngleField(serializers.FloatField):
    """Degrees; read from decimal degrees or sexagesimal text."""

    def __init__(self, *args, axis="ra", **kwargs):
        self.axis = axis
        super().__init__(*args, **kwargs)

    def to_internal_value(self, data):
        from tom_targets.services.validation import angle

        if isinstance(data, bool):
            self.fail("invalid")
        try:
            return angle(self.axis, data)
        except (TypeError, ValueError) as error:
            raise serializers.ValidationError(str(error)) from error


class ExtraValueField(serializers.CharField):
    """The value of a tag: text; a number or a truth value is taken as well, and kept as text."""

    def to_internal_value(self, data):
        return super().to_internal_value(str(data) if isinstance(data, bool) else data)


if apps.is_installed("drf_spectacular"):
    from drf_spectacular.utils import extend_schema_field

    # text comes out, but text, numbers and truth values may go in
    ExtraValueField = extend_schema_field({"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]})(ExtraValueField)
