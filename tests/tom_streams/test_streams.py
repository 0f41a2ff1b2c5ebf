"""Streams: what a message does and how far we are stand in one transaction."""

import json

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from tests.tom_clients.packets import write_ztf, ztf_candidate, ztf_record
from tom_dataproducts.models import ReducedDatum
from tom_streams.alertstream import AlertStream, Message, configured_streams, resolve
from tom_streams.consume import consume, replay_failures
from tom_streams.kafka import GCNClassicAlertStream, HopskotchAlertStream, KafkaAlertStream
from tom_streams.models import StreamFailure, StreamPosition
from tom_targets.models import Target

pytestmark = [pytest.mark.django_db, pytest.mark.database]
INGEST = "tom_alerts.stream_handlers.ingest_alert"


class Memory:
    """A source that delivers what it is given, and remembers what was committed."""

    def __init__(self, messages):
        self.messages, self.committed, self.closed = list(messages), [], False

    def poll(self, most, timeout_s):
        batch, self.messages = self.messages[:most], self.messages[most:]
        return batch

    def commit(self, messages):
        self.committed += [message.offset for message in messages]

    def close(self):
        self.closed = True


class MemoryStream(AlertStream):
    messages: list = []

    def open(self):
        self.source = Memory(self.messages)
        return self.source


def message(offset, value, **headers):
    return Message("ztf", 0, offset, value, headers)


@pytest.fixture
def stream(monkeypatch):
    monkeypatch.setattr(MemoryStream, "messages", [])
    return MemoryStream(name="memory", TOPIC_HANDLERS={"ztf": INGEST})


def packet(number):
    return write_ztf(ztf_record(object_id=f"ZTF24aaaaaa{number}", candidate=ztf_candidate(candid=number, ra=10.0 * number)))


def test_messages_are_handled_once_however_often_they_come(stream, monkeypatch):
    monkeypatch.setattr(MemoryStream, "messages", [message(5, packet(1)), message(6, packet(2))])
    done = consume(stream=stream, idle_s=0)
    assert (done.handled, done.known, done.failed) == (2, 0, 0)
    assert stream.source.committed == [5, 6]
    assert stream.source.closed
    assert Target.objects.count() == ReducedDatum.objects.count() == 2
    assert StreamPosition.objects.get().next_offset == 7
    monkeypatch.setattr(MemoryStream, "messages", [message(6, packet(2)), message(7, packet(3))])
    done = consume(stream=stream, idle_s=0)
    assert (done.handled, done.known) == (1, 1)
    assert Target.objects.count() == 3


def test_a_message_that_fails_is_kept_and_replayed(stream, monkeypatch):
    calls = []

    def handler(alert, metadata):
        if not calls:
            calls.append(1)
            raise ValueError("not now")
        Target.objects.create(name=alert.content["name"], type="SIDEREAL", ra=1, dec=2)

    stream.handlers["ztf"] = handler
    monkeypatch.setattr(MemoryStream, "messages", [message(1, json.dumps({"name": "A"}).encode()), message(2, b'{"name": "B"}')])
    done = consume(stream=stream, most=2)
    assert (done.handled, done.failed) == (1, 1)
    assert StreamFailure.objects.get().error == "ValueError: not now"
    assert StreamPosition.objects.get().next_offset == 3
    assert replay_failures(stream=stream).handled == 1
    assert set(Target.objects.values_list("name", flat=True)) == {"A", "B"}
    assert replay_failures(stream=stream).handled == 0


def test_when_the_database_fails_nothing_is_committed_to_the_stream(stream, monkeypatch):
    def broken(self, *args, **kwargs):
        raise RuntimeError("the database is gone")

    monkeypatch.setattr(MemoryStream, "messages", [message(1, packet(1))])
    monkeypatch.setattr(StreamPosition, "save", broken)
    StreamPosition.objects.bulk_create([StreamPosition(stream="memory", topic="ztf", partition=0, next_offset=0)])
    with pytest.raises(RuntimeError):
        consume(stream=stream, most=1)
    assert stream.source.committed == []
    assert stream.source.closed
    assert Target.objects.count() == 0


