"""Events: how a lower floor tells the upper ones that something happened, without knowing them.

``inside`` receivers run in the transaction of the cause; an error of one undoes it all (outbox rows, history, ledgers).
``after_commit`` receivers run once it is committed; their errors are logged, since there is nothing left to undo (live pages,
hooks, task kicks).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Literal

from django.db import DEFAULT_DB_ALIAS, transaction

logger = logging.getLogger(__name__)

Receiver = Callable[..., Any]
When = Literal["inside", "after_commit"]


class Event:
    """One kind of happening. ``ev = Event("target_saved"); ev.connect(receiver, when="after_commit"); ev.send(target_id=1)``."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._inside: list[Receiver] = []
        self._after: list[Receiver] = []

    def __repr__(self) -> str:
        return f"<Event {self.name}>"

    def _receivers(self, when: When) -> list[Receiver]:
        if when == "inside":
            return self._inside
        if when == "after_commit":
            return self._after
        raise ValueError(f"`when` is inside or after_commit, not {when!r}")

    def connect(self, receiver: Receiver | None = None, *, when: When = "after_commit") -> Any:
        """Call `receiver(**payload)` at each sending; also a decorator. Connecting twice is connecting once."""
        receivers = self._receivers(when)
        if receiver is None:
            return lambda function: self.connect(function, when=when)
        if receiver not in receivers:
            receivers.append(receiver)
        return receiver

    def disconnect(self, receiver: Receiver, *, when: When = "after_commit") -> bool:
        receivers = self._receivers(when)
        if receiver in receivers:
            receivers.remove(receiver)
            return True
        return False

    def send(self, *, using: str = DEFAULT_DB_ALIAS, **payload: Any) -> None:
        """Tell the receivers. Must be called inside `transaction.atomic()` on the database `using`."""
        if not transaction.get_connection(using).in_atomic_block:
            raise transaction.TransactionManagementError(
                f"the event {self.name} is sent outside a transaction: its effects could be lost; wrap the cause in transaction.atomic()"
            )
        for receiver in list(self._inside):
            receiver(**payload)
        if self._after:
            transaction.on_commit(lambda: self._run_after(payload), using=using)

    def _run_after(self, payload: dict[str, Any]) -> None:
        for receiver in list(self._after):
            try:
                receiver(**payload)
            except Exception:
                name = getattr(receiver, "__qualname__", repr(receiver))
                logger.exception("%s failed after %s (%s)", name, self.name, ", ".join(sorted(payload)))
