"""Questions about targets that end in a queryset."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable

from django.db import connections
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from tom_common.prepared import Prepared
from tom_targets.models import BaseTarget, TargetExtra, TargetName
from tom_targets.querysets import batched
from tom_targets.sky_sql import InRanges, Separation

# Epochs (Julian years) from which positions are carried by their proper motion, and the one that is meant where none is given.
EPOCHS = (1900.0, 2050.0)
USUAL_EPOCH = 2000.0
# mas/yr along either axis: slower ones are met by widening a cone, the few faster ones are looked up by themselves.
SLOW = 500.0
# So few hits of a search on the sky are named by their keys.
FEW = 500


def separation(ra: float, dec: float) -> Separation:
    """Distance in degrees of a row's place from a position in degrees, in SQL: the stored place, or today's of a star that moves, whichever is nearer."""
    return Separation(ra, dec, julian_year_today(), True, EPOCHS, USUAL_EPOCH)


def in_ranges(ranges: Iterable[tuple[int, int]]) -> Q:
    """Rows whose HEALPix index (order 29, nested) is in one of these half-open ranges."""
    found = tuple((int(low), int(high)) for low, high in ranges)
    return Q(InRanges(found)) if found else Q(pk__in=[])


def in_cone(ra: float, dec: float, radius_deg: float) -> Q:
    """Rows whose HEALPix cell may lie in the cone: integer ranges, right at the poles and across RA 0."""
    from tom_astro.healpix import cone_ranges

    if radius_deg >= 180.0:
        return Q(healpix__isnull=False)
    # A range takes the planner longer than some more rows take the exact test, and in a small cone there are few.
    depth = 2 if radius_deg < 0.1 else 3 if radius_deg < 2.0 else 4
    return in_ranges(cone_ranges(ra % 360.0, dec, radius_deg, depth))


def _fast_in_cone(ra: float, dec: float, radius_deg: float, epoch: float, using: str) -> list[int]:
    """Keys of the fast movers that are in the cone at `epoch`."""
    # By hand: this is asked with every cone, and four querysets in a union cost more than the rest of it. Each part has its index.
    quote = connections[using].ops.quote_name  # `dec` is a word of MariaDB's own
    columns, ra_sql, dec_sql = ", ".join(map(quote, ("id", "ra", "dec", "pm_ra", "pm_dec", "epoch"))), quote("ra"), quote("dec")
    table = quote(BaseTarget._meta.db_table)
    part = f"SELECT {columns} FROM {table} WHERE {ra_sql} IS NOT NULL AND {dec_sql} IS NOT NULL AND "  # noqa: S608
    bounds = [f"{axis} {way}" for axis in ("pm_ra", "pm_dec") for way in (f"> {SLOW}", f"< -{SLOW}")]
    with connections[using].cursor() as cursor:
        cursor.execute(" UNION ".join(part + bound for bound in bounds))
        fast = cursor.fetchall()
    fast = [row for row in fast if row[5] is None or EPOCHS[0] <= row[5] <= EPOCHS[1]]
    if not fast:
        return []
    import numpy as np

    from tom_astro.sphere import propagate, separation_deg

    at_ra, at_dec, pm_ra, pm_dec = (np.array([row[place] or 0.0 for row in fast]) for place in (1, 2, 3, 4))
    since = np.array([USUAL_EPOCH if row[5] is None else row[5] for row in fast])
    away = separation_deg(*propagate(at_ra, at_dec, pm_ra, pm_dec, since, epoch), ra, dec)
    return [row[0] for row, near in zip(fast, np.atleast_1d(away) <= radius_deg + 1e-6, strict=True) if near]


def cone(queryset: QuerySet, ra: float, dec: float, radius_deg: float, epoch: float | None = None) -> QuerySet:
    """Targets within `radius_deg` of (ra, dec), all in degrees, with `separation` in degrees.

    Stars with a proper motion are looked for where they are at `epoch` (Julian year); without one where they are today and, as
    catalogues are often asked with catalogued positions, also at the position that is stored: `separation` is the smaller.
    ValueError for a position off the sky, a negative radius, or an epoch outside of 1900 to 2050.
    """
    ra, dec, radius_deg = float(ra), float(dec), float(radius_deg)
    if not (math.isfinite(ra) and -90.0 <= dec <= 90.0):
        raise ValueError(f"({ra}, {dec}) is no position: the declination must lie between -90 and 90 degrees")
    if not radius_deg >= 0.0:
        raise ValueError(f"{radius_deg} is no radius: give degrees, 0 or more")
    at = julian_year_today() if epoch is None else float(epoch)
    if not EPOCHS[0] <= at <= EPOCHS[1]:
        raise ValueError(f"{epoch} is no epoch that is served: give a Julian year from 1900 to 2050")
    reach = SLOW * math.sqrt(2.0) * max(at - EPOCHS[0], EPOCHS[1] - at) / 3.6e6
    near = in_cone(ra, dec, min(radius_deg + reach, 180.0))
    if fast := _fast_in_cone(ra, dec, radius_deg, at, queryset.db):
        near |= Q(pk__in=fast)
    away = Separation(ra, dec, at, epoch is None, EPOCHS, USUAL_EPOCH)
    # A hair of room, so that a point is found in a cone of no size around itself.
    return queryset.annotate(separation=away).filter(near, separation__lte=radius_deg + 1e-10)


def narrowed(queryset: QuerySet, found: QuerySet) -> QuerySet:
    """Those of `queryset` that are in `found`. A few hits are named by their keys: else an ordered page walks the table to meet them."""
    hits = list(found.order_by().values_list("pk", flat=True)[: FEW + 1])
    return queryset.filter(pk__in=sorted(hits)) if len(hits) <= FEW else queryset.filter(pk__in=found.order_by().values("pk"))


def julian_year_today() -> float:
    """Today as a Julian year, to a day: 2000.0 was 2000-01-01 12:00."""
    return 2000.0 + (timezone.now().date() - dt.date(2000, 1, 1)).days / 365.25


# More ranges than this in one condition are more than SQLite takes.
MOST_RANGES = 400


def polygon(queryset: QuerySet, vertices: Iterable[tuple[float, float]]) -> QuerySet:
    """Targets whose stored position is in the polygon of great circles with these corners (degrees ICRS, three or more).

    ValueError for what is no polygon within a cone of 89.9 degrees radius.
    """
    import numpy as np

    from tom_astro.healpix import in_polygon, polygon_cover

    vertices = list(vertices)
    for depth in (6, 5, 4, 3, 2, 1, 0):
        whole, crossed = polygon_cover(vertices, depth)
        if len(whole) + len(crossed) <= MOST_RANGES:
            break
    rows = BaseTarget._base_manager.using(queryset.db).filter(in_ranges(crossed)).order_by().values_list("pk", "ra", "dec")
    inside: list[int] = []
    for some in batched(rows.iterator(), 20_000):
        keys, ra, dec = zip(*some, strict=True)
        inside += np.array(keys)[np.atleast_1d(in_polygon(np.array(ra), np.array(dec), vertices))].tolist()
    return queryset.filter(in_ranges(whole) | Q(pk__in=inside))


def ranges_of_moc(moc: str) -> list[tuple[int, int]]:
    """Ranges of a MOC, in ASCII (``6/123-125 7/900``) or JSON. ValueError when it is none, or one too fine to be asked for at once."""
    from tom_astro.healpix import moc_ranges

    text = moc.strip()
    if text.startswith("{"):
        import json

        cells = json.loads(text)
        if not isinstance(cells, dict) or not all(isinstance(some, list) for some in cells.values()):
            raise ValueError('This is no MOC: write {"order": [cells]} or order/cells.')
        ranges = moc_ranges(cells)
    else:
        ranges = moc_ranges(text)
    if len(ranges) > MOST_RANGES:
        raise ValueError(f"This map has {len(ranges)} separate ranges, more than {MOST_RANGES}: degrade it to a lower order.")
    return ranges


def in_moc(queryset: QuerySet, moc: str) -> QuerySet:
    """Targets whose stored position is in a MOC; see `ranges_of_moc`."""
    return queryset.filter(in_ranges(ranges_of_moc(moc)))


def search_text(queryset: QuerySet, text: str) -> QuerySet:
    """Targets with `text` somewhere in the name or in an alias, in either case of letters."""
    from tom_targets.name_parts import has_part

    return queryset.filter(has_part(text, queryset.db))


def match_names(queryset: QuerySet, names: Iterable[str]) -> QuerySet:
    """Targets that have one of `names`, as the match manager compares them."""
    from tom_targets.matching import Named, is_plain, simplify, spellings

    names = [name.strip() for name in names if name.strip()]
    if is_plain():
        wanted = {same for name in names for same in spellings(simplify(name))}
        return queryset.filter(Named(sorted(wanted))) if wanted else queryset.none()
    found = Q(pk__in=[])
    for name in names:
        found |= Q(pk__in=BaseTarget.matches.match_name(name).values("pk"))
    return queryset.filter(found)


def by_key(key: str, value: str | None = None):
    """Condition: the target has an extra `key`, with `value` when given."""
    from tom_targets.models import TargetExtra

    extra = TargetExtra.objects.filter(target_id=OuterRef("pk"), key=key)
    return Exists(extra if value is None else extra.filter(value=value))


_attached = {
    "aliases": Prepared(lambda target: TargetName.objects.filter(target_id=target)),
    "targetextra_set": Prepared(lambda target: TargetExtra.objects.filter(target_id=target)),
}


def read_attached(target):
    """The target, with its aliases and extras read as `prefetch_related` would, where they are not yet."""
    known = target.__dict__.setdefault("_prefetched_objects_cache", {})
    for name, ask in _attached.items():
        if name not in known:
            rows = getattr(target, name).all()
            rows._result_cache, rows._prefetch_done = ask(target.pk), True
            for row in rows._result_cache:
                row.target = target
            known[name] = rows
    return target


def capped_count(queryset: QuerySet, cap: int = 10_000) -> tuple[int, bool]:
    """(how many, True when there are more than `cap`). Never counts further."""
    count = queryset.order_by()[: cap + 1].count()
    return min(count, cap), count > cap


def count_visible(user, cap: int = 10_000) -> int:
    """How many targets `user` may see, counted up to one more than `cap`, from the grant index alone.

    Where everybody sees more than `cap`, the grants of one holder say so.
    """
    from tom_targets.models import Grant, get_target_model_class
    from tom_targets.policy import holders_of, sees_all, visible_to

    rows = get_target_model_class()._base_manager.all()
    if rows.model is not BaseTarget:
        return visible_to(user).order_by().values("pk")[: cap + 1].count()
    quote = connections[rows.db].ops.quote_name
    if sees_all(user):
        sql, holders = f"SELECT COUNT(*) FROM (SELECT 1 FROM {quote(BaseTarget._meta.db_table)} LIMIT {cap + 1:d}) a", []  # noqa: S608
    else:
        holders = holders_of(user)
        grants, marks = quote(Grant._meta.db_table), ", ".join(["%s"] * len(holders))
        sql = (
            f"SELECT CASE WHEN (SELECT COUNT(*) FROM (SELECT 1 FROM {grants} WHERE holder = %s LIMIT {cap + 1:d}) a) > {cap:d} THEN {cap + 1:d}"  # noqa: S608
            f" ELSE (SELECT COUNT(*) FROM (SELECT DISTINCT target_id FROM {grants} WHERE holder IN ({marks}) LIMIT {cap + 1:d}) b) END"
        )
        holders = [holders[0], *holders]  # the first stands for everybody, or for every visitor
    with connections[rows.db].cursor() as cursor:
        cursor.execute(sql, holders)
        return cursor.fetchone()[0]


def lists_with_counts(user, queryset: QuerySet | None = None) -> QuerySet:
    """Lists that `user` may see, with `visible_targets`: how many of their targets this user sees."""
    from django.db.models import Count, IntegerField, OuterRef, Subquery
    from django.db.models.functions import Coalesce

    from tom_targets.models import TargetList
    from tom_targets.policy import lists_visible_to, restrict_by_target

    if queryset is None:
        queryset = lists_visible_to(user)
    links = restrict_by_target(TargetList.targets.through.objects.filter(targetlist_id=OuterRef("pk")), user, path="basetarget")
    counts = links.order_by().values("targetlist_id").annotate(n=Count("pk")).values("n")
    return queryset.annotate(visible_targets=Coalesce(Subquery(counts, output_field=IntegerField()), 0))
