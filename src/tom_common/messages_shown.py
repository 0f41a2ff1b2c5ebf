"""Messages as a page shows them: those of one kind together, long lists behind "more"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

SHOWN = 3
LONG = 300
TONES = {
    "error": ("danger", "x-octagon"),
    "warning": ("warning", "exclamation-triangle"),
    "success": ("success", "check-circle"),
    "info": ("info", "info-circle"),
    "debug": ("secondary", "bug"),
}


@dataclass
class MessageGroup:
    """Messages of one kind; ``rest`` are those beyond the first few."""

    tag: str
    is_hint: bool = False
    messages: list[Any] = field(default_factory=list)

    @property
    def shown(self) -> list[Any]:
        return self.messages[:SHOWN]

    @property
    def rest(self) -> list[Any]:
        return self.messages[SHOWN:]

    @property
    def tone(self) -> str:
        return TONES.get(self.tag, TONES["info"])[0]

    @property
    def icon(self) -> str:
        return "lightbulb" if self.is_hint else TONES.get(self.tag, TONES["info"])[1]

    @property
    def is_urgent(self) -> bool:
        return self.tag in ("error", "warning")

    @property
    def is_toast(self) -> bool:
        """What only confirms may vanish by itself."""
        return self.tag == "success" and len(self.messages) == 1 and len(str(self.messages[0])) <= LONG


def grouped(messages: Iterable[Any] | None) -> list[MessageGroup]:
    """Groups in the order in which their first message came. Up to three messages of a kind stand each for themselves."""
    kinds: dict[tuple[str, bool], MessageGroup] = {}
    for message in messages or []:
        is_hint = "hint" in (getattr(message, "extra_tags", "") or "").split()
        tag = getattr(message, "level_tag", "") or "info"
        kinds.setdefault((tag, is_hint), MessageGroup(tag, is_hint)).messages.append(message)
    found: list[MessageGroup] = []
    for group in kinds.values():
        if len(group.messages) <= SHOWN:
            found += [MessageGroup(group.tag, group.is_hint, [message]) for message in group.messages]
        else:
            found.append(group)
    return found
