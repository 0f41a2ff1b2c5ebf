"""Handlers for the setting ALERT_STREAMS: topic to `tom_alerts.stream_handlers.ingest_alert`."""

from __future__ import annotations

from typing import Any

from tom_alerts.services import ingest_packets
from tom_clients.alert_packets import SchemaStore, packet_from_record, read_packets
from tom_common.conf import tom_settings


def ingest_alert(alert: Any, metadata: Any) -> None:
    """Ingest the packets of one message: ZTF's Avro files, Rubin's wire format, or JSON with the same fields.

    :raises PacketError: the message is none of these; the stream keeps it as a failure
    """
    source = f"{getattr(metadata, 'topic', '')}[{getattr(metadata, 'partition', 0)}]@{getattr(metadata, 'offset', '')}"
    if isinstance(alert.content, dict):
        packets = [packet_from_record(alert.content, origin=source)]
    else:
        raw = getattr(alert, "raw", None) or alert.content
        packets = list(read_packets(bytes(raw), schemas=SchemaStore(tom_settings.ALERT_SCHEMA_FOLDERS), origin=source))
    ingest_packets(packets=packets, source=source)
