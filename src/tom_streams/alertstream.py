"""The interface of a stream, what its handlers are given, and the streams that the setting ALERT_STREAMS names."""

from __future__ import annotations

import json
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from tom_common.conf import tom_settings

logger = logging.getLogger(__name__)

PUBLISHED_PATHS = {
    "tom_alertstreams.alertstreams.hopskotch.HopskotchAlertStream": "tom_streams.kafka.HopskotchAlertStream",
    "tom_alertstreams.alertstreams.gcn.GCNClassicAlertStream": "tom_streams.kafka.GCNClassicAlertStream",
    "tom_alertstreams.alertstreams.hopskotch.heartbeat_handler": "tom_streams.handlers.heartbeat_handler",
    "tom_alertstreams.alertstreams.hopskotch.alert_logger": "tom_streams.handlers.alert_logger",
    "tom_alertstreams.alertstreams.gcn.alert_logger": "tom_streams.handlers.alert_logger",
}
"""Paths of the published package that projects' settings hold; ours serve them where it is not installed."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as the stream gave it."""

    topic: str
    partition: int
    offset: int
    value: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    timestamp_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """What a handler is given: `content` is the decoded message where its format is known, else its bytes; `raw` always the bytes."""

    content: Any
    raw: bytes
    format: str


class Source(Protocol):
    """An open stream."""

    def poll(self, most: int, timeout_s: float) -> Sequence[Message]: ...

    def commit(self, messages: Sequence[Message]) -> None: ...

    def close(self) -> None: ...


class AlertStream(ABC):
    """A stream of messages; each topic has a handler `(alert, metadata)`, which runs in the transaction that notes the message as read."""

    required_keys: tuple[str, ...] = ("TOPIC_HANDLERS",)
    allowed_keys: tuple[str, ...] = ("URL", "USERNAME", "PASSWORD", "GROUP_ID", "START_POSITION", "TOPIC_HANDLERS")

    def __init__(self, *, name: str = "", **options: Any) -> None:
        missing = [key for key in self.required_keys if not options.get(key)]
        unknown = sorted(set(options) - set(self.allowed_keys) - set(self.required_keys))
        if missing or unknown:
            what = f"lacks {', '.join(missing)}" if missing else f"has unknown options {', '.join(unknown)}"
            raise ImproperlyConfigured(f"The stream {name or type(self).__name__} in ALERT_STREAMS {what}.")
        self.name = name or type(self).__name__
        self.options = options
        self.handlers = {topic: resolve(path) for topic, path in options["TOPIC_HANDLERS"].items()}

    @abstractmethod
    def open(self) -> Source:
        """Connect and subscribe to the topics that have handlers."""

    def decode(self, message: Message) -> Alert:
        """JSON where the message says so or begins like it; else the bytes."""
        kind = message.headers.get("_format", "")
        if kind in ("", "json") and message.value[:1] in (b"{", b"["):
            return Alert(json.loads(message.value), message.value, "json")
        return Alert(message.value, message.value, kind or "bytes")


def resolve(path: str | Callable) -> Any:
    """The class or function of a dotted path, also of a published one.

    :raises ImproperlyConfigured: it cannot be imported
    """
    if callable(path):
        return path
    try:
        return import_string(path)
    except ImportError as error:
        if path in PUBLISHED_PATHS:
            return import_string(PUBLISHED_PATHS[path])
        raise ImproperlyConfigured(f"{path}, which ALERT_STREAMS names, cannot be imported: {error}") from error


def configured_streams() -> list[AlertStream]:
    """The active streams of the setting ALERT_STREAMS.

    :raises ImproperlyConfigured: an entry is incomplete or names what cannot be imported
    """
    streams = []
    for number, entry in enumerate(tom_settings.ALERT_STREAMS or []):
        if not entry.get("ACTIVE", True):
            continue
        if "NAME" not in entry:
            raise ImproperlyConfigured(f"Entry {number} of ALERT_STREAMS has no NAME.")
        label = entry.get("LABEL") or f"{entry['NAME'].rpartition('.')[2]}"
        streams.append(resolve(entry["NAME"])(name=label, **entry.get("OPTIONS", {})))
    return streams
