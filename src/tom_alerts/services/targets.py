"""A target from a broker's alert."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from tom_alerts.models import BrokerQuery
from tom_targets.models import Target
from tom_targets.services import grant_access


@transaction.atomic
def create_target_from_alert(*, actor: User | None, broker: Any, alert: Any) -> Target:
    """Save the target of an alert with its extras and aliases; the actor and their groups may see and change it.

    :raises django.core.exceptions.ValidationError: the name is not available, or the broker's numbers are not valid
    """
    target, extras, aliases = broker.to_generic_alert(alert).to_target()
    target.full_clean()
    target.save(extras=extras or {}, names=[str(alias) for alias in aliases or ()])
    if actor is not None:
        for holder in (actor, *actor.groups.all()):
            grant_access(target=target, holder=holder, actor=actor)
    return target


def mark_run(*, query: BrokerQuery) -> None:
    """Note that the query was run now, without touching when it was last changed."""
    BrokerQuery.objects.filter(pk=query.pk).update(last_run=timezone.now())
