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

MJD_FIELDS = ("epoch_of_elements", "epoch_of_perihelion")
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
    errors += _ranges(clean)
    return clean, errors


def _ranges(clean: Mapping[str, Any]) -> list[RowError]:
    errors = []
    epoch = clean.get("epoch")
    if epoch is not None and not 0 <= epoch <= 2100:
        errors.append(RowError(None, "epoch", epoch, "must be a Julian year up to 2100"))
    for name in MJD_FIELDS:
        value = clean.get(name)
        if value is not None and not 0 <= value <= 100_000:
            errors.append(RowError(None, name, value, "must be a modified Julian date", "MJD = JD - 2400000.5, between 0 and 100000"))
    eccentricity = clean.get("eccentricity")
    if eccentricity is not None and eccentricity < 0:
        errors.append(RowError(None, "eccentricity", eccentricity, "must not be negative"))
    if clean.get("type") == NON_SIDEREAL and eccentricity is not None and eccentricity > 0.9 and clean.get("scheme") != "MPC_COMET":
        errors.append(RowError(None, "scheme", clean.get("scheme"), "Eccentricities above 0.9 need the scheme MPC_COMET."))
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
