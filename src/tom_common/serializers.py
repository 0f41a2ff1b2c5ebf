from django.contrib.auth.models import Group
from rest_framework import serializers


class GroupSerializer(serializers.ModelSerializer):
    """A user group as nested in other resources: both fields are optional, an id names an existing group."""

    id = serializers.IntegerField(required=False)
    name = serializers.CharField(required=False)

    class Meta:
        model = Group
        fields = ("id", "name")
