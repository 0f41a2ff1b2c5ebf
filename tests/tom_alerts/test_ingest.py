"""The main line: packets into targets and measurements; a second time changes nothing."""

import io

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from tests.tom_clients.packets import lsst_record, write_lsst, write_ztf, ztf_candidate, ztf_record
from tom_alerts.models import DeadLetter, IngestRecord
from tom_alerts.services import ingest_packets, ingest_source, prune_ingest_records, replay_dead_letters
from tom_clients.alert_packets import read_packets
from tom_dataproducts.models import ReducedDatum
from tom_targets.models import Target
from tom_targets.policy import visible_to

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def packets(*records, write=write_ztf):
    return list(read_packets(write(*records)))


def rows():
    return sorted(ReducedDatum.objects.values_list("target__name", "source_id", "fingerprint", "brightness", "limit"), key=str)


def test_an_alert_becomes_a_target_with_its_photometry_and_limits():
    limit = ztf_candidate(candid=None, magpsf=None, sigmapsf=None, isdiffpos=None, ra=None, dec=None, diffmaglim=19.5, pid=77)
    record = ztf_record(object_id="ZTF24abcdefg", candidate=ztf_candidate(magpsf=18.5, sigmapsf=0.1), previous=[limit])
    report = ingest_packets(packets=packets(record), source="night.avro")
    target = Target.objects.get()
    assert (target.name, target.type, target.ra, target.dec) == ("ZTF24abcdefg", "SIDEREAL", 150.25, 2.5)
    assert report.targets_created == {target.pk}
    assert len(report.data_created) == 2
    detection = ReducedDatum.objects.get(source_id=str(record["candid"]))
    assert detection.brightness == pytest.approx(18.5)
    assert detection.value["magnitude"] == pytest.approx(18.5)
    assert detection.value["filter"] == "g"
    assert detection.value["time_reference"] == "exposure start"
    assert detection.data_type == "photometry"
    assert ReducedDatum.objects.get(source_id="limit:77").value["limit"] == pytest.approx(19.5)
    ledger = IngestRecord.objects.get()
    assert (ledger.packets, ledger.targets_created, ledger.data_created, ledger.survey) == (1, 1, 2, "ztf")


def test_a_negative_difference_has_no_magnitude():
    ingest_packets(packets=packets(ztf_record(candidate=ztf_candidate(isdiffpos="f"))))
    datum = ReducedDatum.objects.get()
    assert datum.brightness is None
    assert "magnitude" not in datum.value
    assert datum.value["difference_flux"] < 0


def test_a_second_ingest_changes_nothing():
    first = ztf_candidate(candid=11, jd=2459000.75, rb=0.9, drb=0.99)
    again = {**first, "drb": None, "magnr": None}
    records = [ztf_record(candidate=first), ztf_record(candidate=ztf_candidate(candid=12, jd=2459002.75), previous=[again])]
    ingest_packets(packets=packets(*records))
    before = rows()
    assert len(before) == 2
    for batch in (records, records[:1], records[1:], records[::-1]):
        report = ingest_packets(packets=packets(*batch))
        assert (report.data_created, report.data_updated) == ([], [])
        assert report.targets_created == set()
        assert rows() == before
    assert ReducedDatum.objects.get(source_id="11").value["drb"] == pytest.approx(0.99)


def test_history_that_came_first_is_replaced_by_the_alert_itself():
    early = ztf_candidate(candid=11, jd=2459000.75, magpsf=18.0, drb=None)
    ingest_packets(packets=packets(ztf_record(candidate=ztf_candidate(candid=12, jd=2459002.75), previous=[early])))
    report = ingest_packets(packets=packets(ztf_record(candidate={**early, "drb": 0.5})))
    assert len(report.data_updated) == 1
    assert ReducedDatum.objects.count() == 2


