"""Fetching the files of an observation and handing them to whoever keeps data products."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit

from tom_common.http import ServiceClient

from ..models import ObservationRecord
from ..ports import data_sink

logger = logging.getLogger(__name__)


def save_facility_products(*, facility: Any, record: ObservationRecord, product_id: str | None = None) -> list:
    """The stored products of the record's files at the facility, or of the one named. A file that is here is not fetched again."""
    offered = facility.data_products(record.observation_id, product_id)
    known = _known(record, [str(item["id"]) for item in offered])
    stored = []
    for item in offered:
        key = str(item["id"])
        if key in known:
            stored.append(known[key])
            continue
        stored.append(data_sink.store(record, product_id=key, filename=item["filename"], content=fetch_file(facility.name, item["url"])))
    return stored


def _known(record: ObservationRecord, product_ids: list[str]) -> dict[str, Any]:
    if not hasattr(record, "dataproduct_set"):
        return {}
    return {str(product.product_id): product for product in record.dataproduct_set.filter(product_id__in=product_ids) if product.data}


def fetch_file(service: str, url: str) -> bytes:
    """The file at an absolute address, which may be signed: it is not logged, and no key is sent along."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(f"{service} gave no address that a file can be fetched from.")
    return ServiceClient(f"{service} files", base_url=f"{parts.scheme}://{parts.netloc}").get(url).content
