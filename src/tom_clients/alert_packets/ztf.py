"""ZTF alert packets, schemas 1.8 to 4.02.

Facts used, from the schema's own documentation: `jd` is the *start* of the exposure (UTC); `magpsf` is measured on the difference image;
`isdiffpos` t/1 is science minus reference, f/0 reference minus science, so that the magnitude of the latter is that of the flux which is
*missing*; `ssnamenr` is the nearest known solar-system object within 30 arcsec; a previous candidate without `candid` is a non-detection
with its 5-sigma limit `diffmaglim`; `fp_hists` (4.01 and later) is forced photometry in DN with its zero point `magzpsci`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from tom_clients.alert_packets.errors import PacketError
from tom_clients.alert_packets.measurement import (
    AB_ZERO_POINT_NJY,
    DETECTION_SIGMA,
    EXPOSURE_START,
    LIMIT_SIGMA,
    MAGNITUDES_PER_FRACTION,
    Measurement,
    flux_from_magnitude,
    forced_numbers,
    number,
)

FILTERS = {1: "g", 2: "r", 3: "i"}
POSITIVE = {"t", "1", 1}
NEGATIVE = {"f", "0", 0, "-1", -1}


@dataclass(frozen=True, slots=True)
class ZTFPacket:
    """One ZTF alert: its object, place (degrees, ICRS) and measurements, the newest first."""

    survey: ClassVar[str] = "ztf"
    source_name: ClassVar[str] = "ZTF"
    telescope: ClassVar[str] = "P48"
    instrument: ClassVar[str] = "ZTF"

    object_id: str
    candid: int
    ra_deg: float
    dec_deg: float
    schema_version: str
    measurements: tuple[Measurement, ...]
    solar_system_name: str | None = None
    solar_system_distance_arcsec: float | None = None
    record: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    schema: Any = field(default=None, repr=False, compare=False)
    origin: str = field(default="", compare=False)
    position: int = field(default=0, compare=False)

    @property
    def alert_id(self) -> str:
        return str(self.candid)

    @property
    def name(self) -> str:
        return self.object_id

    @property
    def aliases(self) -> tuple[str, ...]:
        return ()

    def skip_reason(self, solar_system_radius_arcsec: float = 30.0) -> str | None:
        """Why this alert is not one of a sidereal object, or None."""
        if self.solar_system_name and (
            self.solar_system_distance_arcsec is None or self.solar_system_distance_arcsec <= solar_system_radius_arcsec
        ):
            return "known solar-system object"
        return None

    @classmethod
    def from_record(cls, record: Mapping[str, Any], *, schema: Any = None, origin: str = "", position: int = 0) -> ZTFPacket:
        """Read a decoded Avro record.

        :raises PacketError: something that the schema promises is not there
        """
        try:
            candidate = record["candidate"]
            object_id, candid = record["objectId"], int(record["candid"])
            ra, dec = number(candidate["ra"]), number(candidate["dec"])
        except (KeyError, TypeError, ValueError) as error:
            raise PacketError(f"Not a ZTF packet: {error!r} is missing or has the wrong type.") from error
        if not object_id:
            raise PacketError("The ZTF packet names no object.")
        if ra is None or dec is None or not (0 <= ra <= 360 and -90 <= dec <= 90):
            raise PacketError(f"The ZTF packet {object_id} has no usable position: ra {candidate['ra']}, dec {candidate['dec']}.")
        name, distance = _solar_system(candidate)
        return cls(
            object_id=object_id,
            candid=candid,
            ra_deg=ra % 360.0,
            dec_deg=dec,
            schema_version=str(record.get("schemavsn") or ""),
            measurements=tuple(_measurements(record)),
            solar_system_name=name,
            solar_system_distance_arcsec=distance,
            record=record,
            schema=schema,
            origin=origin,
            position=position,
        )


def _solar_system(candidate: Mapping[str, Any]) -> tuple[str | None, float | None]:
    name = str(candidate.get("ssnamenr") or "").strip()
    if not name or name.lower() in ("null", "none", "nan"):
        return None, None
    distance = number(candidate.get("ssdistnr"))
    return name, distance if distance is not None and distance >= 0 else None


def _measurements(record: Mapping[str, Any]) -> Iterator[Measurement]:
    alert = _detection({**record["candidate"], "candid": record["candid"]})
    if alert is not None:
        yield alert
    for previous in record.get("prv_candidates") or ():
        row = _detection(previous, from_history=True) if previous.get("candid") is not None else _limit(previous)
        if row is not None:
            yield row
    for forced in record.get("fp_hists") or ():
        row = _forced(forced)
        if row is not None:
            yield row


def _moment_and_band(row: Mapping[str, Any]) -> dict[str, Any]:
    from tom_astro.bands import band
    from tom_astro.times import jd_to_datetime

    try:
        name = FILTERS[row["fid"]]
    except KeyError as error:
        raise PacketError(f"Unknown ZTF filter {row.get('fid')!r}.") from error
    return {"timestamp": jd_to_datetime(float(row["jd"]), scale="utc"), "bandpass": band(name, survey="ztf").canonical}


def _detection(row: Mapping[str, Any], *, from_history: bool = False) -> Measurement | None:
    """A detection on the difference image; None for one without a magnitude."""
    magnitude, error = number(row.get("magpsf")), number(row.get("sigmapsf"))
    if magnitude is None:
        return None
    asteroid, distance_to_asteroid = _solar_system(row)
    sign = row.get("isdiffpos")
    value: dict[str, Any] = {"time_reference": EXPOSURE_START, "flux_kind": "difference"}
    for key in ("rb", "drb"):
        score = number(row.get(key))
        if score is not None:
            value[key] = score
    reference, distance = number(row.get("magnr")), number(row.get("distnr"))
    if reference is not None and distance is not None:
        value["reference_magnitude"], value["reference_distance_arcsec"] = reference, distance
    if asteroid:
        value["solar_system_name"] = asteroid
    numbers: dict[str, Any] = {}
    if sign in POSITIVE:
        value["difference_sign"] = "positive"
        numbers = {"brightness": magnitude, "brightness_error": error}
    elif sign in NEGATIVE:
        value["difference_sign"] = "negative"
        value["difference_flux"] = -flux_from_magnitude(magnitude)
        if error is not None:
            value["difference_flux_error"] = flux_from_magnitude(magnitude) * error / MAGNITUDES_PER_FRACTION
        value["difference_flux_unit"] = "nJy"
    else:
        raise PacketError(f"Unknown value of isdiffpos: {sign!r}.")
    return Measurement(
        source_id=str(int(row["candid"])),
        exposure_s=number(row.get("exptime")),
        setup="difference image",
        from_history=from_history,
        solar_system_distance_arcsec=(distance_to_asteroid or 0.0) if asteroid else None,
        value=value,
        **numbers,
        **_moment_and_band(row),
    )


def _limit(row: Mapping[str, Any]) -> Measurement | None:
    limit = number(row.get("diffmaglim"))
    if limit is None:
        return None
    image = number(row.get("pid"))  # -999 where the survey has no number
    return Measurement(
        source_id=f"limit:{int(row['pid'])}" if image is not None and image > 0 else f"limit:{row['fid']}:{float(row['jd']):.7f}",
        limit=limit,
        from_history=True,
        exposure_s=number(row.get("exptime")),
        setup="difference image",
        value={"time_reference": EXPOSURE_START, "flux_kind": "difference", "limit_sigma": 5.0},
        **_moment_and_band(row),
    )


def _forced(row: Mapping[str, Any]) -> Measurement | None:
    flux, error, zero_point = (number(row.get(key)) for key in ("forcediffimflux", "forcediffimfluxunc", "magzpsci"))
    if flux is None or error is None or zero_point is None or error <= 0 or str(row.get("procstatus", "0")) != "0":
        return None
    scale = 10.0 ** ((AB_ZERO_POINT_NJY - zero_point) / 2.5)
    flux_njy, error_njy = flux * scale, error * scale
    numbers = forced_numbers(flux_njy, error_njy)
    value = {
        "time_reference": EXPOSURE_START,
        "flux_kind": "difference",
        "forced": True,
        "difference_flux": flux_njy,
        "difference_flux_error": error_njy,
        "difference_flux_unit": "nJy",
    }
    if "limit" in numbers and flux_njy > -DETECTION_SIGMA * error_njy:
        value["limit_sigma"] = LIMIT_SIGMA
    elif "limit" in numbers:
        # Fainter than in the reference: neither a brightness nor a limit of one.
        numbers = {}
        value["difference_sign"] = "negative"
    return Measurement(
        source_id=f"forced:{int(row['pid'])}",
        exposure_s=number(row.get("exptime")),
        setup="forced, difference image",
        from_history=True,
        value=value,
        **numbers,
        **_moment_and_band(row),
    )
