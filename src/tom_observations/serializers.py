"""Observation records as the REST API gives them."""

from __future__ import annotations

from rest_framework import serializers

from .models import ObservationGroup, ObservationRecord


class ObservationGroupField(serializers.RelatedField):
    """``{name, dynamic_cadences: [text]}``."""

    def to_representation(self, group):
        return {"name": group.name, "dynamic_cadences": [str(cadence) for cadence in group.dynamiccadence_set.all()]}


class ObservationRecordSerializer(serializers.ModelSerializer):
    observation_groups = serializers.SerializerMethodField()
    target = serializers.PrimaryKeyRelatedField(read_only=True)
    user = serializers.PrimaryKeyRelatedField(read_only=True, allow_null=True)
    status = serializers.CharField(required=False, allow_blank=True)

    class Meta:
        model = ObservationRecord
        fields = (
            "id",
            "observation_groups",
            "status",
            "facility",
            "parameters",
            "observation_id",
            "scheduled_start",
            "scheduled_end",
            "created",
            "modified",
            "target",
            "user",
        )
        read_only_fields = fields

    def get_observation_groups(self, record) -> list[dict]:
        field = ObservationGroupField(queryset=ObservationGroup.objects.none())
        visible = self.context.get("visible_groups")
        return [field.to_representation(group) for group in record.observationgroup_set.all() if visible is None or group.pk in visible]
