"""Form fields of targets."""

from django import forms
from django.core.exceptions import ValidationError


class CoordinateField(forms.CharField):
    """A right ascension (`c_type='ra'`) or declination (`'dec'`) in decimal degrees or sexagesimal (RA in hours): degrees."""

    def __init__(self, *args, **kwargs):
        self.c_type = kwargs.pop("c_type")
        kwargs.setdefault("help_text", "Decimal degrees, or " + ("hours as 12:34:56.7." if self.c_type == "ra" else "degrees as -12:34:56."))
        super().__init__(*args, **kwargs)

    def to_python(self, value):
        value = super().to_python(value)
        if value in self.empty_values:
            return None
        from tom_targets.services.validation import angle

        try:
            return angle("ra" if self.c_type == "ra" else "dec", value)
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from error

    def has_changed(self, initial, data):
        try:
            return self.to_python(data) != (None if initial in self.empty_values else float(initial))
        except (ValidationError, TypeError, ValueError):
            return True
