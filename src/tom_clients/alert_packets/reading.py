"""From files, archives, byte strings and stream messages to packets."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from tom_clients.alert_packets.errors import BadPacket, PacketError
from tom_clients.alert_packets.lsst import LSSTPacket
from tom_clients.alert_packets.schemas import SchemaStore
from tom_clients.alert_packets.ztf import ZTFPacket

Packet = ZTFPacket | LSSTPacket
OnError = Callable[[BadPacket], None]

AVRO_MAGIC = b"Obj\x01"
GZIP_MAGIC = b"\x1f\x8b"
SYNC_MARKER = b"alert packet one"  # fixed, so that the same packet is always written as the same bytes
LARGEST_WIRE_MESSAGE = 64 * 1024 * 1024


def packet_from_record(record: dict, *, survey: str | None = None, schema: Any = None, origin: str = "", position: int = 0) -> Packet:
    """A typed packet from a decoded Avro (or JSON) record; the survey is known by the record's fields unless it is given.

    :raises PacketError: the record is of neither survey, or lacks what its schema promises
    """
    kind = survey or ("ztf" if "candidate" in record and "objectId" in record else "lsst" if "diaSource" in record else None)
    if kind == "ztf":
        return ZTFPacket.from_record(record, schema=schema, origin=origin, position=position)
    if kind == "lsst":
        return LSSTPacket.from_record(record, schema=schema, origin=origin, position=position)
    raise PacketError(f"Neither a ZTF nor a Rubin packet: its fields are {', '.join(sorted(map(str, record)))[:200]}.")


def encode_packet(packet: Packet) -> bytes:
    """The packet as an Avro object container file of one record, so that it can be kept and read again."""
    import fastavro

    if packet.schema is None:
        raise PacketError("This packet came without its schema.")
    buffer = io.BytesIO()
    fastavro.writer(buffer, packet.schema, [packet.record], sync_marker=SYNC_MARKER)
    return buffer.getvalue()


def read_packets(
    source: str | Path | bytes | IO[bytes],
    *,
    survey: str | None = None,
    schemas: SchemaStore | None = None,
    origin: str = "",
    on_error: OnError | None = None,
) -> Iterator[Packet]:
    """Packets one after the other; a file is never held in memory as a whole.

    :param source: a path, bytes or an open binary file: an Avro object container file with one or many records, a (gzipped) tar of such
        files, a gzipped one, or one message in the Confluent wire format (a zero byte, the schema's number, the record)
    :param survey: "ztf" or "lsst"; found from the record when None
    :param on_error: called with each packet that cannot be read, which is then passed over; without it the first one raises
    :raises PacketError: a packet cannot be read and `on_error` is None
    """
    reader = _Reader(survey=survey, schemas=schemas or SchemaStore(), on_error=on_error)
    if isinstance(source, str | Path):
        path = Path(source)
        with path.open("rb") as stream:
            yield from reader.read(stream, origin or str(path))
    elif isinstance(source, bytes | bytearray | memoryview):
        yield from reader.read(io.BytesIO(bytes(source)), origin)
    else:
        yield from reader.read(source, origin or str(getattr(source, "name", "")))


class _Reader:
    def __init__(self, *, survey: str | None, schemas: SchemaStore, on_error: OnError | None) -> None:
        self.survey, self.schemas, self.on_error = survey, schemas, on_error
        self.position = 0

    def read(self, stream: IO[bytes], origin: str) -> Iterator[Packet]:
        if not stream.seekable():
            stream = io.BytesIO(stream.read())
        start = stream.tell()
        head = stream.read(4)
        stream.seek(start)
        if head == AVRO_MAGIC:
            yield from self._container(stream, origin)
        elif head[:1] == b"\x00" and len(head) == 4:
            yield from self._wire(stream.read(LARGEST_WIRE_MESSAGE), origin)
        elif _is_tar(stream):
            yield from self._tar(stream, origin)
        elif head[:2] == GZIP_MAGIC:
            yield from self._gzip(stream, origin)
        else:
            self._bad(stream, start, origin, "Not an Avro file, a tar of such, nor a message in the Kafka wire format.")

    def _container(self, stream: IO[bytes], origin: str) -> Iterator[Packet]:
        import fastavro

        start = stream.tell()
        try:
            records = fastavro.reader(stream)
            schema = records.writer_schema
        except Exception as error:
            self._bad(stream, start, origin, f"Damaged Avro file: {error}")
            return
        while True:
            try:
                record = next(records)
            except StopIteration:
                return
            except Exception as error:
                self._bad(stream, start, origin, f"Damaged Avro file after {self.position} records: {error}")
                return
            packet = self._packet(record, schema, origin)
            if packet is not None:
                yield packet

    def _wire(self, message: bytes, origin: str) -> Iterator[Packet]:
        import fastavro

        try:
            if len(message) < 6:
                raise PacketError("The message is too short.")
            schema = self.schemas.get(struct.unpack(">I", message[1:5])[0])
            record = fastavro.schemaless_reader(io.BytesIO(message[5:]), schema, None)
        except Exception as error:
            self._report(BadPacket(origin, self.position, message, str(error) or repr(error)), error)
            self.position += 1
            return
        packet = self._packet(record, schema, origin)
        if packet is not None:
            yield packet

    def _tar(self, stream: IO[bytes], origin: str) -> Iterator[Packet]:
        with tarfile.open(fileobj=stream, mode="r|*") as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isfile() else None
                if content is not None:
                    yield from self.read(io.BytesIO(content.read()), f"{origin}:{member.name}")

    def _gzip(self, stream: IO[bytes], origin: str) -> Iterator[Packet]:
        start = stream.tell()
        try:
            with gzip.open(stream) as unpacked:
                content = io.BytesIO(unpacked.read())
        except (OSError, EOFError) as error:
            self._bad(stream, start, origin, f"Damaged gzip file: {error}")
            return
        yield from self.read(content, origin)

    def _packet(self, record: dict, schema: Any, origin: str) -> Packet | None:
        position, self.position = self.position, self.position + 1
        try:
            return packet_from_record(record, survey=self.survey, schema=schema, origin=origin, position=position)
        except Exception as error:
            self._report(BadPacket(origin, position, _encode(record, schema), str(error) or repr(error)), error)
            return None

    def _bad(self, stream: IO[bytes], start: int, origin: str, error: str) -> None:
        stream.seek(start)
        self._report(BadPacket(origin, self.position, stream.read(), error), PacketError(f"{origin}: {error}"))
        self.position += 1

    def _report(self, bad: BadPacket, error: Exception) -> None:
        if self.on_error is None:
            raise error if isinstance(error, PacketError) else PacketError(f"{bad.origin}: {bad.error}") from error
        self.on_error(bad)


def _is_tar(stream: IO[bytes]) -> bool:
    start = stream.tell()
    try:
        return tarfile.is_tarfile(stream)  # type: ignore[arg-type]
    except Exception:
        return False
    finally:
        stream.seek(start)


def _encode(record: dict, schema: Any) -> bytes:
    import fastavro

    buffer = io.BytesIO()
    try:
        fastavro.writer(buffer, schema, [record], sync_marker=SYNC_MARKER)
    except Exception:
        return b""
    return buffer.getvalue()
