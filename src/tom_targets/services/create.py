"""One new target."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from tom_common.errors import ConflictError, RowError
from tom_targets.matching import owners, same_name, simplify
from tom_targets.models import BaseTarget, TargetList, TargetName, get_target_model_class
from tom_targets.rows import TargetRow
from tom_targets.services.grants import grant_access_to_new
from tom_targets.services.validation import NOT_AVAILABLE, clean_columns, from_validation_error, raise_if, same_object, taken

LONGEST_NAME = 100


def create_target(
    *, actor, row: TargetRow, groups: Iterable = (), lists: Iterable[TargetList] = (), match: bool = True
) -> BaseTarget:
    """Create a target with its aliases and tags; `actor` and `groups` may view, change and delete it.

    InvalidInputError names each column that is wrong; nothing is left behind. `match=False` leaves out the comparison of names.
    """
    from tom_common.services.history import record_history

    model = get_target_model_class()
    columns, errors = clean_columns(row.columns(), model=model)
    names = list(dict.fromkeys(str(name).strip() for name in row.aliases if str(name).strip()))
    if not errors:
        errors = _wrong_aliases(columns["name"], names) + (_taken(columns["name"], names, actor) if match else [])
    if not errors and match:
        errors = same_object(columns, model=model, actor=actor)
    raise_if(errors)
    try:
        with transaction.atomic():
            target = model(**columns)
            target.save(extras=dict(row.extras))
            for name in names:
                TargetName(target=target, name=name).save()
            holders = [holder for holder in (actor, *groups) if holder is not None and getattr(holder, "is_authenticated", True)]
            grant_access_to_new(holders={holder: [target.pk] for holder in holders})
            for grouping in lists:
                grouping.targets.add(target.pk)
            record_history(actor=actor, verb="created", obj=target, after=snapshot(target), summary=f"Target {target.name} created")
    except ValidationError as error:
        raise from_validation_error(error, "aliases") from error
    except IntegrityError as error:
        raise ConflictError(NOT_AVAILABLE) from error
    return target


def _wrong_aliases(own: str, names: list[str]) -> list[RowError]:
    errors = []
    known = {simplify(own)}
    for name in names:
        if name == own:
            errors.append(RowError(None, "aliases", name, f'Alias "{name}" is the name of its target already.'))
        elif simplify(name) in known:
            errors.append(RowError(None, "aliases", name, f'Alias "{name}" is very like another name of this target.'))
        elif len(name) > LONGEST_NAME:
            errors.append(RowError(None, "aliases", name, f"is longer than {LONGEST_NAME} characters", "shorten it"))
        known.add(simplify(name))
    return errors


def _taken(name: str, names: list[str], actor: Any) -> list[RowError]:
    known = owners([name, *names])
    errors = []
    for place, one in enumerate([name, *names]):
        if known.get(same_name(one)) is not None:
            errors.append(RowError(None, "aliases" if place else "name", one, taken(one, actor=actor) or NOT_AVAILABLE))
    return errors


def snapshot(target: BaseTarget) -> dict:
    """What history keeps of a target: its columns that are set, as JSON can hold them."""
    values = {}
    for field in target._meta.concrete_fields:
        value = getattr(target, field.attname)
        if value in (None, "") or getattr(field, "hidden", False) or field.name in ("modified", "created"):
            continue
        values[field.name] = value if isinstance(value, (int, float, str, bool)) else str(value)
    return values
