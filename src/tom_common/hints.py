"""Hints to the person who builds the TOM, shown as messages while HINTS_ENABLED."""

from __future__ import annotations

from typing import Any

from django.contrib import messages

from tom_common.conf import tom_settings


def add_hint(request: Any, hint_text: str, level: int | None = None) -> None:
    """Show a hint on the next page. `level` is a message level (default: HINT_LEVEL)."""
    if tom_settings.HINTS_ENABLED:
        messages.add_message(request, tom_settings.HINT_LEVEL if level is None else level, hint_text, extra_tags="hint", fail_silently=True)