def test_one_target_by_name_and_by_position():
    near = ztf_candidate(ra=150.25 + 0.5 / 3600, dec=2.5)
    far = ztf_candidate(ra=150.25, dec=2.5 + 10 / 3600)
    report = ingest_packets(
        packets=packets(
            ztf_record(object_id="ZTF24aaaaaaa"),
            ztf_record(object_id="ZTF24bbbbbbb", candidate=near),
            ztf_record(object_id="ZTF24ccccccc", candidate=far),
        )
    )
    assert len(report.targets_created) == 2
    again = ingest_packets(packets=packets(ztf_record(object_id="ztf24 AAAAAAA", candidate=ztf_candidate(ra=10.0))))
    assert again.targets_created == set()
    assert len(again.targets_matched) == 1
    assert Target.objects.count() == 2
    # What was met by its position has the survey's name as an alias, and is found by it wherever it is seen next.
    assert "ZTF24bbbbbbb" in Target.objects.get(name="ZTF24aaaaaaa").names
    moved = ingest_packets(packets=packets(ztf_record(object_id="ZTF24bbbbbbb", candidate=ztf_candidate(ra=20.0))))
    assert moved.targets_matched == {Target.objects.get(name="ZTF24aaaaaaa").pk}


def test_surveys_meet_in_one_target():
    ingest_packets(packets=packets(ztf_record(candidate=ztf_candidate(ra=351.57, dec=0.12))))
    report = ingest_packets(packets=packets(lsst_record(), write=write_lsst))
    assert len(report.targets_matched) == 1
    assert set(ReducedDatum.objects.values_list("source_name", flat=True)) == {"ZTF", "LSST"}
    assert {"LSST 281323062375219201", "281323062375219201"} & set(Target.objects.get().names)


def test_the_solar_system_is_left_out_and_says_so():
    asteroid = ztf_record(candidate=ztf_candidate(ssnamenr="20595", ssdistnr=1.0))
    rubin = lsst_record(object_id=None, ss_object_id=5)
    report = ingest_packets(packets=[*packets(asteroid), *packets(rubin, write=write_lsst)])
    assert Target.objects.count() == ReducedDatum.objects.count() == 0
    assert report.skipped_by_reason == {"known solar-system object": 2}
    assert IngestRecord.objects.get().skipped == {"known solar-system object": 2}


def test_an_asteroid_in_the_history_does_not_enter_the_light_curve():
    passage = ztf_candidate(candid=5, jd=2458990.0, ssnamenr="20595", ssdistnr=0.5)
    ingest_packets(packets=packets(ztf_record(previous=[passage])))
    assert ReducedDatum.objects.filter(source_id="5").count() == 0
    assert ReducedDatum.objects.count() == 1


def test_who_may_see_what_was_ingested():
    group = Group.objects.create(name="Supernovae")
    member, stranger = (get_user_model().objects.create_user(name) for name in ("member", "stranger"))
    member.groups.add(group)
    ingest_packets(packets=packets(ztf_record()), groups=[group], permissions="PRIVATE")
    assert visible_to(member).count() == 1
    assert visible_to(stranger).count() == 0
    assert visible_to(member, "change").count() == 1
    ingest_packets(packets=packets(ztf_record(object_id="ZTF24bbbbbbb", candidate=ztf_candidate(ra=10.0))), permissions="PUBLIC")
    assert visible_to(stranger).count() == 1


def test_a_hidden_target_is_matched_whoever_ingests():
    ingest_packets(packets=packets(ztf_record()), permissions="PRIVATE")
    stranger = get_user_model().objects.create_user("stranger")
    report = ingest_packets(packets=packets(ztf_record()), actor=stranger)
    assert len(report.targets_matched) == 1
    assert visible_to(stranger).count() == 0


def test_one_bad_packet_keeps_back_itself_alone(monkeypatch):
    nowhere = ztf_record(object_id="ZTF24bbbbbbb", candidate=ztf_candidate(ra=float("nan")))
    data = write_ztf(ztf_record(), nowhere, ztf_record(object_id="ZTF24ccccccc", candidate=ztf_candidate(ra=10.0)))
    report = ingest_source(source=data)
    assert len(report.targets_created) == 2
    assert len(report.failed) == 1
    letter = DeadLetter.objects.get()
    assert "no usable position" in letter.error
    ingest_source(source=data)
    letter.refresh_from_db()
    assert DeadLetter.objects.count() == 1
    assert letter.attempts == 2


