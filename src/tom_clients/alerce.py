"""ALeRCE: objects, light curves and classifiers of ZTF alerts (https://api.alerce.online), and of Rubin's (https://api-lsst.alerce.online)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from tom_common.http import ServiceClient

ZTF_URL = "https://api.alerce.online"
LSST_URL = "https://api-lsst.alerce.online"


class AlerceClient:
    """The ZTF interface. Angles in degrees, radius in arcsec, times MJD (UTC, start of the exposure), magnitudes AB."""

    def __init__(self, base_url: str = ZTF_URL) -> None:
        self.http = ServiceClient("alerce", base_url=base_url)

    def objects(self, parameters: list[tuple[str, Any]] | dict[str, Any]) -> dict[str, Any]:
        """One page: `{items, page, next, has_next, ...}`."""
        return self.http.get_json("/ztf/v1/objects", params=parameters)

    def all_objects(self, parameters: list[tuple[str, Any]], *, max_pages: int = 1, page_size: int = 20) -> Iterator[dict[str, Any]]:
        """The items of up to `max_pages` pages."""
        for page in range(1, max_pages + 1):
            answer = self.objects([*parameters, ("count", "false"), ("page", page), ("page_size", page_size)])
            items = answer.get("items") or []
            yield from items
            # Without a count the service does not always say whether a further page exists.
            if answer.get("has_next") is False or len(items) < page_size:
                return

    def object(self, oid: str) -> dict[str, Any]:
        return self.http.get_json(f"/ztf/v1/objects/{quote(oid, safe='')}")

    def light_curve(self, oid: str) -> dict[str, list[dict[str, Any]]]:
        """`{detections: [...], non_detections: [...]}`."""
        return self.http.get_json(f"/ztf/v1/objects/{quote(oid, safe='')}/lightcurve")

    def forced_photometry(self, oid: str) -> list[dict[str, Any]]:
        return self.http.get_json(f"/v2/lightcurve/forced-photometry/{quote(oid, safe='')}")

    def classifiers(self) -> list[dict[str, Any]]:
        """`[{classifier_name, classifier_version, classes: [...]}]`."""
        return self.http.get_json("/ztf/v1/classifiers")


class AlerceLsstClient:
    """The Rubin interface. Fluxes are nJy of the difference image; identifiers 64-bit integers."""

    def __init__(self, base_url: str = LSST_URL) -> None:
        self.http = ServiceClient("alerce-lsst", base_url=base_url)

    def object(self, oid: int | str) -> dict[str, Any]:
        return self.http.get_json("/object_api/object", params={"survey_id": "lsst", "oid": oid})

    def objects(self, parameters: dict[str, Any]) -> dict[str, Any]:
        return self.http.get_json("/object_api/list_objects", params={"survey_id": "lsst", **parameters})

    def detections(self, oid: int | str) -> list[dict[str, Any]]:
        return self.http.get_json("/lightcurve_api/detections", params={"survey_id": "lsst", "oid": oid})

    def forced_photometry(self, oid: int | str) -> list[dict[str, Any]]:
        return self.http.get_json("/lightcurve_api/forced-photometry", params={"survey_id": "lsst", "oid": oid})
