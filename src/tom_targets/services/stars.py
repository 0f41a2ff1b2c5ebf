"""Fetch the stars around a target for its finder chart, and keep them."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from tom_common.conf import tom_settings
from tom_common.errors import InvalidInputError, NotAllowedError, NotFoundError
from tom_common.tasks import task
from tom_targets.models import BaseTarget, StarField
from tom_targets.policy import can

MOST_STARS = 1000
MOST_RADIUS_ARCMIN = 45.0


def fetch_stars(*, actor, target: BaseTarget, radius_arcmin: float) -> StarField:
    """Stars of Gaia DR3 around where the target stands now; they replace those that were kept.

    :raises InvalidInputError: the target has no place, the radius is out of range, or the TOM names no catalogue
    :raises NotAllowedError: a visitor asks
    :raises ServiceError: the catalogue does not answer
    """
    from tom_astro.times import datetime_to_mjd
    from tom_clients.gaia import CATALOGUE, EPOCH, GaiaClient
    from tom_targets.visibility import positions

    if actor is None or not actor.is_authenticated:
        raise NotAllowedError("Log in to fetch stars.")
    if not can(actor, "view", target):
        raise NotFoundError("There is no such target.")
    if not tom_settings.FINDER_CATALOG_URL:
        raise InvalidInputError("This TOM names no star catalogue (FINDER_CATALOG_URL).")
    if not 0.0 < radius_arcmin <= MOST_RADIUS_ARCMIN:
        raise InvalidInputError(f"A radius of {radius_arcmin} arcmin is not between 0 and {MOST_RADIUS_ARCMIN:.0f}.")
    places = positions(target, float(datetime_to_mjd(timezone.now())))
    if places is None:
        raise InvalidInputError("This target has no place on the sky.")
    ra, dec = float(places[0][0]), float(places[1][0])
    stars = GaiaClient(tom_settings.FINDER_CATALOG_URL).cone(ra, dec, radius_arcmin / 60.0, rows=MOST_STARS)
    limit = stars[-1][5] if len(stars) == MOST_STARS else None
    with transaction.atomic():
        StarField.objects.filter(target_id=target.pk).delete()
        return StarField.objects.create(
            target_id=target.pk, catalogue=CATALOGUE, ra=ra, dec=dec, radius_arcmin=radius_arcmin, epoch=EPOCH, limit=limit, stars=stars
        )


@task(title="Fetch the stars of a finder chart", timeout_s=120)
def fetch_stars_task(target_id: int, actor_id: int, radius_arcmin: float) -> int:
    """`fetch_stars` in the background; the number of stars."""
    from django.contrib.auth import get_user_model

    target, actor = BaseTarget.objects.filter(pk=target_id).first(), get_user_model().objects.filter(pk=actor_id).first()
    if target is None or actor is None:
        raise NotFoundError("The target is no longer there.")
    return len(fetch_stars(actor=actor, target=target, radius_arcmin=radius_arcmin).stars)