def test_a_batch_that_fails_is_tried_packet_by_packet_and_replayed_later(monkeypatch):
    from tom_alerts.services import ingest

    real = ingest.create_or_match_targets

    def broken(*, rows, **kwargs):
        if any(row.name == "ZTF24bbbbbbb" for row in rows):
            raise RuntimeError("the disc is full")
        return real(rows=rows, **kwargs)

    data = write_ztf(ztf_record(), ztf_record(object_id="ZTF24bbbbbbb", candidate=ztf_candidate(ra=10.0)))
    with monkeypatch.context() as patched:
        patched.setattr(ingest, "create_or_match_targets", broken)
        report = ingest_source(source=data)
    assert (len(report.targets_created), len(report.failed)) == (1, 1)
    assert "the disc is full" in DeadLetter.objects.get().error
    assert Target.objects.count() == 1
    report = replay_dead_letters()
    assert len(report.targets_created) == 1
    assert DeadLetter.objects.get().replayed is not None
    assert replay_dead_letters().packets == 0


def test_the_number_of_queries_does_not_grow_with_the_alerts_of_an_object(django_assert_max_num_queries):
    def batch(first, count):
        return packets(*(ztf_record(candidate=ztf_candidate(candid=first + i, jd=2459000.5 + i)) for i in range(count)))

    ingest_packets(packets=batch(1, 1))
    with django_assert_max_num_queries(40):
        ingest_packets(packets=batch(100, 50))


def test_the_ledger_is_pruned(settings):
    from datetime import timedelta

    from django.utils import timezone

    ingest_packets(packets=packets(ztf_record()))
    assert prune_ingest_records()["ledger"] == 0
    assert prune_ingest_records(now=timezone.now() + timedelta(days=366))["ledger"] == 1
    settings.ALERT_LEDGER_RETENTION_DAYS = None
    ingest_packets(packets=packets(ztf_record()))
    assert prune_ingest_records(now=timezone.now() + timedelta(days=9999))["ledger"] == 0


def test_the_command(tmp_path):
    (tmp_path / "one.avro").write_bytes(write_ztf(ztf_record()))
    out = io.StringIO()
    call_command("ingestalerts", str(tmp_path), "--public", stdout=out)
    assert "targets: 1 created, 0 matched" in out.getvalue()
    assert Target.objects.get().permissions == "PUBLIC"
    out = io.StringIO()
    call_command("ingestalerts", str(tmp_path / "one.avro"), stdout=out)
    assert "0 created, 0 updated, 1 already there" in out.getvalue()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Name at least one file"),
        (["/nowhere.avro"], "There is no file"),
        (["--group", "Nobody", "--replay"], "There is no group Nobody"),
        (["--user", "nobody", "--replay"], "There is no user nobody"),
    ],
)
def test_the_command_says_what_is_wrong(arguments, message):
    with pytest.raises(CommandError, match=message):
        call_command("ingestalerts", *arguments)


@pytest.mark.recorded
def test_the_recorded_packets_end_to_end(shared_data):
    folders = [str(shared_data / "ztf_alerts"), str(shared_data / "lsst_alerts" / "boom_7912941781254298_wire_v9_0.bin")]
    out = io.StringIO()
    call_command("ingestalerts", *folders, "--schemas", str(shared_data / "lsst_alerts"), stdout=out)
    names = set(Target.objects.values_list("name", flat=True))
    assert {"ZTF18abxhyqv", "ZTF17aaacxxf", "ZTF18abudxnw", "LSST 7912941781254298"} <= names
    assert DeadLetter.objects.count() == 0
    before = rows()
    assert len(before) > 100
    negatives = ReducedDatum.objects.filter(value__difference_sign="negative")
    assert negatives.count() > 10
    assert all(datum.brightness is None and "magnitude" not in datum.value for datum in negatives)
    call_command("ingestalerts", *folders, "--schemas", str(shared_data / "lsst_alerts"), stdout=out)
    assert rows() == before
    assert set(Target.objects.values_list("name", flat=True)) == names


@pytest.mark.recorded
def test_a_recorded_asteroid_makes_no_target(shared_data):
    import json

    from tom_clients.alert_packets import packet_from_record

    record = json.loads((shared_data / "lasair" / "ztf_alert_solar_system.json").read_text())
    report = ingest_packets(packets=[packet_from_record(record)])
    assert report.skipped[0].reason == "known solar-system object"
    assert Target.objects.count() == 0
