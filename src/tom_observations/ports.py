"""What tom_observations needs of the floor above: a place to keep the files that a facility delivers."""

from __future__ import annotations

from typing import Any, Protocol

from tom_common.ports import Port, PortNotFilledError


class DataSink(Protocol):
    """Keeps files of observations. Storing the same ``product_id`` twice keeps one product and gives it back."""

    def store(self, record: Any, *, product_id: str | None, filename: str, content: Any, data_product_type: str = "") -> Any:
        """Keep `content` (bytes or a file) under `filename` for the observation record, and return the stored product."""


data_sink: Any = Port("tom_observations.ports.data_sink", filled_by="tom_dataproducts")

__all__ = ["DataSink", "Port", "PortNotFilledError", "data_sink"]
