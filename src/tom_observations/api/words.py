"""The body of a request for observations, for the description of the API; the viewset reads it through the facility's form."""

from __future__ import annotations

from rest_framework import serializers


class HolderSerializer(serializers.Serializer):
    id = serializers.IntegerField()


class CadenceSerializer(serializers.Serializer):
    """The name of a strategy, and beside it the fields of its form."""

    cadence_strategy = serializers.CharField()


class ObservationRequestSerializer(serializers.Serializer):
    """What to observe, where and how."""

    facility = serializers.CharField(help_text="The name of the facility, as this TOM lists it.")
    observation_type = serializers.CharField(help_text="One of the facility's kinds of observation.")
    target_id = serializers.IntegerField(help_text="The target's id.")
    observing_parameters = serializers.DictField(child=serializers.JSONField(), help_text="The fields of the facility's form.")
    name = serializers.CharField(required=False, help_text="A name for the group of these observations.")
    groups = HolderSerializer(many=True, required=False, help_text="Groups of yours that may see and change them.")
    cadence = CadenceSerializer(required=False, help_text="To have it repeated.")
