"""Rules that a target's columns must fulfil, the same for form, REST, file and stream."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from tom_common.errors import InvalidInputError, RowError
from tom_targets.base_models import (
    REQUIRED_NON_SIDEREAL_FIELDS,
    REQUIRED_NON_SIDEREAL_FIELDS_PER_SCHEME,
    REQUIRED_SIDEREAL_FIELDS,
    BaseTarget,
)
from tom_targets.constants import NON_SIDEREAL, SIDEREAL

_MJD = (0, 100_000, "must be a modified Julian date", "MJD = JD - 2400000.5, between 0 and 100000")
_ANGLE = (-360, 360, "must be an angle in degrees, from -360 to 360", "")
_NOT_NEGATIVE = (0, None, "must not be negative", "")

# Column: lowest and highest value, what is wrong outside of them, and the mend. Parallaxes are not among them: measured ones may be negative.
RANGES: dict[str, tuple[float | None, float | None, str, str]] = {
    "ra": (0, 360, "must be between 0 and 360 degrees", ""),
    "dec": (-90, 90, "must be between -90 and 90 degrees", ""),
    "epoch": (0, 2100, "must be a Julian year up to 2100", ""),
    "galactic_lng": _ANGLE,
    "galactic_lat": (-90, 90, "must be between -90 and 90 degrees", ""),
    "distance": _NOT_NEGATIVE,
    "distance_err": _NOT_NEGATIVE,
    "epoch_of_elements": _MJD,
    "epoch_of_perihelion": _MJD,
    "eccentricity": _NOT_NEGATIVE,
    "inclination": (0, 180, "must be between 0 and 180 degrees", ""),
    "lng_asc_node": _ANGLE,
    "arg_of_perihelion": _ANGLE,
    "mean_daily_motion": _NOT_NEGATIVE,
    "perihdist": _NOT_NEGATIVE,
    "ephemeris_period": _NOT_NEGATIVE,
    "ephemeris_period_err": _NOT_NEGATIVE,
    "ephemeris_epoch_err": _NOT_NEGATIVE,
}

NOT_AVAILABLE = "This name is not available."


def is_missing(value: Any) -> bool:
    """Nothing given; a zero is something."""
    return value is None or (isinstance(value, str) and not value.strip())


def required_fields(type_: str, scheme: str | None = None) -> list[str]:
    """Columns that a target of this type (and scheme) must have."""
    if type_ == SIDEREAL:
        return list(REQUIRED_SIDEREAL_FIELDS)
    if type_ == NON_SIDEREAL:
        return [*REQUIRED_NON_SIDEREAL_FIELDS, *REQUIRED_NON_SIDEREAL_FIELDS_PER_SCHEME.get(scheme or "", [])]
    return []


def angle(name: str, value: Any) -> float:
    """Degrees of a right ascension or declination in any notation; ValueError with what is wrong."""
    from tom_astro.angles import parse_dec, parse_ra

    return parse_ra(value) if name == "ra" else parse_dec(value)


def _clean_one(model, name: str, value: Any) -> Any:
    field = model._meta.get_field(name)
    if is_missing(value):
        return None if field.null else field.get_default()
    if name in ("ra", "dec"):
        try:
            return angle(name, value)
        except ValueError as error:
            raise ValidationError(str(error)) from error
    if isinstance(value, str):
        value = value.strip()
    value = field.clean(value, None) if not field.is_relation else value
    if isinstance(field, models.FloatField) and value is not None and not math.isfinite(value):
        raise ValidationError("must be a finite number")
    return value


def clean_columns(columns: Mapping[str, Any], *, model: type[BaseTarget] = BaseTarget) -> tuple[dict[str, Any], list[RowError]]:
    """(columns in the database's types, what is wrong with them). Sexagesimal angles are read, units are never guessed."""
    clean: dict[str, Any] = {}
    errors: list[RowError] = []
    for name, value in columns.items():
        try:
            clean[name] = _clean_one(model, name, value)
        except ValidationError as error:
            errors.append(RowError(None, name, value, "; ".join(error.messages)))
    if errors:
        return clean, errors
    type_, scheme = clean.get("type") or SIDEREAL, clean.get("scheme")
    clean["type"] = type_
    if is_missing(clean.get("name")):
        errors.append(RowError(None, "name", clean.get("name"), "A target needs a name."))
    missing = [name for name in required_fields(type_, scheme) if is_missing(clean.get(name))]
    for name in missing:
        errors.append(RowError(None, name, None, f"A {dict(BaseTarget.TARGET_TYPES)[type_].lower()} target needs this field."))
    errors += impossible(clean)
    return clean, errors


def impossible(clean: Mapping[str, Any]) -> list[RowError]:
    """Numbers that nothing in the sky has, and elements that are no orbit together."""
    errors = []
    for name, (low, high, problem, mend) in RANGES.items():
        value = clean.get(name)
        if value is not None and ((low is not None and value < low) or (high is not None and value > high)):
            errors.append(RowError(None, name, value, problem, mend))
    if clean.get("type") == NON_SIDEREAL:
        errors += _orbit(clean)
    return errors


def _orbit(clean: Mapping[str, Any]) -> list[RowError]:
    """What the elements of one orbit must be to one another."""
    errors: list[RowError] = []
    eccentricity, axis, scheme = clean.get("eccentricity"), clean.get("semimajor_axis"), clean.get("scheme")
    if eccentricity is None:
        return errors
    if eccentricity > 0.9 and scheme != "MPC_COMET":
        errors.append(RowError(None, "scheme", scheme, "Eccentricities above 0.9 need the scheme MPC_COMET."))
    if axis is not None:
        problem = ""
        if eccentricity == 1:
            problem = "a parabola has none: leave it empty and give the perihelion distance"
        elif eccentricity > 1 and axis > 0:
            problem = "must be negative for a hyperbola (eccentricity above 1); or leave it empty and give the perihelion distance"
        elif eccentricity < 1 and axis < 0:
            problem = "must not be negative for an ellipse (eccentricity below 1)"
        if problem:
            errors.append(RowError(None, "semimajor_axis", axis, problem))
    return errors


def taken(name: str, *, actor=None, besides: int | None = None) -> str | None:
    """Why `name` cannot be given: None when it can. Says which target has it only to who may see that target."""
    same = BaseTarget.matches.match_name(name)
    if besides is not None:
        same = same.exclude(pk=besides)
    if not same.exists():
        return None
    if actor is not None:
        from tom_targets.policy import visible_to

        seen = visible_to(actor, "view", BaseTarget.objects.filter(pk__in=same.values("pk"))).first()
        if seen is not None:
            return f'The target "{seen.name}" has this name already, or one very like it.'
    return NOT_AVAILABLE


def same_object(columns: Mapping[str, Any], *, model: type[BaseTarget], actor: Any = None) -> list[RowError]:
    """What the project's own rule (`match_target` or `is_unique` of its match manager) has against a new target of these columns."""
    from tom_targets.matching import has_own_rule
    from tom_targets.policy import visible_to

    if not has_own_rule():
        return []
    target = model(**columns)
    matches: Any = model.matches
    if matches.is_unique(target):
        return []
    seen = None
    if actor is not None:
        seen = visible_to(actor, "view", BaseTarget.objects.filter(pk__in=list(matches.match_target(target).values_list("pk", flat=True)))).first()
    problem = NOT_AVAILABLE if seen is None else f'By the rule of this TOM it is the same object as the target "{seen.name}".'
    return [RowError(None, "name", columns["name"], problem)]


def raise_if(errors: Iterable[RowError]) -> None:
    errors = list(errors)
    if errors:
        raise InvalidInputError(errors=errors)


def from_validation_error(error: ValidationError, column: str = "") -> InvalidInputError:
    """Django's error as ours."""
    if hasattr(error, "error_dict"):
        rows = [RowError(None, column or name, None, text) for name, texts in error.message_dict.items() for text in texts]
    else:
        rows = [RowError(None, column, None, text) for text in error.messages]
    return InvalidInputError(errors=rows)
