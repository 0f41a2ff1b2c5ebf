"""Questions about targets that end in a queryset."""

from __future__ import annotations

import math
from collections.abc import Iterable

from django.db.models import Exists, F, FloatField, OuterRef, Q, QuerySet, Value
from django.db.models.functions import ASin, Cos, Least, Power, Radians, Sin, Sqrt

from tom_targets.models import BaseTarget, TargetName


def separation(ra: float, dec: float):
    """Great-circle distance in degrees of a row's `ra`, `dec` from a position in degrees: haversine, in SQL."""
    half_ra = (Radians(F("ra")) - Value(math.radians(ra), output_field=FloatField())) / Value(2.0)
    half_dec = (Radians(F("dec")) - Value(math.radians(dec), output_field=FloatField())) / Value(2.0)
    squared = Power(Sin(half_dec), Value(2.0)) + Cos(Radians(F("dec"))) * Value(math.cos(math.radians(dec))) * Power(
        Sin(half_ra), Value(2.0)
    )
    return ASin(Sqrt(Least(squared, Value(1.0), output_field=FloatField()))) * Value(2.0 * 180.0 / math.pi)


def in_cone(ra: float, dec: float, radius_deg: float) -> Q:
    """Rows whose HEALPix cell may lie in the cone: integer ranges, right at the poles and across RA 0."""
    from tom_astro.healpix import cone_ranges

    if radius_deg >= 180.0:
        return Q(healpix__isnull=False)
    found = Q(pk__in=[])
    for low, high in cone_ranges(ra % 360.0, dec, radius_deg):
        found |= Q(healpix__gte=int(low), healpix__lt=int(high))
    return found


def cone(queryset: QuerySet, ra: float, dec: float, radius_deg: float) -> QuerySet:
    """Targets within `radius_deg` of (ra, dec), all in degrees, with `separation` in degrees.

    ValueError for a position off the sky or a negative radius.
    """
    ra, dec, radius_deg = float(ra), float(dec), float(radius_deg)
    if not (math.isfinite(ra) and -90.0 <= dec <= 90.0):
        raise ValueError(f"({ra}, {dec}) is no position: the declination must lie between -90 and 90 degrees")
    if not radius_deg >= 0.0:
        raise ValueError(f"{radius_deg} is no radius: give degrees, 0 or more")
    found = queryset.filter(in_cone(ra, dec, radius_deg)).annotate(separation=separation(ra, dec))
    # A hair of room, so that a point is found in a cone of no size around itself.
    return found.filter(separation__lte=radius_deg + 1e-10)


def search_text(queryset: QuerySet, text: str) -> QuerySet:
    """Targets with `text` somewhere in the name or in an alias, in either case of letters."""
    text = text.strip()
    if not text:
        return queryset
    owners = TargetName.objects.filter(name__icontains=text).values("target_id")
    return queryset.filter(Q(name__icontains=text) | Q(pk__in=owners))


def match_names(queryset: QuerySet, names: Iterable[str]) -> QuerySet:
    """Targets that have one of `names`, as the match manager compares them."""
    found = Q(pk__in=[])
    for name in names:
        if name.strip():
            found |= Q(pk__in=BaseTarget.matches.match_name(name.strip()).values("pk"))
    return queryset.filter(found)


def by_key(key: str, value: str | None = None):
    """Condition: the target has an extra `key`, with `value` when given."""
    from tom_targets.models import TargetExtra

    extra = TargetExtra.objects.filter(target_id=OuterRef("pk"), key=key)
    return Exists(extra if value is None else extra.filter(value=value))


def capped_count(queryset: QuerySet, cap: int = 10_000) -> tuple[int, bool]:
    """(how many, True when there are more than `cap`). Never counts further."""
    count = queryset.order_by()[: cap + 1].count()
    return min(count, cap), count > cap


def lists_with_counts(user, queryset: QuerySet | None = None) -> QuerySet:
    """Lists that `user` may see, with `visible_targets`: how many of their targets this user sees."""
    from django.db.models import Count, IntegerField, OuterRef, Subquery
    from django.db.models.functions import Coalesce
    from guardian.shortcuts import get_objects_for_user

    from tom_targets.models import TargetList
    from tom_targets.policy import restrict_by_target

    if queryset is None:
        queryset = get_objects_for_user(user, "tom_targets.view_targetlist", klass=TargetList)
    links = restrict_by_target(TargetList.targets.through.objects.filter(targetlist_id=OuterRef("pk")), user, path="basetarget")
    counts = links.order_by().values("targetlist_id").annotate(n=Count("pk")).values("n")
    return queryset.annotate(visible_targets=Coalesce(Subquery(counts, output_field=IntegerField()), 0))
