"""Targets and data from what a data service answered."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from tom_common.errors import ConflictError
from tom_dataservices.models import DataServiceQuery
from tom_targets.models import Target, TargetName
from tom_targets.policy import visible_to
from tom_targets.services import grant_access

logger = logging.getLogger(__name__)


@transaction.atomic
def save_target(
    *, actor: User | None, target: Target, extras: dict[str, Any] | None = None, aliases: list[Any] | None = None
) -> tuple[Target, bool]:
    """(the target, whether it is new): saved with its extras and valid aliases, the actor and their groups given access.

    :raises ConflictError: the name belongs to a target which the actor may not see
    :raises ValidationError: the numbers are not valid
    """
    if target.pk is not None:
        return target, False
    existing = _existing(target, actor)
    if existing is not None:
        return existing, False
    target.full_clean()
    target.save(extras=extras or {})
    if actor is not None and actor.is_authenticated:
        for holder in (actor, *actor.groups.all()):
            grant_access(target=target, holder=holder, actor=actor)
    for alias in aliases or []:
        _add_alias(target, alias)
    return target, True


def _existing(target: Target, actor: User | None) -> Target | None:
    found = Target.matches.match_name(target.name).first()
    if found is None:
        return None
    # Nobody in particular (a script, a plugin's own job) works for the TOM: a person must see what they are given.
    if actor is not None and actor.is_authenticated and not visible_to(actor).filter(pk=found.pk).exists():
        raise ConflictError(f"The name {target.name} is not available.")
    return found


def _add_alias(target: Target, alias: Any) -> None:
    row = alias if isinstance(alias, TargetName) else TargetName(name=str(alias))
    row.target = target
    try:
        row.full_clean()
    except ValidationError:
        return
    row.save()


def target_from_result(*, service: Any, result: dict[str, Any], request: Any) -> Target:
    """Make the target of one result with its aliases and its reduced data, whichever generation the service is of."""
    with transaction.atomic():
        made = _call_to_target(service, result, request)
        if isinstance(made, tuple):
            target, extras, aliases = (*made, None, None)[:3]
            target, _ = save_target(actor=request.user, target=target, extras=extras or {}, aliases=list(aliases or []))
        else:
            target = made
            if target.pk is None:
                target, _ = save_target(actor=request.user, target=target)
        if result.get("aliases"):
            service.to_aliases(target, result["aliases"])
    if result.get("reduced_datums"):
        service.to_reduced_datums(target, result["reduced_datums"])
    return target


def _call_to_target(service: Any, result: dict[str, Any], request: Any) -> Any:
    import inspect

    accepted = inspect.signature(service.to_target).parameters
    if "request" in accepted or any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in accepted.values()):
        return service.to_target(result, request=request)
    return service.to_target(result)


def update_target_data(*, service: Any, target: Target) -> int:
    """Ask the service for a target's aliases and data, and store them; returns how many kinds of data it gave."""
    aliases = service.query_aliases(target=target)
    if aliases:
        service.to_aliases(target, aliases)
    found = service.query_reduced_data(target)
    if not found:
        return 0
    service.to_reduced_datums(target, found)
    return len(found)


def mark_run(*, query: DataServiceQuery) -> None:
    """Note that the query was run now, without touching when it was last changed."""
    DataServiceQuery.objects.filter(pk=query.pk).update(last_run=timezone.now())
