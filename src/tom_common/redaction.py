"""Texts of errors without the secrets of this TOM: what looks like one, and what the settings name as one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings

PLACES = ("BROKERS", "FACILITIES", "HARVESTERS", "DATA_SERVICES", "DATA_SHARING", "ALERT_STREAMS", "DATABASES", "ALERT_CREDENTIALS")
TELLING = ("password", "passwd", "secret", "token", "api_key", "apikey", "access_key", "private_key", "credential", "authorization")


def is_telling(name: Any) -> bool:
    """Whether the value of that name is a secret."""
    plain = str(name).lower().replace("-", "_")
    return plain in {"key", "pwd"} or any(word in plain for word in TELLING)


def _secrets(value: Any, telling: bool = False) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _secrets(item, telling or is_telling(name))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _secrets(item, telling)
    elif telling and isinstance(value, str) and len(value) >= 4:
        yield value


def known_secrets() -> tuple[str, ...]:
    """Keys and passwords that stand in the settings."""
    found = {secret for place in PLACES for secret in _secrets(getattr(settings, place, None))}
    return tuple({*found, *([settings.SECRET_KEY] if settings.SECRET_KEY else [])})


def without_secrets(text: str) -> str:
    from tom_common.http import redact

    return redact(text, known_secrets())


def masked(value: Any) -> Any:
    """JSON for people: values under telling names, and known secrets in texts, are hidden."""
    if isinstance(value, dict):
        return {name: "***" if is_telling(name) and item not in (None, "", [], {}) else masked(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked(item) for item in value]
    return without_secrets(value) if isinstance(value, str) else value
