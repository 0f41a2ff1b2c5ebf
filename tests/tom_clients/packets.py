"""Small alert packets with the published schemas' field names, written with fastavro."""

from __future__ import annotations

import io
import itertools
from typing import Any

import fastavro

_numbers = itertools.count(1_000_000_000_000_000_000)

_CANDIDATE = {
    "jd": "double",
    "fid": "int",
    "pid": "long",
    "diffmaglim": ["null", "float"],
    "candid": ["null", "long"],
    "isdiffpos": ["null", "string"],
    "ra": ["null", "double"],
    "dec": ["null", "double"],
    "magpsf": ["null", "double"],
    "sigmapsf": ["null", "double"],
    "rb": ["null", "float"],
    "drb": ["null", "float"],
    "distnr": ["null", "float"],
    "magnr": ["null", "float"],
    "ssdistnr": ["null", "float"],
    "ssnamenr": ["null", "string"],
}
_FORCED = {
    "pid": "long",
    "fid": "int",
    "jd": "double",
    "magzpsci": ["null", "float"],
    "exptime": ["null", "float"],
    "forcediffimflux": ["null", "float"],
    "forcediffimfluxunc": ["null", "float"],
    "procstatus": "string",
}
_SOURCE = {
    "diaSourceId": "long",
    "ssObjectId": ["null", "long"],
    "midpointMjdTai": "double",
    "ra": "double",
    "dec": "double",
    "psfFlux": ["null", "float"],
    "psfFluxErr": ["null", "float"],
    "scienceFlux": ["null", "float"],
    "scienceFluxErr": ["null", "float"],
    "isNegative": ["null", "boolean"],
    "reliability": ["null", "float"],
    "band": ["null", "string"],
}
_FORCED_SOURCE = {
    "diaForcedSourceId": "long",
    "midpointMjdTai": "double",
    "psfFlux": ["null", "float"],
    "psfFluxErr": ["null", "float"],
    "band": ["null", "string"],
}


def _fields(types: dict[str, Any]) -> list[dict]:
    return [{"name": name, "type": kind, **({"default": None} if isinstance(kind, list) else {})} for name, kind in types.items()]


ZTF_SCHEMA = fastavro.parse_schema(
    {
        "type": "record",
        "name": "alert",
        "namespace": "ztf",
        "fields": [
            {"name": "schemavsn", "type": "string"},
            {"name": "publisher", "type": "string"},
            {"name": "objectId", "type": "string"},
            {"name": "candid", "type": "long"},
            {"name": "candidate", "type": {"type": "record", "name": "candidate", "fields": _fields(_CANDIDATE)}},
            {"name": "prv_candidates", "type": ["null", {"type": "array", "items": "ztf.candidate"}], "default": None},
            {
                "name": "fp_hists",
                "type": ["null", {"type": "array", "items": {"type": "record", "name": "fp_hist", "fields": _fields(_FORCED)}}],
                "default": None,
            },
        ],
    }
)
LSST_SCHEMA = fastavro.parse_schema(
    {
        "type": "record",
        "name": "alert",
        "namespace": "lsst.v11_0",
        "fields": [
            {"name": "diaSourceId", "type": "long"},
            {"name": "diaSource", "type": {"type": "record", "name": "diaSource", "fields": _fields(_SOURCE)}},
            {"name": "prvDiaSources", "type": ["null", {"type": "array", "items": "lsst.v11_0.diaSource"}], "default": None},
            {
                "name": "prvDiaForcedSources",
                "type": [
                    "null",
                    {"type": "array", "items": {"type": "record", "name": "diaForcedSource", "fields": _fields(_FORCED_SOURCE)}},
                ],
                "default": None,
            },
            {
                "name": "diaObject",
                "type": [
                    "null",
                    {
                        "type": "record",
                        "name": "diaObject",
                        "fields": _fields({"diaObjectId": "long", "ra": "double", "dec": "double"}),
                    },
                ],
                "default": None,
            },
        ],
    }
)


def ztf_candidate(**changes: Any) -> dict:
    row = {
        "jd": 2459000.75,
        "fid": 1,
        "pid": next(_numbers) // 10**6,
        "diffmaglim": 20.5,
        "candid": next(_numbers),
        "isdiffpos": "t",
        "ra": 150.25,
        "dec": 2.5,
        "magpsf": 18.0,
        "sigmapsf": 0.05,
        "ssnamenr": "null",
        "ssdistnr": -999.0,
    }
    return row | changes


def ztf_record(*, object_id="ZTF24aaaaaaa", candid=None, candidate=None, previous=None, forced=None) -> dict:
    candidate = candidate or ztf_candidate()
    return {
        "schemavsn": "4.02",
        "publisher": "ZTF (www.ztf.caltech.edu)",
        "objectId": object_id,
        "candid": candid or candidate["candid"],
        "candidate": candidate,
        "prv_candidates": previous,
        "fp_hists": forced,
    }


def ztf_forced(*, flux, error, zero_point, pid, procstatus="0", jd=2459000.25, fid=2) -> dict:
    return {
        "pid": pid,
        "fid": fid,
        "jd": jd,
        "magzpsci": zero_point,
        "exptime": 30.0,
        "forcediffimflux": flux,
        "forcediffimfluxunc": error,
        "procstatus": procstatus,
    }


def lsst_record(
    *,
    source_id=None,
    object_id=281323062375219201,
    ss_object_id=None,
    mjd_tai=60902.99,
    ra=351.57,
    dec=0.12,
    flux=1241.0,
    error=12.0,
    science_flux=None,
    science_error=None,
    band="r",
    forced=(),
) -> dict:
    source_id = source_id or next(_numbers)
    return {
        "diaSourceId": source_id,
        "diaSource": {
            "diaSourceId": source_id,
            "ssObjectId": ss_object_id,
            "midpointMjdTai": mjd_tai,
            "ra": ra,
            "dec": dec,
            "psfFlux": flux,
            "psfFluxErr": error,
            "scienceFlux": science_flux,
            "scienceFluxErr": science_error,
            "band": band,
        },
        "prvDiaSources": None,
        "prvDiaForcedSources": [
            {"diaForcedSourceId": key, "midpointMjdTai": mjd_tai - 1, "psfFlux": f, "psfFluxErr": e, "band": band} for key, f, e in forced
        ]
        or None,
        "diaObject": None if object_id is None else {"diaObjectId": object_id, "ra": ra, "dec": dec},
    }


def _write(schema: Any, records: tuple[dict, ...]) -> bytes:
    buffer = io.BytesIO()
    fastavro.writer(buffer, schema, records)
    return buffer.getvalue()


def write_ztf(*records: dict) -> bytes:
    return _write(ZTF_SCHEMA, records)


def write_lsst(*records: dict) -> bytes:
    return _write(LSST_SCHEMA, records)
