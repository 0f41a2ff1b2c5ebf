"""The formats in which columns leave: JSON of lists, JSON of packed arrays (what our own pages ask for), CSV, Arrow."""

from __future__ import annotations

import base64
import csv
import io
from typing import Any

from tom_common.errors import InvalidInputError

from .columns import LightCurve, Series

FORMATS = {"json": "application/json", "packed": "application/json", "csv": "text/csv", "arrow": "application/vnd.apache.arrow.stream"}


def listed(values: Any) -> list:
    """A column as JSON has it: null for what is no number."""
    import numpy as np

    if values.dtype.kind == "f" and np.isnan(values).any():
        return [None if value != value else value for value in values.tolist()]
    return values.tolist()


def packed(values: Any) -> dict[str, str]:
    """A column as base64 of its little-endian bytes: ``float64`` (NaN for none; keys too, which are exact to 2^53) or ``uint8``."""
    kind = ("uint8", "u1") if values.dtype.kind == "b" else ("float64", "<f8")
    return {"type": kind[0], "base64": base64.b64encode(values.astype(kind[1]).tobytes()).decode("ascii")}


def light_curve_json(curve: LightCurve, about: dict[str, Any], *, pack: bool = False) -> dict[str, Any]:
    """The light curve and what is known of its target, ready for JSON."""
    column = packed if pack else listed
    series = [
        {name: getattr(one, name) for name in Series.WORDS}
        | {name: column(getattr(one, name)) for name in Series.COLUMNS if name != "origin"}
        | {"from": column(one.origin)}
        for one in curve.series
    ]
    return about | {"total": curve.total, "shown": curve.shown, "sources": curve.origins, "series": series}


def table(curve: LightCurve) -> dict[str, list]:
    """All points in order of time, a column each; a magnitude or flux that is a limit stands under `limit`."""
    import numpy as np

    if not curve.series:
        return {name: [] for name in ("id", "mjd", "band", "brightness", "error", "limit", "unit", "telescope", "instrument", "source")}
    joined = {name: np.concatenate([getattr(one, name) for one in curve.series]) for name in Series.COLUMNS}
    number = np.concatenate([np.full(len(one.mjd), k) for k, one in enumerate(curve.series)])
    order = np.lexsort((joined["id"], joined["mjd"]))
    limit, y = joined["is_limit"][order], joined["y"][order]
    origins = [curve.origins[k] for k in joined["origin"][order].tolist()]
    series = [curve.series[k] for k in number[order].tolist()]
    return {
        "id": joined["id"][order].tolist(),
        "mjd": joined["mjd"][order].tolist(),
        "band": [one.band for one in series],
        "brightness": listed(np.where(limit, np.nan, y)),
        "error": listed(joined["error"][order]),
        "limit": listed(np.where(limit, y, np.nan)),
        "unit": [one.unit for one in series],
        "telescope": [one["telescope"] for one in origins],
        "instrument": [one["instrument"] for one in origins],
        "source": [one["source"] for one in origins],
    }


def guarded(text: Any) -> Any:
    """Text that a spreadsheet would take for a formula gets an apostrophe before it."""
    return "'" + text if isinstance(text, str) and text[:1] in ("=", "+", "-", "@", "\t", "\r") and text else text


def as_csv(columns: dict[str, list]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([guarded(cell) for cell in row] for row in zip(*columns.values(), strict=True))
    return out.getvalue().encode()


def as_arrow(columns: dict[str, list]) -> bytes:
    """An Arrow IPC stream of one record batch, times in MJD (UTC). Raises InvalidInputError where pyarrow is not installed."""
    try:
        import pyarrow as pa
    except ImportError:
        raise InvalidInputError("Arrow needs the package pyarrow on the server: pip install 'opentom[arrow]'.") from None
    kinds = {"id": pa.int64(), "mjd": pa.float64(), "brightness": pa.float64(), "error": pa.float64(), "limit": pa.float64()}
    columns = {name: pa.array(values, kinds.get(name, pa.string())) for name, values in columns.items()}
    batch = pa.table(columns).replace_schema_metadata({"time_scale": "utc", "mjd_unit": "d"})
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_table(batch)
    return sink.getvalue()
