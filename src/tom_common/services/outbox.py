"""The outbox: what must reach another system, and how far it is.

A sender takes items with `claim`, which commits them as *unknown* before the request is made; after the answer it marks them
*sent*, *refused* or again *to send* (only when it is certain that nothing arrived). If the sender dies between, the item stays
unknown: `claim_unknown` gives it to a sender that first asks the other side by the idempotency key.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from tom_common.errors import ConflictError, InvalidInputError, NotAllowedError
from tom_common.models.outbox import OutboxItem
from tom_common.services.history import plain

State = OutboxItem.State


def put_in_outbox(*, destination: str, kind: str, payload: dict, idempotency_key: str, actor: Any = None) -> OutboxItem:
    """Add an item; the same key again gives the item that is there (and ConflictError if it is about something else)."""
    if not (destination and kind and idempotency_key):
        raise InvalidInputError("an outbox item needs destination, kind and idempotency_key")
    if len(idempotency_key) > 200:
        raise InvalidInputError(f"the idempotency key is longer than 200 characters: {idempotency_key[:40]}...")
    person = actor if actor is not None and getattr(actor, "pk", None) else None
    try:
        with transaction.atomic():
            item, created = OutboxItem.objects.get_or_create(
                idempotency_key=idempotency_key,
                defaults={"destination": destination, "kind": kind, "payload": plain(payload), "actor": person},
            )
    except IntegrityError as error:
        raise ConflictError(f"the outbox refuses {idempotency_key}: {error}") from error
    if not created and (item.destination, item.kind) != (destination, kind):
        raise ConflictError(f"{idempotency_key} is already used for {item.kind} to {item.destination}")
    return item


def sender_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"[:100]


def _take(wanted: Q, limit: int, sender: str, lease: timedelta, count_attempt: bool) -> list[OutboxItem]:
    now = timezone.now()
    with transaction.atomic():
        rows = OutboxItem.objects.filter(wanted).order_by("id")
        if connection.features.has_select_for_update:
            rows = rows.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)
        taken = []
        for item in rows[:limit]:
            # without row locks the state itself is the lock: only one sender can change it
            changes = {
                "state": State.UNKNOWN,
                "claimed_by": sender,
                "claimed_until": now + lease,
                "changed_at": now,
                "attempts": item.attempts + count_attempt,
            }
            same = OutboxItem.objects.filter(pk=item.pk, state=item.state, claimed_until=item.claimed_until)
            if same.update(**changes):
                for name, value in changes.items():
                    setattr(item, name, value)
                taken.append(item)
    return taken


def claim(
    *,
    destination: str | None = None,
    kind: str | None = None,
    limit: int = 50,
    sender: str = "",
    lease: timedelta = timedelta(minutes=10),
) -> list[OutboxItem]:
    """Take due items for sending; they stand as *unknown* until marked."""
    wanted = Q(state=State.TO_SEND, not_before__lte=timezone.now())
    return _take(_narrow(wanted, destination, kind), limit, sender or sender_name(), lease, True)


def claim_item(item: OutboxItem, *, sender: str = "", lease: timedelta = timedelta(minutes=10)) -> OutboxItem | None:
    """Take this one item for sending; None when it is not (any more) to be sent. It stands as *unknown* until marked."""
    taken = _take(Q(pk=item.pk, state=State.TO_SEND), 1, sender or sender_name(), lease, True)
    return taken[0] if taken else None


def claim_unknown(
    *,
    destination: str | None = None,
    kind: str | None = None,
    limit: int = 50,
    sender: str = "",
    lease: timedelta = timedelta(minutes=10),
) -> list[OutboxItem]:
    """Take items whose sender disappeared: look them up at the other side before anything is sent again."""
    wanted = Q(state=State.UNKNOWN) & (Q(claimed_until__lt=timezone.now()) | Q(claimed_until=None))
    return _take(_narrow(wanted, destination, kind), limit, sender or sender_name(), lease, False)


def _narrow(wanted: Q, destination: str | None, kind: str | None) -> Q:
    if destination is not None:
        wanted &= Q(destination=destination)
    if kind is not None:
        wanted &= Q(kind=kind)
    return wanted


def _mark(item: OutboxItem, state: str, **changes: Any) -> None:
    if item.state != State.UNKNOWN:
        raise ConflictError(f"outbox item {item.pk} is {item.get_state_display()}: claim it before marking it")
    changes |= {"state": state, "changed_at": timezone.now(), "claimed_by": "", "claimed_until": None}
    mine = OutboxItem.objects.filter(pk=item.pk, state=State.UNKNOWN, claimed_by=item.claimed_by)
    if not mine.update(**changes):
        raise ConflictError(f"outbox item {item.pk} was taken by another sender")
    for name, value in changes.items():
        setattr(item, name, value)


def mark_sent(item: OutboxItem, *, remote_id: str = "") -> None:
    """It arrived: `remote_id` is what the other side calls it."""
    _mark(item, State.SENT, remote_id=remote_id[:200], last_error="")


def mark_refused(item: OutboxItem, *, error: str) -> None:
    """The other side has said no; sending the same again is of no use."""
    _mark(item, State.REFUSED, last_error=error[:10_000])


def mark_to_send(item: OutboxItem, *, error: str, not_before: datetime | None = None) -> None:
    """Certainly not arrived (no connection, or the look-up did not find it): send again, later each time, at most a day."""
    if not_before is None:
        not_before = timezone.now() + min(timedelta(seconds=30 * 2 ** min(item.attempts, 12)), timedelta(days=1))
    _mark(item, State.TO_SEND, last_error=error[:10_000], not_before=not_before)


def leave_unknown(item: OutboxItem, *, error: str) -> None:
    """Nobody can tell whether it arrived: give up the claim, so that a look-up or a person decides."""
    _mark(item, State.UNKNOWN, last_error=error[:10_000])


def send_due(
    *,
    deliver: Callable[[OutboxItem], str | None],
    destination: str | None = None,
    kind: str | None = None,
    limit: int = 50,
) -> dict[str, int]:
    """Claim due items and give each to `deliver`, which returns the remote id. Counts by outcome.

    An error with `certain_not_sent` (such as ServiceUnavailableError before the connection stood) puts the item back; one with
    `refused` marks it refused; any other leaves it unknown.
    """
    counts = {"sent": 0, "refused": 0, "to_send": 0, "unknown": 0}
    for item in claim(destination=destination, kind=kind, limit=limit):
        try:
            remote_id = deliver(item)
        except Exception as error:
            text = str(error) or type(error).__name__
            if getattr(error, "certain_not_sent", False):
                mark_to_send(item, error=text)
                counts["to_send"] += 1
            elif getattr(error, "refused", False):
                mark_refused(item, error=text)
                counts["refused"] += 1
            else:
                leave_unknown(item, error=text)
                counts["unknown"] += 1
        else:
            mark_sent(item, remote_id=remote_id or "")
            counts["sent"] += 1
    return counts


def waiting(*, destination: str | None = None) -> QuerySet[OutboxItem]:
    """What is not at its end: to send, or unknown."""
    return OutboxItem.objects.filter(_narrow(Q(state__in=[State.TO_SEND, State.UNKNOWN]), destination, None))


# --- what people do about items ----------------------------------------------------------------------------------------
_sent_by_itself: set[str] = set()


def register_sender(kind: str) -> None:
    """Items of that kind are sent by a periodic job: one that is *to send* again goes out by itself."""
    _sent_by_itself.add(kind)


def visible_items(user: Any) -> QuerySet[OutboxItem]:
    """Superusers see every item, others those that they caused."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return OutboxItem.objects.none()
    return OutboxItem.objects.all() if user.is_superuser else OutboxItem.objects.filter(actor=user)


