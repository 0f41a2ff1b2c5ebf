"""Packets of ZTF and Rubin, as the surveys define them: small ones written here, and the recorded ones."""

import io
import math
import struct
from datetime import UTC, datetime, timedelta

import fastavro
import pytest

from tests.tom_clients.packets import lsst_record, write_lsst, write_ztf, ztf_candidate, ztf_forced, ztf_record
from tom_clients.alert_packets import LSSTPacket, PacketError, SchemaStore, UnknownSchemaError, ZTFPacket, encode_packet, read_packets
from tom_clients.alert_packets.measurement import flux_from_magnitude, magnitude_from_flux


def one(data, **kwargs):
    (packet,) = read_packets(data, **kwargs)
    return packet


def test_a_positive_ztf_difference_is_a_brightness_at_the_start_of_the_exposure():
    packet = one(write_ztf(ztf_record(candidate=ztf_candidate(jd=2459000.5, magpsf=18.25, sigmapsf=0.1, isdiffpos="t", fid=2))))
    assert isinstance(packet, ZTFPacket)
    (row,) = packet.measurements
    assert row.brightness == pytest.approx(18.25)
    assert row.brightness_error == pytest.approx(0.1)
    assert row.bandpass == "r"
    assert row.timestamp == datetime(2020, 5, 31, tzinfo=UTC)
    assert row.value["time_reference"] == "exposure start"
    assert row.value["flux_kind"] == "difference"
    assert row.source_id == str(packet.candid)


@pytest.mark.parametrize("sign", ["f", "0"])
def test_a_negative_ztf_difference_is_a_flux_and_no_brightness(sign):
    (row,) = one(write_ztf(ztf_record(candidate=ztf_candidate(magpsf=15.0, sigmapsf=0.05, isdiffpos=sign)))).measurements
    assert row.brightness is None
    assert row.brightness_error is None
    assert row.limit is None
    assert row.value["difference_flux"] == pytest.approx(-flux_from_magnitude(15.0))
    assert row.value["difference_flux_error"] == pytest.approx(0.05 / 1.0857362 * flux_from_magnitude(15.0))
    assert row.value["difference_flux_unit"] == "nJy"
    assert "magnitude" not in row.value


def test_a_previous_candidate_without_candid_is_an_upper_limit():
    previous = [
        ztf_candidate(candid=None, magpsf=None, sigmapsf=None, isdiffpos=None, ra=None, dec=None, diffmaglim=19.5, fid=1, pid=77),
        ztf_candidate(candid=None, magpsf=None, sigmapsf=None, isdiffpos=None, ra=None, dec=None, diffmaglim=math.nan, fid=1, pid=78),
    ]
    alert, limit = one(write_ztf(ztf_record(previous=previous))).measurements
    assert limit.limit == pytest.approx(19.5)
    assert limit.brightness is None
    assert limit.source_id == "limit:77"
    assert limit.bandpass == "g"
    assert limit.value["limit_sigma"] == 5.0
    assert alert.source_id != limit.source_id


def test_null_history_and_nan_magnitudes_are_left_out():
    packet = one(write_ztf(ztf_record(previous=None, candidate=ztf_candidate(magpsf=math.nan))))
    assert packet.measurements == ()


def test_forced_photometry_of_ztf_is_a_detection_a_limit_or_a_negative_flux():
    forced = [
        ztf_forced(flux=1000.0, error=10.0, zero_point=26.0, pid=1),
        ztf_forced(flux=5.0, error=10.0, zero_point=26.0, pid=2),
        ztf_forced(flux=-1000.0, error=10.0, zero_point=26.0, pid=3),
        ztf_forced(flux=1000.0, error=10.0, zero_point=26.0, pid=4, procstatus="56"),
        ztf_forced(flux=-99999.0, error=-99999.0, zero_point=26.0, pid=5),
    ]
    rows = {row.source_id: row for row in one(write_ztf(ztf_record(forced=forced))).measurements if row.value.get("forced")}
    assert set(rows) == {"forced:1", "forced:2", "forced:3"}
    assert rows["forced:1"].brightness == pytest.approx(26.0 - 2.5 * math.log10(1000.0))
    assert rows["forced:1"].brightness_error == pytest.approx(1.0857362 * 0.01)
    assert rows["forced:2"].limit == pytest.approx(26.0 - 2.5 * math.log10(50.0))
    assert (rows["forced:3"].brightness, rows["forced:3"].limit) == (None, None)
    assert rows["forced:3"].value["difference_flux"] < 0