def test_json_alerts_and_text(stream):
    assert stream.decode(message(1, b'{"a": 1}')).content == {"a": 1}
    assert stream.decode(message(1, b"<xml/>", _format="voevent")).content == b"<xml/>"


def test_the_documented_setting(settings):
    settings.ALERT_STREAMS = [
        {
            "ACTIVE": True,
            "NAME": "tom_alertstreams.alertstreams.hopskotch.HopskotchAlertStream",
            "OPTIONS": {
                "URL": "kafka://kafka.scimma.org/",
                "USERNAME": "me",
                "PASSWORD": "secret",
                "TOPIC_HANDLERS": {"sys.heartbeat": "tom_alertstreams.alertstreams.hopskotch.heartbeat_handler"},
            },
        },
        {"ACTIVE": False, "NAME": "nowhere.Stream", "OPTIONS": {}},
    ]
    (stream,) = configured_streams()
    assert isinstance(stream, HopskotchAlertStream)
    client = stream.client_settings()
    assert client["bootstrap.servers"] == "kafka.scimma.org:9092"
    assert client["group.id"].startswith("me-")
    assert client["enable.auto.commit"] is False
    assert callable(stream.handlers["sys.heartbeat"])


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"OPTIONS": {}}, "no NAME"),
        ({"NAME": "nowhere.Stream"}, "cannot be imported"),
        ({"NAME": "tom_streams.kafka.KafkaAlertStream", "OPTIONS": {"TOPIC_HANDLERS": {"a": INGEST}}}, "lacks URL"),
        (
            {"NAME": "tom_streams.kafka.KafkaAlertStream", "OPTIONS": {"URL": "x", "TOPIC_HANDLERS": {"a": "nowhere.f"}}},
            "cannot be imported",
        ),
        (
            {"NAME": "tom_streams.kafka.KafkaAlertStream", "OPTIONS": {"URL": "x", "TOPIC_HANDLERS": {"a": INGEST}, "Url": 1}},
            "unknown options Url",
        ),
    ],
)
def test_what_is_wrong_with_the_setting_is_said(settings, entry, problem):
    settings.ALERT_STREAMS = [entry]
    with pytest.raises(ImproperlyConfigured, match=problem):
        configured_streams()


def test_kafka_settings():
    stream = KafkaAlertStream(URL="localhost:9092", START_POSITION="EARLIEST", GROUP_ID="g", TOPIC_HANDLERS={"a": INGEST}, KAFKA={"x": 1})
    assert stream.client_settings() == {
        "bootstrap.servers": "localhost:9092",
        "group.id": "g",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "x": 1,
    }
    assert GCNClassicAlertStream(GCN_CLASSIC_CLIENT_ID="a", GCN_CLASSIC_CLIENT_SECRET="b", TOPIC_HANDLERS={"gcn": INGEST}).handlers
    assert resolve(len) is len


def test_the_command(settings, capsys, monkeypatch):
    with pytest.raises(CommandError, match="no active stream"):
        call_command("readstreams")
    settings.ALERT_STREAMS = [
        {"NAME": "tests.tom_streams.test_streams.MemoryStream", "LABEL": "one", "OPTIONS": {"TOPIC_HANDLERS": {"ztf": INGEST}}},
        {"NAME": "tests.tom_streams.test_streams.MemoryStream", "LABEL": "two", "OPTIONS": {"TOPIC_HANDLERS": {"ztf": INGEST}}},
    ]
    with pytest.raises(CommandError, match="Name one"):
        call_command("readstreams")
    with pytest.raises(CommandError, match="no stream three"):
        call_command("readstreams", "three")
    call_command("readstreams", "--list")
    assert "one: ztf" in capsys.readouterr().out
    monkeypatch.setattr(MemoryStream, "messages", [message(1, packet(1)), message(2, b"nonsense")])
    call_command("readstreams", "one", "--max-messages", "2")
    assert "one: 1 handled, 0 known before, 1 failed" in capsys.readouterr().out
