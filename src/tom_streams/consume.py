"""Read a stream: poll, decode, and one transaction for the effects of a batch, its failures and how far we are; commit to the stream after."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from tom_streams.alertstream import AlertStream, Message
from tom_streams.models import StreamFailure, StreamPosition

logger = logging.getLogger(__name__)

BATCH = 200


@dataclass(slots=True)
class Consumed:
    """What was done with the messages of a stream."""

    handled: int = 0
    known: int = 0
    failed: int = 0


def consume(*, stream: AlertStream, most: int | None = None, idle_s: float | None = None, timeout_s: float = 1.0) -> Consumed:
    """Read until `most` messages were seen, or nothing came for `idle_s` seconds; for ever without both.

    A message is handled once, however often the stream delivers it: what was read stands in the same transaction as what it did.
    """
    done, last = Consumed(), time.monotonic()
    source = stream.open()
    try:
        while most is None or done.handled + done.known + done.failed < most:
            left = BATCH if most is None else min(BATCH, most - done.handled - done.known - done.failed)
            messages = source.poll(left, timeout_s)
            if not messages:
                if idle_s is not None and time.monotonic() - last >= idle_s:
                    break
                continue
            last = time.monotonic()
            handle_batch(stream=stream, messages=messages, done=done)
            source.commit(messages)
    finally:
        source.close()
    return done


@transaction.atomic
def handle_batch(*, stream: AlertStream, messages: Sequence[Message], done: Consumed) -> None:
    """The effects of these messages, their failures and the new positions, all or none."""
    positions: dict[tuple[str, int], StreamPosition] = {}
    batch = Consumed()
    for message in sorted(messages, key=lambda one: (one.topic, one.partition, one.offset)):
        key = (message.topic, message.partition)
        if key not in positions:
            StreamPosition.objects.get_or_create(stream=stream.name, topic=message.topic, partition=message.partition)
            positions[key] = StreamPosition.objects.select_for_update().get(
                stream=stream.name, topic=message.topic, partition=message.partition
            )
        position = positions[key]
        if message.offset < position.next_offset:
            batch.known += 1
            continue
        if _handle(stream, message):
            batch.handled += 1
        else:
            batch.failed += 1
        position.next_offset = message.offset + 1
    for position in positions.values():
        position.save(update_fields=["next_offset", "modified"])
    done.handled, done.known, done.failed = done.handled + batch.handled, done.known + batch.known, done.failed + batch.failed


def _handle(stream: AlertStream, message: Message) -> bool:
    handler = stream.handlers.get(message.topic)
    if handler is None:
        logger.warning("%s: no handler for the topic %s", stream.name, message.topic)
        return True
    try:
        with transaction.atomic():
            handler(stream.decode(message), message)
    except Exception as error:
        logger.warning("%s: a message of %s failed: %s", stream.name, message.topic, error, exc_info=True)
        StreamFailure.objects.get_or_create(
            stream=stream.name,
            topic=message.topic,
            partition=message.partition,
            offset=message.offset,
            defaults={"payload": message.value, "headers": dict(message.headers), "error": f"{type(error).__name__}: {error}"},
        )
        return False
    return True


def replay_failures(*, stream: AlertStream) -> Consumed:
    """Try the failed messages of a stream again; those that work are marked."""
    done = Consumed()
    for failure in StreamFailure.objects.filter(stream=stream.name, replayed=None).order_by("pk"):
        message = Message(failure.topic, failure.partition, failure.offset, bytes(failure.payload), failure.headers)
        try:
            with transaction.atomic():
                stream.handlers[message.topic](stream.decode(message), message)
                StreamFailure.objects.filter(pk=failure.pk).update(replayed=timezone.now(), attempts=F("attempts") + 1)
            done.handled += 1
        except Exception as error:
            StreamFailure.objects.filter(pk=failure.pk).update(attempts=F("attempts") + 1, error=f"{type(error).__name__}: {error}")
            done.failed += 1
    return done
