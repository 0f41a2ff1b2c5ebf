from __future__ import annotations

import math
from datetime import UTC, datetime

from django.db import models
from django.utils.dateparse import parse_date, parse_datetime

from tom_common.fields import ExactCharField
from tom_targets.base_models import BaseTarget

TRUE_WORDS = {"true", "t", "yes", "y", "on"}
FALSE_WORDS = {"false", "f", "no", "n", "off"}


class TargetExtra(models.Model):
    """A key and a value kept with a target: a field that `EXTRA_FIELDS` names, or a free tag.

    `value` is text as given; the number, truth value or time that it can be read as stands beside it for filters.
    """

    target = models.ForeignKey(BaseTarget, on_delete=models.CASCADE)
    key = ExactCharField(max_length=200)
    value = models.TextField(blank=True, default="")
    float_value = models.FloatField(null=True, blank=True)
    bool_value = models.BooleanField(null=True, blank=True)
    time_value = models.DateTimeField(null=True, blank=True)

    class Meta:
        unique_together = ["target", "key"]

    def __str__(self) -> str:
        return f"{self.key}: {self.value}"

    def save(self, *args, **kwargs):
        self.fill()
        update_fields = kwargs.get("update_fields")
        if update_fields is not None and "value" in update_fields:
            kwargs["update_fields"] = {*update_fields, "float_value", "bool_value", "time_value"}
        super().save(*args, **kwargs)

    def fill(self):
        """Set the typed columns from `value`; for bulk writers, which save no single row."""
        raw = "" if self.value is None else self.value
        self.float_value, self.bool_value, self.time_value = as_number(raw), as_truth(raw), as_time(raw)
        self.value = raw if isinstance(raw, str) else raw.isoformat() if isinstance(raw, datetime) else str(raw)

    def typed_value(self, type_val):
        """`value` as `number`, `boolean` or `datetime`; as it stands for any other type."""
        if type_val == "number":
            return self.float_value
        if type_val == "boolean":
            return self.bool_value
        if type_val == "datetime":
            return self.time_value
        return self.value


def as_number(value) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def as_truth(value) -> bool | None:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    number = as_number(value)
    return None if number is None else bool(number)


def as_time(value) -> datetime | None:
    """An aware time from ISO text or a datetime (UTC where no zone is given); a bare number is no time."""
    if isinstance(value, bool):
        return None
    if isinstance(value, datetime):
        when = value
    elif isinstance(value, str) and as_number(value) is None:
        try:
            when = parse_datetime(value.strip())
            if when is None:
                day = parse_date(value.strip())
                when = datetime(day.year, day.month, day.day) if day else None  # noqa: DTZ001
        except ValueError:
            return None
        if when is None:
            return _loose_time(value)
    else:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _loose_time(text: str) -> datetime | None:
    # Dates as people write them ("1 Jan 2020"); two defaults tell a whole date from a part of one filled in by the parser.
    if not any(ch.isdigit() for ch in text) or len(text) > 40:
        return None
    from dateutil.parser import parse

    try:
        first = parse(text, default=datetime(2000, 1, 1, tzinfo=UTC))
        second = parse(text, default=datetime(2001, 2, 2, tzinfo=UTC))
    except (ValueError, OverflowError):
        return None
    return first if first == second else None
