"""Rubin Observatory (LSST) alert packets, schemas 9 to 11.

Facts used, from the schema's own documentation: `midpointMjdTai` is the effective mid-visit time in TAI; `psfFlux` is the difference between
template and visit image, `scienceFlux` the total flux on the visit image, both nJy; `isNegative` marks a source that faded; `diaObject` is
null for a source associated with a known solar-system object. The packets hold no upper limits; their forced photometry says as much.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from tom_clients.alert_packets.errors import PacketError
from tom_clients.alert_packets.measurement import (
    DETECTION_SIGMA,
    LIMIT_SIGMA,
    MAGNITUDES_PER_FRACTION,
    MID_EXPOSURE,
    Measurement,
    forced_numbers,
    magnitude_from_flux,
    number,
)


@dataclass(frozen=True, slots=True)
class LSSTPacket:
    """One Rubin alert: its DiaObject (None for a known solar-system object), place (degrees, ICRS) and measurements."""

    survey: ClassVar[str] = "lsst"
    source_name: ClassVar[str] = "LSST"
    telescope: ClassVar[str] = "Rubin:Simonyi"
    instrument: ClassVar[str] = "LSSTCam"

    dia_source_id: int
    dia_object_id: int | None
    ss_object_id: int | None
    ra_deg: float
    dec_deg: float
    schema_version: str
    measurements: tuple[Measurement, ...]
    record: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    schema: Any = field(default=None, repr=False, compare=False)
    origin: str = field(default="", compare=False)
    position: int = field(default=0, compare=False)

    @property
    def alert_id(self) -> str:
        return str(self.dia_source_id)

    @property
    def name(self) -> str:
        return f"LSST {self.dia_object_id}" if self.dia_object_id is not None else ""

    @property
    def aliases(self) -> tuple[str, ...]:
        """The bare number, which is how brokers name the object."""
        return (str(self.dia_object_id),) if self.dia_object_id is not None else ()

    def skip_reason(self, solar_system_radius_arcsec: float = 30.0) -> str | None:
        """Why this alert is not one of a sidereal object, or None. (The radius is ZTF's; Rubin has made the association itself.)"""
        if self.ss_object_id or self.dia_object_id is None:
            return "known solar-system object" if self.ss_object_id else "no DiaObject (a solar-system object, or not associated)"
        return None

    @classmethod
    def from_record(cls, record: Mapping[str, Any], *, schema: Any = None, origin: str = "", position: int = 0) -> LSSTPacket:
        """Read a decoded Avro record.

        :raises PacketError: something that the schema promises is not there
        """
        try:
            source, dia_object = record["diaSource"], record.get("diaObject")
            source_id = int(source["diaSourceId"])
            place = dia_object or source
            ra, dec = number(place["ra"]), number(place["dec"])
            measurements = tuple(_measurements(record))
        except (KeyError, TypeError) as error:
            raise PacketError(f"Not a Rubin packet of a known version: {error!r} is missing or has the wrong type.") from error
        if ra is None or dec is None or not (0 <= ra <= 360 and -90 <= dec <= 90):
            raise PacketError(f"The Rubin packet {source_id} has no usable position: ra {place['ra']}, dec {place['dec']}.")
        solar = record.get("ssSource") or {}
        return cls(
            dia_source_id=source_id,
            dia_object_id=int(dia_object["diaObjectId"]) if dia_object else None,
            ss_object_id=source.get("ssObjectId") or solar.get("ssObjectId") or None,
            ra_deg=ra % 360.0,
            dec_deg=dec,
            schema_version=_version(schema),
            measurements=measurements,
            record=record,
            schema=schema,
            origin=origin,
            position=position,
        )


def _version(schema: Any) -> str:
    name = schema.get("name", "") if isinstance(schema, Mapping) else ""
    namespace = schema.get("namespace") or name.rpartition(".")[0] if isinstance(schema, Mapping) else ""
    return namespace.rpartition("lsst.v")[2].replace("_", ".")


def _measurements(record: Mapping[str, Any]) -> Iterator[Measurement]:
    alert = _detection(record["diaSource"])
    if alert is not None:
        yield alert
    for source in record.get("prvDiaSources") or ():
        row = _detection(source, from_history=True)
        if row is not None:
            yield row
    for forced in record.get("prvDiaForcedSources") or ():
        row = _forced(forced)
        if row is not None:
            yield row


def _moment_and_band(row: Mapping[str, Any]) -> dict[str, Any]:
    from tom_astro.bands import band
    from tom_astro.times import mjd_to_datetime

    name = row.get("band")
    return {
        "timestamp": mjd_to_datetime(float(row["midpointMjdTai"]), scale="tai"),
        "bandpass": band(name, survey="lsst").canonical if name else "",
    }


def _fluxes(row: Mapping[str, Any]) -> tuple[float | None, float | None, dict[str, Any]]:
    flux, error = number(row.get("psfFlux")), number(row.get("psfFluxErr"))
    value: dict[str, Any] = {"time_reference": MID_EXPOSURE, "flux_kind": "difference"}
    if flux is not None:
        value |= {"difference_flux": flux, "difference_flux_unit": "nJy"}
    if error is not None:
        value["difference_flux_error"] = error
    total, total_error = number(row.get("scienceFlux")), number(row.get("scienceFluxErr"))
    if total is not None:
        value |= {"total_flux": total, "total_flux_unit": "nJy"}
        if total_error is not None:
            value["total_flux_error"] = total_error
    return flux, error, value


def _detection(row: Mapping[str, Any], *, from_history: bool = False) -> Measurement | None:
    flux, error, value = _fluxes(row)
    if flux is None:
        return None
    reliability = number(row.get("reliability"))
    if reliability is not None:
        value["reliability"] = reliability
    numbers: dict[str, Any] = {}
    if flux > 0 and not row.get("isNegative"):
        value["difference_sign"] = "positive"
        numbers["brightness"] = magnitude_from_flux(flux)
        if error is not None:
            numbers["brightness_error"] = MAGNITUDES_PER_FRACTION * error / flux
    else:
        value["difference_sign"] = "negative"
    return Measurement(
        source_id=str(int(row["diaSourceId"])),
        setup="difference image",
        from_history=from_history,
        value=value,
        **numbers,
        **_moment_and_band(row),
    )


def _forced(row: Mapping[str, Any]) -> Measurement | None:
    flux, error, value = _fluxes(row)
    if flux is None or error is None or error <= 0:
        return None
    value["forced"] = True
    numbers = forced_numbers(flux, error)
    if "limit" in numbers and flux > -DETECTION_SIGMA * error:
        value["limit_sigma"] = LIMIT_SIGMA
    elif "limit" in numbers:
        # Fainter than in the template: neither a brightness nor a limit of one.
        numbers = {}
        value["difference_sign"] = "negative"
    return Measurement(
        source_id=f"forced:{int(row['diaForcedSourceId'])}",
        setup="forced, difference image",
        from_history=True,
        value=value,
        **numbers,
        **_moment_and_band(row),
    )
