"""Writes the demo's alert packets, in the surveys' published schemas, from the measurements in `alerts/`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tom_setup.demo.schemas import LSST_DIA_OBJECT, LSST_DIA_SOURCE, ZTF_CANDIDATE, ZTF_NO_VALUE, ZTF_PRV_CANDIDATE, lsst_alert, ztf_alert

ALERTS = Path(__file__).parent / "alerts"


def write_packets(folder: Path) -> list[Path]:
    """One Avro object container a file of `alerts/`; returns what was written."""
    import fastavro

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for source in sorted(ALERTS.glob("*.json")):
        content = json.loads(source.read_text())
        ztf = source.name.startswith("ztf_")
        schema, packets = (ztf_alert(), ztf_packets(content)) if ztf else (lsst_alert(), lsst_packets(content))
        path = folder / f"{source.stem}.avro"
        with path.open("wb") as stream:
            fastavro.writer(stream, fastavro.parse_schema(schema), packets, codec="deflate")
        written.append(path)
    return written


def ztf_packets(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """One packet for each detection, with what was known by then as its history, as the survey sends them."""
    detections, limits = content["detections"], content["non_detections"]
    for index, detection in enumerate(detections):
        history = [_ztf_row(d, ZTF_PRV_CANDIDATE) for d in detections[:index]]
        history += [_ztf_row(limit, ZTF_PRV_CANDIDATE) for limit in limits if limit["mjd"] < detection["mjd"]]
        yield {
            "schemavsn": "4.02",
            "publisher": "OpenTOM demo, from ZTF measurements",
            "objectId": content["objectId"],
            "candid": int(detection["candid"]),
            "candidate": _ztf_row(detection, ZTF_CANDIDATE),
            "prv_candidates": sorted(history, key=lambda row: row["jd"]) or None,
        }


def lsst_packets(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    sources = sorted((_filled(s, LSST_DIA_SOURCE) for s in content["diaSources"]), key=lambda s: s["midpointMjdTai"])
    for index, source in enumerate(sources):
        yield {
            "diaSourceId": source["diaSourceId"],
            "diaSource": source,
            "prvDiaSources": sources[:index] or None,
            "diaObject": _filled(content["diaObject"], LSST_DIA_OBJECT),
        }


def _ztf_row(measured: dict[str, Any], groups: dict[str, str]) -> dict[str, Any]:
    known = {**measured, "jd": measured["mjd"] + 2400000.5}
    if known.get("candid") is not None:
        known["candid"] = int(known["candid"])
    return _filled(
        known,
        groups,
        missing={"double": float(ZTF_NO_VALUE), "float": float(ZTF_NO_VALUE), "int": ZTF_NO_VALUE, "long": ZTF_NO_VALUE, "string": ""},
    )


def _filled(known: dict[str, Any], groups: dict[str, str], missing: dict[str, Any] | None = None) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for kind, names in groups.items():
        for name in names.split():
            value = known.get(name)
            if value is None and not kind.startswith("?"):
                if missing is None:
                    raise ValueError(f"the published schema needs {name}, which the source does not hold")
                value = missing[kind]
            row[name] = _typed(value, kind.lstrip("?"))
    return row


def _typed(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind in ("float", "double"):
        return float(value)
    if kind in ("int", "long"):
        return int(value)
    return bool(value) if kind == "boolean" else str(value)


def load_objects() -> Iterable[dict[str, Any]]:
    return json.loads((Path(__file__).parent / "objects.json").read_text())
