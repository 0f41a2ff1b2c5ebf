"""What the search field of the navigation bar offers while one types: each app says what it finds.

>>> register_suggestions("targets", suggest)      # suggest(user, text, limit) -> [Suggestion(label, url, detail), ...]
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

logger = logging.getLogger(__name__)

MOST = 8
FEWEST_LETTERS = 2


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A thing with a page; ``detail`` says why it was found, an alias for instance."""

    label: str
    url: str
    detail: str = ""


Suggest = Callable[[Any, str, int], Iterable[Suggestion]]
_finders: dict[str, Suggest] = {}


def register_suggestions(name: str, finder: Suggest) -> None:
    """Have ``finder(user, text, limit)`` asked; it gives what that user may see. The same name again replaces it."""
    _finders[name] = finder


def suggestions(user: Any, text: str) -> list[Suggestion]:
    """What begins with or holds ``text``, at most a handful; a finder that fails is left out."""
    text = " ".join(text.replace("\x00", "").split())[:200]
    if len(text) < FEWEST_LETTERS:
        return []
    found: list[Suggestion] = []
    for name, finder in _finders.items():
        try:
            found += list(finder(user, text, MOST - len(found)))
        except Exception:
            logger.exception("the finder %s failed", name)
        if len(found) >= MOST:
            break
    return found[:MOST]
