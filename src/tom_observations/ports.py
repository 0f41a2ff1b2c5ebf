"""What tom_observations needs of the floor above: a place to keep the files that a facility delivers."""

from __future__ import annotations

from typing import Any, Protocol

from tom_common.errors import TomError


class DataSink(Protocol):
    """Keeps files of observations. Storing the same ``product_id`` twice keeps one product and gives it back."""

    def store(self, record: Any, *, product_id: str | None, filename: str, content: Any, data_product_type: str = "") -> Any:
        """Keep `content` (bytes or a file) under `filename` for the observation record, and return the stored product."""


class PortNotFilledError(TomError):
    code = "port_not_filled"


class Port:
    """A place for one implementation, named by the app that needs it and filled by an app above in its ``ready()``."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._implementation: Any = None

    def fill(self, implementation: Any) -> None:
        self._implementation = implementation

    @property
    def filled(self) -> bool:
        return self._implementation is not None

    def __getattr__(self, attribute: str) -> Any:
        if self._implementation is None:
            raise PortNotFilledError(f"No installed app fills {self._name}: add tom_dataproducts to INSTALLED_APPS to keep data products.")
        return getattr(self._implementation, attribute)


data_sink: Any = Port("tom_observations.ports.data_sink")
