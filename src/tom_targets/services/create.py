"""One new target."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from tom_common.errors import ConflictError, RowError
from tom_targets.models import BaseTarget, TargetList, get_target_model_class
from tom_targets.rows import TargetRow
from tom_targets.services.grants import grant_access
from tom_targets.services.validation import NOT_AVAILABLE, clean_columns, from_validation_error, raise_if, taken


def create_target(
    *, actor, row: TargetRow, groups: Iterable = (), lists: Iterable[TargetList] = (), match: bool = True
) -> BaseTarget:
    """Create a target with its aliases and tags; `actor` and `groups` may view, change and delete it.

    InvalidInputError names each column that is wrong; nothing is left behind. `match=False` leaves out the comparison of names.
    """
    from tom_common.services.history import record_history

    model = get_target_model_class()
    columns, errors = clean_columns(row.columns(), model=model)
    names = [str(name).strip() for name in row.aliases if str(name).strip()]
    if not errors and match:
        problem = taken(columns["name"], actor=actor)
        if problem:
            errors.append(RowError(None, "name", columns["name"], problem))
        for name in names:
            problem = taken(name, actor=actor)
            if problem:
                errors.append(RowError(None, "aliases", name, problem))
    raise_if(errors)
    try:
        with transaction.atomic():
            target = model(**columns)
            target.save(extras=dict(row.extras), names=names)
            for holder in [actor, *groups]:
                if holder is not None and getattr(holder, "is_authenticated", True):
                    grant_access(target=target, holder=holder, actor=actor)
            for grouping in lists:
                grouping.targets.add(target.pk)
            record_history(actor=actor, verb="created", obj=target, after=snapshot(target), summary=f"Target {target.name} created")
    except ValidationError as error:
        raise from_validation_error(error, "aliases") from error
    except IntegrityError as error:
        raise ConflictError(NOT_AVAILABLE) from error
    return target


def snapshot(target: BaseTarget) -> dict:
    """What history keeps of a target: its columns that are set, as JSON can hold them."""
    values = {}
    for field in target._meta.concrete_fields:
        value = getattr(target, field.attname)
        if value in (None, "") or getattr(field, "hidden", False) or field.name in ("modified", "created"):
            continue
        values[field.name] = value if isinstance(value, (int, float, str, bool)) else str(value)
    return values
