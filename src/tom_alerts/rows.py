"""From the measurements of a packet to rows of reduced data."""

from __future__ import annotations

from collections.abc import Iterable

from tom_clients.alert_packets import Measurement, Packet
from tom_dataproducts.rows import DatumRow


def datum_rows(packet: Packet, *, solar_system_radius_arcsec: float) -> list[tuple[DatumRow, bool]]:
    """The rows of a packet, each with whether it only repeats the past; an asteroid's passage in the history is left out."""
    return [
        (_datum_row(packet, row), row.from_history)
        for row in packet.measurements
        if row.solar_system_distance_arcsec is None or row.solar_system_distance_arcsec > solar_system_radius_arcsec
    ]


def _datum_row(packet: Packet, row: Measurement) -> DatumRow:
    return DatumRow(
        data_type="photometry",
        timestamp=row.timestamp,
        source_name=packet.source_name,
        source_location=packet.name,
        source_id=row.source_id,
        telescope=packet.telescope,
        instrument=packet.instrument,
        bandpass=row.bandpass,
        brightness=row.brightness,
        brightness_error=row.brightness_error,
        limit=row.limit,
        unit="AB" if row.brightness is not None or row.limit is not None else "",
        exposure_time=row.exposure_s,
        setup=row.setup,
        value=dict(row.value),
    )


def own_first(rows: Iterable[tuple[DatumRow, bool]]) -> tuple[list[DatumRow], list[DatumRow]]:
    """(what alerts say of themselves, what they repeat of the past), each source id once."""
    own: dict[str, DatumRow] = {}
    history: dict[str, DatumRow] = {}
    for row, from_history in rows:
        (history if from_history else own)[row.source_id] = row
    return list(own.values()), [row for key, row in history.items() if key not in own]
