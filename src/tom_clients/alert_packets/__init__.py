"""Alert packets of ZTF and of the Rubin Observatory: from files and stream messages to typed packets and measurements. No Django."""

from tom_clients.alert_packets.errors import BadPacket, PacketError, UnknownSchemaError
from tom_clients.alert_packets.lsst import LSSTPacket
from tom_clients.alert_packets.measurement import Measurement
from tom_clients.alert_packets.reading import Packet, encode_packet, packet_from_record, read_packets
from tom_clients.alert_packets.schemas import SchemaStore
from tom_clients.alert_packets.ztf import ZTFPacket

__all__ = [
    "BadPacket",
    "LSSTPacket",
    "Measurement",
    "Packet",
    "PacketError",
    "SchemaStore",
    "UnknownSchemaError",
    "ZTFPacket",
    "encode_packet",
    "packet_from_record",
    "read_packets",
]
