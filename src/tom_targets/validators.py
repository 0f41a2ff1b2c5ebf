"""Contract paths of validators."""

from django.core.exceptions import ValidationError
from rest_framework import serializers

from tom_targets.services.validation import is_missing


class RequiredFieldsTogetherValidator:
    """For the REST framework: when `type_name` is `type_value`, all of `fields` must be given (zero is given)."""

    requires_context = True
    missing_message = "The following fields are required for {type_value} targets: {missing}"

    def __init__(self, type_name, type_value, *args):
        self.type_name, self.type_value, self.fields = type_name, type_value, args

    def __call__(self, attrs, serializer=None):
        instance = getattr(serializer, "instance", None)

        def value(name):
            return attrs[name] if name in attrs else getattr(instance, name, None)

        if instance is not None and not {self.type_name, *self.fields} & set(attrs):
            return  # what an old target lacks does not hinder a change of something else
        if value(self.type_name) != self.type_value:
            return
        missing = [name for name in self.fields if is_missing(value(name))]
        if missing:
            raise serializers.ValidationError(self.missing_message.format(type_value=self.type_value, missing=missing))


def validate_mjd(value):
    """ValidationError unless `value` is a modified Julian date between 0 and 100000."""
    if value is None or not 0 <= value <= 100_000:
        raise ValidationError(f"{value} is no modified Julian date (MJD = JD - 2400000.5), between 0 and 100000.")
