"""Streams over Kafka. The client library is imported when a stream is opened."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from tom_streams.alertstream import AlertStream, Message, Source


class KafkaAlertStream(AlertStream):
    """Any Kafka server: `URL` are the bootstrap servers, `KAFKA` further settings of the client."""

    required_keys = ("URL", "TOPIC_HANDLERS")
    allowed_keys = (*AlertStream.allowed_keys, "KAFKA")

    def client_settings(self) -> dict[str, Any]:
        settings = {
            "bootstrap.servers": self.options["URL"],
            "group.id": self.options.get("GROUP_ID") or f"opentom-{uuid.uuid4()}",
            "auto.offset.reset": str(self.options.get("START_POSITION") or "latest").lower(),
            "enable.auto.commit": False,
        }
        return settings | dict(self.options.get("KAFKA") or {})

    def open(self) -> Source:
        from confluent_kafka import Consumer

        return KafkaSource(Consumer(self.client_settings()), list(self.handlers))


class HopskotchAlertStream(KafkaAlertStream):
    """SCIMMA's Hopskotch: `USERNAME` and `PASSWORD` are a Hopskotch credential; the group id begins with the user's name."""

    required_keys = ("URL", "USERNAME", "PASSWORD", "TOPIC_HANDLERS")

    def client_settings(self) -> dict[str, Any]:
        user = self.options["USERNAME"]
        url = str(self.options["URL"]).removeprefix("kafka://").strip("/").rpartition("@")[2]
        group = self.options.get("GROUP_ID") or f"{user}-{uuid.uuid4()}"
        return super().client_settings() | {
            "bootstrap.servers": url if ":" in url else f"{url}:9092",
            "group.id": group if group.startswith(f"{user}-") else f"{user}-{group}",
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": user,
            "sasl.password": self.options["PASSWORD"],
        }


class GCNClassicAlertStream(KafkaAlertStream):
    """NASA's General Coordinates Network: a client id and secret."""

    required_keys = ("GCN_CLASSIC_CLIENT_ID", "GCN_CLASSIC_CLIENT_SECRET", "TOPIC_HANDLERS")
    allowed_keys = (*KafkaAlertStream.allowed_keys, "DOMAIN", "CONFIG")

    def open(self) -> Source:
        from gcn_kafka import Consumer

        consumer = Consumer(
            client_id=self.options["GCN_CLASSIC_CLIENT_ID"],
            client_secret=self.options["GCN_CLASSIC_CLIENT_SECRET"],
            domain=self.options.get("DOMAIN") or "gcn.nasa.gov",
            config={"enable.auto.commit": False, **(self.options.get("CONFIG") or {})},
        )
        return KafkaSource(consumer, list(self.handlers))


class KafkaSource:
    """A consumer of confluent-kafka, subscribed."""

    def __init__(self, consumer: Any, topics: list[str]) -> None:
        self.consumer = consumer
        consumer.subscribe(topics)

    def poll(self, most: int, timeout_s: float) -> list[Message]:
        found = []
        for message in self.consumer.consume(most, timeout_s):
            if message.error():
                from confluent_kafka import KafkaException

                raise KafkaException(message.error())
            headers = {name: (value or b"").decode("utf-8", "replace") for name, value in message.headers() or []}
            found.append(
                Message(message.topic(), message.partition(), message.offset(), message.value() or b"", headers, message.timestamp()[1])
            )
        return found

    def commit(self, messages: Sequence[Message]) -> None:
        from confluent_kafka import TopicPartition

        ends: dict[tuple[str, int], int] = {}
        for message in messages:
            key = (message.topic, message.partition)
            ends[key] = max(ends.get(key, 0), message.offset + 1)
        self.consumer.commit(offsets=[TopicPartition(*key, offset) for key, offset in ends.items()], asynchronous=False)

    def close(self) -> None:
        self.consumer.close()
