"""What is known of a target before it is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class TargetRow:
    """A target as a source gives it. Angles in degrees ICRS; `fields` holds any other column of the target model."""

    name: str
    type: str = "SIDEREAL"
    ra: float | None = None
    dec: float | None = None
    epoch: float | None = None
    aliases: tuple[str, ...] = ()
    extras: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)

    def columns(self) -> dict[str, Any]:
        given = {"name": self.name, "type": self.type, **self.fields}
        for name in ("ra", "dec", "epoch"):
            if getattr(self, name) is not None:
                given[name] = getattr(self, name)
        return given
