"""The photometry and the spectra of a target as columns of numbers, within what a user may see."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import connections
from django.db.models import Count, F, Func, Max, Q, QuerySet, Sum, TextField

from tom_common.conf import tom_settings
from tom_dataproducts.models import DataProduct
from tom_dataproducts.policy import target_data, visible_to
from tom_dataproducts.units import is_magnitude

from .thinning import extremes

MJD_OF_1970 = 40587.0
MICROSECONDS = 86_400e6
PIXELS = 1200
PART = 500
SYMBOLS = 6
"""As many as plot.js has."""
PRIMES = (2_147_483_647, 2_147_483_629)


class Moment(Func):
    """A time as the database hands it over fastest: text on SQLite, microseconds since 1970 (UTC) elsewhere."""

    arity = 1
    output_field = TextField()  # that no value is converted

    def as_sql(self, compiler, connection, **extra):
        sql, params = compiler.compile(self.source_expressions[0])
        return f"{sql} || ''", params

    def as_postgresql(self, compiler, connection, **extra):
        sql, params = compiler.compile(self.source_expressions[0])
        return f"(EXTRACT(EPOCH FROM {sql}) * 1000000)::bigint", params

    def as_mysql(self, compiler, connection, **extra):
        sql, params = compiler.compile(self.source_expressions[0])
        return f"TIMESTAMPDIFF(MICROSECOND, '1970-01-01', {sql})", params


def _mjd(moments: Any) -> Any:
    import numpy as np

    if moments and isinstance(moments[0], str):
        return np.array(moments, dtype="datetime64[us]").astype(np.int64) / MICROSECONDS + MJD_OF_1970
    return np.array(moments, dtype=float) / MICROSECONDS + MJD_OF_1970


NUMBERS = (Moment("timestamp"), "brightness", "brightness_error", "limit", "pk")
ORIGIN = ("bandpass", "unit", "telescope", "source_name", "instrument", "data_product_id")


@dataclass(slots=True)
class Series:
    """The points of one band, telescope and unit. Columns are arrays of one length: `mjd` (UTC), `y`, `error` (NaN for none), `is_limit`,
    `id`, and `origin`, the place in the light curve's list of origins."""

    label: str
    band: str
    telescope: str
    kind: str
    unit: str
    colour: str
    symbol: int = 0
    wavelength: float | None = None
    zero_point: float | None = None
    taken_as_ab: bool = False
    to_ujy: float | None = None
    extinction: float | None = None
    mjd: Any = field(default=None)
    y: Any = field(default=None)
    error: Any = field(default=None)
    is_limit: Any = field(default=None)
    id: Any = field(default=None)
    origin: Any = field(default=None)

    WORDS = (
        "label",
        "band",
        "telescope",
        "kind",
        "unit",
        "colour",
        "symbol",
        "wavelength",
        "zero_point",
        "taken_as_ab",
        "to_ujy",
        "extinction",
    )
    COLUMNS = ("mjd", "y", "error", "is_limit", "id", "origin")

    def keep(self, places: Any) -> None:
        for name in self.COLUMNS:
            setattr(self, name, getattr(self, name)[places])


@dataclass(slots=True)
class LightCurve:
    """`total` points in the window that was asked for, `shown` of them kept; `origins` are dicts of telescope, instrument, source, product."""

    total: int = 0
    origins: list[dict[str, Any]] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)

    @property
    def shown(self) -> int:
        return sum(len(one.mjd) for one in self.series)


def photometry(user: Any, target: Any, *, seen: bool = False) -> QuerySet:
    """Points of the target that `user` may see and that have a brightness or a limit; `seen` as for `policy.target_data`."""
    rows = target_data(user, target, seen=seen).filter(data_type="photometry")
    return rows.filter(Q(brightness__isnull=False) | Q(limit__isnull=False))


def version_of(rows: QuerySet) -> str:
    """Changes whenever a row comes, goes or changes: by their number, the newest key, and sums over what identifies their contents and places."""
    sums = F("fingerprint") % PRIMES[0] + F("source_key") % PRIMES[1]
    origins = F("pk") * F("data_product_id") % PRIMES[0]
    found = rows.order_by().aggregate(count=Count("pk"), newest=Max("pk"), content=Sum(sums), origins=Sum(origins))
    return "-".join(str(found[name] or 0) for name in ("count", "newest", "content", "origins"))