def test_identifiers_of_64_bits_are_never_floats():
    candid = 2**63 - 3
    packet = one(write_ztf(ztf_record(candid=candid)))
    assert packet.candid == candid
    assert packet.measurements[0].source_id == str(candid)
    packet = one(write_lsst(lsst_record(source_id=candid, object_id=candid - 2)))
    assert (packet.dia_source_id, packet.dia_object_id) == (candid, candid - 2)
    assert packet.measurements[0].source_id == str(candid)


def test_a_known_asteroid_near_a_ztf_alert_is_a_reason_to_skip():
    packet = one(write_ztf(ztf_record(candidate=ztf_candidate(ssnamenr="20595", ssdistnr=2.0))))
    assert packet.skip_reason() == "known solar-system object"
    assert packet.skip_reason(solar_system_radius_arcsec=1.0) is None
    for nothing in ("null", "", None):
        assert one(write_ztf(ztf_record(candidate=ztf_candidate(ssnamenr=nothing, ssdistnr=-999.0)))).skip_reason() is None


def test_lsst_times_are_tai_at_mid_exposure():
    (row,) = one(write_lsst(lsst_record(mjd_tai=60902.0))).measurements
    assert row.timestamp == datetime(2025, 8, 15, tzinfo=UTC) - timedelta(seconds=37)
    assert row.value["time_reference"] == "mid-exposure"


def test_lsst_difference_and_total_flux_are_told_apart():
    (row,) = one(write_lsst(lsst_record(flux=1000.0, error=20.0, science_flux=5000.0, science_error=50.0))).measurements
    assert row.brightness == pytest.approx(31.4 - 2.5 * 3)
    assert row.brightness_error == pytest.approx(1.0857362 * 0.02)
    assert row.value["difference_flux"] == pytest.approx(1000.0)
    assert row.value["total_flux"] == pytest.approx(5000.0)
    assert row.value["total_flux_error"] == pytest.approx(50.0)
    (faded,) = one(write_lsst(lsst_record(flux=-1000.0, error=20.0))).measurements
    assert (faded.brightness, faded.limit) == (None, None)
    assert faded.value["difference_flux"] == pytest.approx(-1000.0)


def test_lsst_forced_photometry_is_kept_as_such_and_nothing_else_gives_a_limit():
    record = lsst_record(forced=[(11, 1000.0, 10.0), (12, 5.0, 10.0), (13, None, 10.0)])
    alert, detection, limit = one(write_lsst(record)).measurements
    assert alert.limit is None
    assert (detection.source_id, detection.value["forced"]) == ("forced:11", True)
    assert limit.limit == pytest.approx(31.4 - 2.5 * math.log10(50.0))


def test_lsst_alerts_of_the_solar_system_say_so():
    assert one(write_lsst(lsst_record(object_id=None, ss_object_id=99))).skip_reason() == "known solar-system object"
    assert "DiaObject" in one(write_lsst(lsst_record(object_id=None))).skip_reason()
    assert one(write_lsst(lsst_record())).skip_reason() is None


def test_many_records_in_one_file_and_the_bad_one_is_reported():
    bad = ztf_record(candidate=ztf_candidate(ra=math.nan))
    data = write_ztf(ztf_record(), bad, ztf_record(candid=3))
    found = []
    good = list(read_packets(data, on_error=found.append, origin="night.avro"))
    assert [packet.position for packet in good] == [0, 2]
    (letter,) = found
    assert letter.position == 1
    assert "no usable position" in letter.error
    (again,) = fastavro.reader(io.BytesIO(letter.payload))
    assert again["candid"] == bad["candid"]
    with pytest.raises(PacketError, match="no usable position"):
        list(read_packets(data))


