"""What writers of reduced data hand over: plain rows, never model instances."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True)
class DatumRow:
    """One measurement. Give `value` (JSON), or typed columns, or both; each side is completed from the other.

    `timestamp` is an aware datetime (a naive one counts as UTC). Magnitudes unless `unit` says otherwise; `exposure_time` in s; `ra`,
    `dec` in deg ICRS; `wavelength`, `flux`, `error` are of equal length, in `wavelength_unit` and `flux_unit`. `source_id` is the
    source's own identifier (candid, diaSourceId, ...): the same source sending it again replaces the row.
    """

    data_type: str
    timestamp: dt.datetime
    value: Any = field(default_factory=dict)
    source_name: str = ""
    source_location: str = ""
    source_id: str = ""
    telescope: str = ""
    instrument: str = ""
    reduction_version: str = ""
    bandpass: str = ""
    brightness: float | None = None
    brightness_error: float | None = None
    limit: float | None = None
    unit: str = ""
    exposure_time: float | None = None
    setup: str = ""
    wavelength: Sequence[float] = ()
    flux: Sequence[float] = ()
    error: Sequence[float] = ()
    flux_unit: str = ""
    wavelength_unit: str = ""
    ra: float | None = None
    dec: float | None = None
    ra_error: float | None = None
    dec_error: float | None = None
    ra_error_units: str = ""
    dec_error_units: str = ""


class ValueRow(NamedTuple):
    """One measurement said by its `value` alone, as processors give them; see `DatumRow`."""

    data_type: str
    timestamp: dt.datetime
    value: Any
    source_name: str = ""
    source_location: str = ""
    source_id: str = ""


@dataclass(frozen=True, slots=True)
class AddedData:
    """What a writing did, by primary key: rows made, rows that a source replaced, rows that were there already."""

    created: list[int] = field(default_factory=list)
    updated: list[int] = field(default_factory=list)
    unchanged: list[int] = field(default_factory=list)

    @property
    def all(self) -> list[int]:
        return [*self.created, *self.updated, *self.unchanged]

    def __len__(self) -> int:
        return len(self.created) + len(self.updated) + len(self.unchanged)

    def __bool__(self) -> bool:
        return True
