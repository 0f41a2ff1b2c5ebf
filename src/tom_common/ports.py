"""Ports: what a floor needs of one above it, named below and filled above in ``ready()``.

The app that needs something names it in its ``ports.py``, as a Protocol and a `Port`; an app above fills it:

>>> data_sink: Any = Port("tom_observations.ports.data_sink", filled_by="tom_dataproducts")
>>> data_sink.fill(DataSink())
"""

from __future__ import annotations

from typing import Any

from tom_common.errors import TomError


class PortNotFilledError(TomError):
    """What is asked for is done by an app that is not installed."""

    code = "port_not_filled"


class Port:
    """A place for one implementation; its attributes are those of what fills it."""

    def __init__(self, name: str, *, filled_by: str = "") -> None:
        self._name = name
        self._filled_by = filled_by
        self._implementation: Any = None

    def fill(self, implementation: Any) -> None:
        self._implementation = implementation

    @property
    def filled(self) -> bool:
        return self._implementation is not None

    def __getattr__(self, attribute: str) -> Any:
        if self._implementation is None:
            mend = f": add {self._filled_by} to INSTALLED_APPS" if self._filled_by else ""
            raise PortNotFilledError(f"No installed app fills {self._name}{mend}.")
        return getattr(self._implementation, attribute)