def settlements(user: Any, item: OutboxItem) -> list[tuple[str, str]]:
    """What a person may decide about the item: (state, words). One that is being sent, or has arrived, is at nobody's choice."""
    if not (user.is_superuser or (item.actor_id is not None and item.actor_id == user.pk)):
        return []
    if item.state == State.UNKNOWN and (item.claimed_until is None or item.claimed_until < timezone.now()):
        found: list[tuple[str, str]] = [(State.SENT, "It arrived"), (State.REFUSED, "It did not arrive; let it be")]
        return [*found, (State.TO_SEND, "It did not arrive; send it again")] if item.kind in _sent_by_itself else found
    if item.state == State.REFUSED and item.kind in _sent_by_itself:
        return [(State.TO_SEND, "Send it again")]
    if item.state == State.TO_SEND:
        now: list[tuple[str, str]] = [(State.TO_SEND, "Send it now")] if item.kind in _sent_by_itself and item.not_before > timezone.now() else []
        return [*now, (State.REFUSED, "Do not send it")]
    return []


@transaction.atomic
def settle(*, actor: Any, item: OutboxItem, state: str, remote_id: str = "") -> None:
    """A person decides about an item, and history keeps it. ConflictError when that is not (any more) theirs to decide.

    NotAllowedError: the item is somebody else's.
    """
    from tom_common.services.history import record_history

    if not (actor.is_superuser or (item.actor_id is not None and item.actor_id == actor.pk)):
        raise NotAllowedError("Only who caused it, or an administrator, may do this.")
    rows = OutboxItem.objects.filter(pk=item.pk)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    current = rows.get()
    if state not in [offered for offered, _ in settlements(actor, current)]:
        raise ConflictError(f"This item is {current.get_state_display()}: that cannot be decided now. Look at it again.")
    now = timezone.now()
    changes: dict[str, Any] = {"state": state, "changed_at": now, "claimed_by": "", "claimed_until": None}
    if state == State.SENT:
        changes["remote_id"] = (remote_id.replace("\x00", "").strip() or current.remote_id)[:200]
    if state == State.TO_SEND:
        changes["not_before"] = now
    same = OutboxItem.objects.filter(pk=item.pk, state=current.state, claimed_by=current.claimed_by, changed_at=current.changed_at)
    if not same.update(**changes):
        raise ConflictError("Somebody else has changed this item meanwhile. Look at it again.")
    for name, value in changes.items():
        setattr(item, name, value)
    record_history(
        actor=actor, verb="settled", obj=item, before={"state": current.state, "remote_id": current.remote_id},
        after={"state": state, "remote_id": changes.get("remote_id", current.remote_id)},
    )  # fmt: skip