def version_of_products(user: Any, target: Any) -> str:
    """Changes with the products of the target whose names `user` may see."""
    seen = visible_to(user, "view", DataProduct.objects.filter(target_id=target.pk))
    found = seen.order_by().aggregate(count=Count("pk"), keys=Sum("pk"), changed=Max("modified"))
    return f"{found['count']}-{found['keys']}-{found['changed']}"


def _stable_symbols(telescopes: list[str]) -> dict[str, int]:
    """A marker for each telescope, from its name alone; who shares a plot and would share a marker takes the next free one."""
    places: dict[str, int] = {}
    for name in sorted(telescopes):
        wish = zlib.crc32(name.lower().encode()) % SYMBOLS
        free = [k for step in range(SYMBOLS) if (k := (wish + step) % SYMBOLS) not in places.values()]
        places[name] = free[0] if free else wish
    return places


def _describe(bandpass: str, telescope: str, source: str, unit: str) -> Series:
    """Name, colour and conversions of a series, without its points."""
    import math

    from tom_astro.bands import band
    from tom_astro.extinction import extinction_mag
    from tom_astro.photometry import band_zero_point_jy, zero_point

    owner = telescope or source
    known = band(bandpass, owner or None) if bandpass else None
    name = known.canonical if known is not None else ""
    label = known.key if known is not None else "no filter"
    if owner and owner.lower() not in label.lower():
        label += f" ({owner})"
    is_mag = is_magnitude(unit)
    one = Series(
        label,
        name,
        owner or (known.survey if known is not None else ""),
        "mag" if is_mag else "flux",
        unit,
        known.colour if known is not None and known.known else "",
    )
    if is_mag:
        system = unit.lower().replace("mag", "").strip(" ()[]_")
        said = "AB" if system.startswith("ab") else "Vega" if system.startswith(("vega", "landolt", "bessell")) else None
        if said or not system:
            try:
                one.zero_point = 2.5 * math.log10(band_zero_point_jy(bandpass, owner or None, said) * 1e6)
            except ValueError:
                if said is None:
                    one.zero_point, one.taken_as_ab = 23.9, True
    else:
        try:
            one.to_ujy = 10.0 ** ((23.9 - zero_point(unit)) / 2.5)
            one.zero_point = 23.9
        except ValueError:
            pass
    if known is not None and known.wavelength_nm:
        one.wavelength = known.wavelength_nm
        try:
            one.extinction = round(float(extinction_mag(known.wavelength_nm, 1.0)), 4)
        except ValueError:
            pass
    return one


def light_curve(
    user: Any,
    target: Any,
    *,
    rows: QuerySet | None = None,
    limit: int | None = None,
    window: tuple[float, float] | None = None,
    fold: tuple[float, float] | None = None,
    pixels: int = PIXELS,
) -> LightCurve:
    """The light curve of a target, by series of one band, telescope and unit, each in order of time.

    Parameters
    ----------
    rows : QuerySet, optional
        What `photometry` found, for who asked already.
    limit : int, optional
        More points than that (TOM_PLOT_MAX_POINTS) are thinned: of every pixel the least and the greatest value of each series stay, and
        likewise of its limits. 0 keeps all.
    window : (float, float), optional
        First and last MJD (UTC); with `fold` of the phase instead.
    fold : (float, float), optional
        Period in days and MJD of phase 0: pixels are then those of the phase.
    pixels : int
        Width of the plot.
    """
    import numpy as np

    from tom_astro.times import mjd_to_datetime

    limit = tom_settings.TOM_PLOT_MAX_POINTS if limit is None else limit
    rows = photometry(user, target) if rows is None else rows
    if window is not None and fold is None:
        rows = rows.filter(timestamp__gte=mjd_to_datetime(window[0]), timestamp__lte=mjd_to_datetime(window[1]))
    columns, place = _read(rows.order_by("timestamp", "pk").values_list(*NUMBERS, *ORIGIN))
    curve = LightCurve(total=len(columns["id"]))
    if not curve.total:
        return curve
    curve.origins = _origins(user, place)
    curve.series = _series(place, columns)
    if window is not None and fold is not None:
        for one in curve.series:
            phase = _phase(one.mjd, fold)
            one.keep(np.flatnonzero((phase >= window[0]) & (phase <= window[1])))
        curve.series = [one for one in curve.series if len(one.mjd)]
        curve.total = curve.shown
    if limit and curve.total > limit:
        _thin(curve, limit, window, fold, pixels)
    return curve


