"""How a user arranges the home page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from tom_common.errors import InvalidInputError, NotAllowedError
from tom_common.models import HomeLayout

MOST_PANELS = 200


@transaction.atomic
def arrange_home(*, actor: Any, order: Sequence[str], hidden: Sequence[str]) -> HomeLayout:
    """Keep that `actor` wants panels in this `order`, without those in `hidden` (slugs)."""
    if not getattr(actor, "is_authenticated", False):
        raise NotAllowedError("Log in to arrange your home page.")
    order, hidden = list(dict.fromkeys(order)), list(dict.fromkeys(hidden))
    if len(order) > MOST_PANELS or any(len(slug) > 200 for slug in (*order, *hidden)):
        raise InvalidInputError("These are not the panels of a home page.")
    layout, _ = HomeLayout.objects.update_or_create(
        user=actor, defaults={"order": order, "hidden": [slug for slug in hidden if slug in order]}
    )
    return layout


def reset_home(*, actor: Any) -> None:
    """All panels, in the order of the apps."""
    HomeLayout.objects.filter(user=actor).delete()
