"""Fills the ports that lower floors own."""

from __future__ import annotations

from typing import Any


class DataSink:
    """Stores the files of an observation as data products (the port `tom_observations.ports.data_sink`)."""

    def store(self, record: Any, *, product_id: str, filename: str, content: Any, data_product_type: str = "") -> Any:
        """The data product for a file of an observation; the known one when `product_id` was stored before."""
        from .services import store_product

        return store_product(
            target=record.target, observation_record=record, product_id=product_id, filename=filename, content=content,
            data_product_type=data_product_type, actor=None, or_existing=True,
        )


def fill_ports() -> None:
    try:
        from tom_observations import ports
    except ImportError:
        return
    port = getattr(ports, "data_sink", None)
    if port is not None and hasattr(port, "fill"):
        port.fill(DataSink())
