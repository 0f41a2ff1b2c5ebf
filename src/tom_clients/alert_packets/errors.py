"""What can be wrong with an alert packet."""

from __future__ import annotations

from dataclasses import dataclass


class PacketError(ValueError):
    """A packet, or a file of packets, that cannot be read as its survey defines it."""


class UnknownSchemaError(PacketError):
    """A packet in the Kafka wire format whose schema is not at hand."""


@dataclass(frozen=True, slots=True)
class BadPacket:
    """A packet that could not be decoded: where it stood, its bytes (a whole file if no record could be cut out), and why."""

    origin: str
    position: int
    payload: bytes
    error: str