def _read(rows: QuerySet) -> tuple[dict[str, Any], dict[tuple, int]]:
    """The columns of all points as arrays, and where each origin stands among the origins.

    By a few hundred rows, so that no hundred thousand tuples are ever alive at once: they cost more to keep than to read.
    """
    import numpy as np

    found: dict[str, list[Any]] = {name: [np.empty(0, kind)] for name, kind in
                                   (("mjd", float), ("y", float), ("error", float), ("is_limit", bool), ("id", np.int64), ("origin", np.int64))}  # fmt: skip
    place: dict[tuple, int] = {}
    for part in _parts(rows):
        moments, brightness, error, upper, keys, *origins = zip(*part, strict=True)
        seen = np.array(brightness, dtype=float)
        limits = np.isnan(seen)
        found["mjd"].append(_mjd(moments))
        found["y"].append(np.where(limits, np.array(upper, dtype=float), seen))
        found["error"].append(np.array(error, dtype=float))
        found["is_limit"].append(limits)
        found["id"].append(np.array(keys, dtype=np.int64))
        kinds = list(zip(*origins, strict=True))
        for kind in dict.fromkeys(kinds):
            place.setdefault(kind, len(place))
        found["origin"].append(np.fromiter(map(place.__getitem__, kinds), dtype=np.int64, count=len(kinds)))
    return {name: np.concatenate(parts) for name, parts in found.items()}, place


def _parts(rows: QuerySet) -> Iterator[list[tuple]]:
    # PostgreSQL would keep a cursor open for it, on the server, and its driver has all rows in memory anyway
    lazily = connections[rows.db].vendor != "postgresql"
    found = iter(rows.iterator(chunk_size=PART) if lazily else rows)
    while part := list(islice(found, PART)):
        yield part


def _phase(mjd: Any, fold: tuple[float, float]) -> Any:
    import numpy as np

    return np.mod((mjd - fold[1]) / fold[0], 1.0)


def _origins(user: Any, place: dict[tuple, int]) -> list[dict[str, Any]]:
    """What stands behind the points; a product is named only to who may see it."""
    wanted = {kind[5] for kind in place if kind[5]}
    names = {}
    if wanted:
        seen = visible_to(user, "view", DataProduct.objects.filter(pk__in=wanted))
        names = {
            pk: (data or product_id or str(pk)).rsplit("/", 1)[-1] for pk, data, product_id in seen.values_list("pk", "data", "product_id")
        }
    return [
        {
            "telescope": telescope, "instrument": instrument, "source": source,
            "product": product if product in names else None, "product_name": names.get(product, ""),
        }
        for _, _, telescope, source, instrument, product in place
    ]  # fmt: skip


def _series(place: dict[tuple, int], columns: dict[str, Any]) -> list[Series]:
    import numpy as np

    merged: dict[tuple, int] = {}
    described: list[Series] = []
    of_origin = np.empty(len(place), dtype=np.int64)
    for (bandpass, unit, telescope, source, *_), k in place.items():
        one = _describe(bandpass, telescope, source, unit)
        key = (one.label, one.kind, one.unit)
        if key not in merged:
            merged[key] = len(described)
            described.append(one)
        of_origin[k] = merged[key]
    symbols = _stable_symbols(list({one.telescope for one in described}))
    good = np.isfinite(columns["y"])
    belongs = of_origin[columns["origin"]]
    for number, one in enumerate(described):
        one.symbol = symbols[one.telescope]
        chosen = np.flatnonzero((belongs == number) & good)
        for name in Series.COLUMNS:
            setattr(one, name, columns[name][chosen])
    found = [one for one in described if len(one.mjd)]
    return sorted(found, key=lambda one: (one.telescope, one.wavelength or 1e9, one.label, one.kind))


def _thin(curve: LightCurve, limit: int, window: Any, fold: Any, pixels: int) -> None:
    import numpy as np

    groups = sum(int((~one.is_limit).any()) + int(one.is_limit.any()) for one in curve.series)
    bins = max(10, min(pixels, limit // (2 * groups)))
    low, high = window or ((0.0, 1.0) if fold else (min(s.mjd[0] for s in curve.series), max(s.mjd[-1] for s in curve.series)))
    for one in curve.series:
        x = _phase(one.mjd, fold) if fold else one.mjd
        kept = []
        for group in (np.flatnonzero(~one.is_limit), np.flatnonzero(one.is_limit)):
            kept.append(group[extremes(x[group], one.y[group], low=low, high=high, bins=bins)])
        one.keep(np.sort(np.concatenate(kept)))
