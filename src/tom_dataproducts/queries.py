"""Questions to the data: columns of numbers for plots, newest points."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connections
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from tom_common.prepared import Prepared

from .models import ReducedDatum
from .policy import seen_target_data, target_data
from .units import is_magnitude

__all__ = [
    "is_magnitude", "kinds_of", "light_curve", "light_curve_columns", "newest_of_seen_target", "newest_photometry", "of_kinds",
    "recent_points", "rows_by_time", "spectra",
]  # fmt: skip


def light_curve(user: Any, target: Any, *, limit: int | None = None) -> dict[str, Any]:
    """Columns of the photometry of a target that `user` may see, as lists: see `plots.columns.light_curve`."""
    from .plots import columns, formats

    return formats.light_curve_json(columns.light_curve(user, target, limit=limit), {"target": target.pk})


def light_curve_columns(user: Any, target: Any) -> Any:
    """The light curve as arrays, thinned for a plot: a `plots.columns.LightCurve`."""
    from .plots.columns import light_curve as columns

    return columns(user, target)


def kinds_of(target_id: int, using: str = "default") -> list[str]:
    """The data types that a target has, whoever may see them: one step along the index for each, however many rows there are."""
    connection = connections[using]
    table, kind, target = (connection.ops.quote_name(name) for name in (ReducedDatum._meta.db_table, "data_type", "target_id"))
    following = f"SELECT {kind} FROM {table} WHERE {target} = %s"  # noqa: S608
    order = f"ORDER BY {kind} LIMIT 1"
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE kinds(kind) AS (SELECT ({following} {order}) UNION ALL "  # noqa: S608
            f"SELECT ({following} AND {kind} > kinds.kind {order}) FROM kinds WHERE kinds.kind IS NOT NULL) "
            "SELECT kind FROM kinds WHERE kind IS NOT NULL",
            [target_id, target_id],
        )
        return [kind for (kind,) in cursor.fetchall()]


MOST_KINDS = 5
FURTHEST = 10_000


def of_kinds(rows: QuerySet, kinds: list[str]) -> QuerySet:
    """Rows of one target, all of whose kinds are named so that its index by kind and time is used; the same rows."""
    if len(kinds) == 1:
        return rows.filter(data_type=kinds[0])
    return rows.filter(data_type__in=kinds) if 1 < len(kinds) <= MOST_KINDS else rows


def rows_by_time(rows: QuerySet, kinds: list[str], start: int, stop: int) -> QuerySet:
    """``rows[start:stop]`` of rows of one target in the order of their times, read along that index."""
    if 1 < len(kinds) <= MOST_KINDS and stop <= FURTHEST:
        # none of these rows is further on than the last of so many of one kind
        last = [when for kind in kinds for when in rows.filter(data_type=kind).values_list("timestamp", flat=True)[stop - 1 : stop]]
        if last and str(rows.query.order_by[0]).startswith("-"):
            rows = rows.filter(timestamp__gte=max(last))
        elif last:
            rows = rows.filter(timestamp__lte=min(last))
    return rows[start:stop]


def recent_points(user: Any, target: Any, *, days: int, seen: bool = False) -> list[tuple]:
    """(time, band, brightness, limit, unit) of the photometry of the last `days`, oldest first; `seen` as for `policy.target_data`."""
    since = timezone.now() - timedelta(days=days)
    rows = target_data(user, target, seen=seen).filter(data_type="photometry", timestamp__gte=since)
    return list(rows.order_by("timestamp", "pk").values_list("timestamp", "bandpass", "brightness", "limit", "unit"))


def spectra(user: Any, target: Any, *, data_product: Any = None, limit: int | None = None) -> dict[str, Any]:
    """Columns of the newest spectra of a target that `user` may see, as lists: see `plots.spectra.spectra`."""
    from .plots.spectra import spectra as found

    return {"target": target.pk, "spectra": found(user, target, data_product=data_product, limit=limit)}


def newest_photometry(user: Any, target: Any, limit: int = 1, *, seen: bool = False) -> list[ReducedDatum]:
    """The newest points of a target that `user` may see; `seen` as for `policy.target_data`."""
    return _newest(target_data(user, target, seen=seen), limit)


def newest_of_seen_target(user: Any, target: Any) -> ReducedDatum | None:
    """The newest point of a target that `user` is known to see."""
    newest = next(iter(_newest_of(target.pk)), None)
    if newest is None or newest.data_product_id is None:  # of what is of no product the target decides
        return newest
    return next(iter(_newest(seen_target_data(user, target), 1)), None)


def _newest(rows: QuerySet, limit: int) -> list[ReducedDatum]:
    return list(_newest_first(rows)[:limit])


def _newest_first(rows: QuerySet) -> QuerySet:
    rows = rows.filter(data_type="photometry").filter(Q(brightness__isnull=False) | Q(limit__isnull=False))
    return rows.defer("wavelength", "flux", "error").order_by(F("timestamp").desc(), "-pk")


_newest_of = Prepared(lambda target: _newest_first(ReducedDatum.objects.filter(target_id=target))[:1])