def test_damaged_files_are_reported_with_their_bytes(tmp_path):
    path = tmp_path / "half.avro"
    path.write_bytes(write_ztf(ztf_record())[:-40])
    found = []
    assert list(read_packets(path, on_error=found.append)) == []
    assert found[0].payload == path.read_bytes()
    with pytest.raises(PacketError, match="Not an Avro file"):
        list(read_packets(b"plain text"))
    with pytest.raises(PacketError):
        list(read_packets(b""))


def test_a_packet_can_be_written_again():
    packet = one(write_ztf(ztf_record()))
    assert one(encode_packet(packet)) == packet


def test_the_wire_format_needs_its_schema():
    message = b"\x00" + struct.pack(">I", 900) + b"anything"
    with pytest.raises(UnknownSchemaError, match="schema 900"):
        list(read_packets(message))


def test_flux_and_magnitude_are_inverse():
    assert magnitude_from_flux(flux_from_magnitude(21.3)) == pytest.approx(21.3)
    assert flux_from_magnitude(31.4) == pytest.approx(1.0)


@pytest.mark.recorded
def test_recorded_ztf_packets_of_all_versions(shared_data):
    folder = shared_data / "ztf_alerts"
    versions = {}
    for path in sorted(folder.glob("*.avro")):
        for packet in read_packets(path):
            raw = packet.record
            versions.setdefault(packet.schema_version, 0)
            versions[packet.schema_version] += 1
            assert packet.object_id == raw["objectId"]
            history = raw["prv_candidates"] or []
            assert sum(row.limit is not None and not row.value.get("forced") for row in packet.measurements) == sum(
                item["candid"] is None for item in history
            )
            negatives = [row for row in packet.measurements if row.value.get("difference_sign") == "negative"]
            assert all(row.brightness is None and row.value["difference_flux"] < 0 for row in negatives)
            assert len({row.source_id for row in packet.measurements}) == len(packet.measurements)
    assert {"3.2", "3.3", "4.02"} <= set(versions)
    assert versions["3.3"] == 5


@pytest.mark.recorded
def test_the_recorded_archive_of_ztf_packets(shared_data):
    packets = list(read_packets(shared_data / "ztf_alerts" / "ZTF18abxhyqv_alerts.tar.gz"))
    assert [packet.candid for packet in packets] == [673285273115015035, 879461413115015009, 882463993115015007, 885458643115015010]
    assert {packet.object_id for packet in packets} == {"ZTF18abxhyqv"}
    assert packets[0].measurements[0].bandpass == "i"


@pytest.mark.recorded
def test_a_recorded_rubin_message_in_the_wire_format(shared_data):
    folder = shared_data / "lsst_alerts"
    packet = one(folder / "boom_7912941781254298_wire_v9_0.bin", schemas=SchemaStore([folder]))
    assert isinstance(packet, LSSTPacket)
    assert packet.dia_source_id == 7912941781254298
    assert packet.schema_version == "9.0"
    source = packet.record["diaSource"]
    assert packet.measurements[0].value["difference_flux"] == source["psfFlux"]
    assert packet.measurements[0].source_id == "7912941781254298"
    assert one(encode_packet(packet)) == packet


@pytest.mark.recorded
@pytest.mark.parametrize("version", ["10", "11"])
def test_rubin_sample_packets(shared_data, version):
    packet = one(shared_data / "lsst_alerts" / f"fakeAlert_v{version}_0.avro")
    assert packet.dia_object_id == 281323062375219201
    assert packet.schema_version == f"{version}.0"
    assert packet.measurements[0].brightness == pytest.approx(31.4 - 2.5 * math.log10(1241.0))
    assert packet.measurements[0].bandpass == "r"


@pytest.mark.recorded
def test_a_simulated_packet_of_another_schema_is_refused_with_a_reason(shared_data):
    with pytest.raises(PacketError, match="missing"):
        list(read_packets(shared_data / "lsst_alerts" / "elasticc_alert_obj747_src1494043.avro"))
