"""What stands in the demo's files stands in the TOM: every object, measurement, limit and spectrum."""

import csv
import json
import math
from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.utils.html import escape

from tom_alerts.models import DeadLetter
from tom_astro.angles import parse_dec, parse_ra
from tom_astro.times import datetime_to_mjd, heliocentric_correction_s
from tom_dataproducts.models import DataProduct, ReducedDatum
from tom_observations.models import ObservationRecord
from tom_setup.demo.load import DATA, GROUP
from tom_setup.demo.packets import ALERTS, load_objects
from tom_targets.models import Target, TargetList
from tom_targets.policy import visible_to

pytestmark = pytest.mark.database

OBJECTS = {entry["name"]: entry for entry in load_objects()}
UJY_ZERO_POINT = 23.9  # AB magnitude of one microjansky
MILLISECOND_D = 1e-3 / 86400


@pytest.fixture
def demo_settings(settings):
    settings.TOM_FACILITY_CLASSES = ["tom_observations.facilities.manual.ExampleManualFacility"]
    settings.DATA_PROCESSORS = {
        "photometry": "tom_dataproducts.processors.photometry_processor.PhotometryProcessor",
        "spectroscopy": "tom_dataproducts.processors.spectroscopy_processor.SpectroscopyProcessor",
    }
    return settings


def load(tmp_path):
    call_command("loaddemo", folder=tmp_path / "alerts", verbosity=0)


def rows_of(file):
    with (DATA / file).open(newline="") as stream:
        return list(csv.DictReader(line for line in stream if not line.startswith("#")))


def mjd_of(datum):
    return float(datetime_to_mjd(datum.timestamp))


def measured(name, **conditions):
    return list(ReducedDatum.objects.filter(target__name=name, **conditions).order_by("timestamp", "pk"))


def everything():
    return (
        sorted(ReducedDatum.objects.values_list("pk", "fingerprint")),
        sorted(Target.objects.values_list("pk", "name", "modified")),
        sorted(DataProduct.objects.values_list("pk", "product_id", "modified")),
        sorted(ObservationRecord.objects.values_list("pk", "status", "modified")),
        sorted((one.name, sorted(one.targets.values_list("pk", flat=True))) for one in TargetList.objects.all()),
    )


@pytest.fixture
def demo(db, demo_settings, tmp_path):
    load(tmp_path)


def test_the_whole_demo_is_loaded_and_a_second_time_changes_nothing(demo, tmp_path):
    check_objects()
    check_tables_of_magnitudes()
    check_tables_of_fluxes()
    check_heliocentric_times()
    check_spectra()
    check_ztf_alerts()
    check_lsst_alerts()
    check_observation()
    check_who_sees_it()
    assert not DeadLetter.objects.exists()
    before = everything()
    load(tmp_path)
    assert everything() == before


def check_objects():
    assert set(Target.objects.values_list("name", flat=True)) == set(OBJECTS)
    for name, entry in OBJECTS.items():
        target = Target.objects.get(name=name)
        assert set(entry["aliases"]) <= {alias.name for alias in target.aliases.all()}
        assert target.permissions == "OPEN"
        assert target.tags["Kind"] == entry["kind"]
        for number, citation in enumerate(entry["citations"], start=1):
            assert all(citation[part] in target.tags[f"Source {number}"] for part in ("what", "reference", "file"))
        if "position" in entry:
            assert target.type == "SIDEREAL"
            assert (target.ra, target.dec) == (parse_ra(entry["position"]["ra"]), parse_dec(entry["position"]["dec"]))
        for element, value in entry.get("elements", {}).items():
            assert target.type == "NON_SIDEREAL"
            assert getattr(target, element) == (value if element == "scheme" else float(value))
    assert {one.name: one.targets.count() for one in TargetList.objects.all()} == {
        "Supernovae and kilonovae": 6,
        "Microlensing and variables": 3,
        "Solar System": 5,
    }


def check_tables_of_magnitudes():
    for name, file in (("SN 2012aw", "SN2012aw_photometry.csv"),):
        ours, theirs = measured(name), rows_of(file)
        assert sorted(
            (round(mjd_of(d), 8), d.bandpass, d.brightness, d.brightness_error, d.limit, d.telescope) for d in ours
        ) == sorted((float(r["mjd"]), r["filter"], float(r["magnitude"]), float(r["error"]), None, r["telescope"]) for r in theirs)
        assert {(d.value["magsys"], d.value["reference"]) for d in ours} == {(r["magsys"], r["reference"]) for r in theirs}
        assert {d.unit for d in ours if d.value["magsys"] == "AB"} == {"AB mag"}
    for name in ("Gaia21een", "Gaia21edy"):
        [datum], [row] = measured(name), rows_of(f"{name}_photometry.csv")
        assert datum.timestamp == datetime.fromisoformat(row["time"]).replace(tzinfo=UTC)
        assert (datum.brightness, datum.bandpass, datum.telescope) == (float(row["magnitude"]), "G", "Gaia")


def number(text):
    return float(text) if text else None


def flux_key(mjd, band, flux, error):
    """Some sources repeat a measurement with another last digit: to seven digits it is one. A zero has no sign."""
    return (round(mjd, 7), band, None if flux is None else f"{flux + 0.0:.7g}", f"{error:.7g}")


def check_tables_of_fluxes():
    """A flux of more than three sigma is a brightness, another one an upper limit; the flux itself is kept, a negative one too."""
    negative = 0
    for name, file in (
        ("AT2017gfo", "AT2017gfo_photometry.csv"),
        ("SN 2021gvm", "SN2021gvm_photometry.csv"),
        ("SN 2020wol", "SN2020wol_photometry.csv"),
    ):
        data = measured(name)
        ours = {flux_key(mjd_of(d), d.bandpass, d.value.get("flux"), d.value.get("flux_error")): d for d in data}
        theirs = {flux_key(float(r["mjd"]), r["filter"], number(r["flux"]), float(r["flux_error"])) for r in rows_of(file)}
        assert len(data) == len(ours)
        assert set(ours) == theirs
        written = {(r["filter"], number(r["flux"]), float(r["flux_error"])) for r in rows_of(file)}
        for datum in data:
            flux, error = datum.value.get("flux"), datum.value["flux_error"]
            assert (datum.bandpass, flux, error) in written
            assert datum.value["flux_unit"] == "uJy"
            assert datum.unit == "AB mag"
            if flux is not None and flux > 3 * error:
                assert datum.brightness == pytest.approx(UJY_ZERO_POINT - 2.5 * math.log10(flux), abs=1e-9)
                assert datum.brightness_error == pytest.approx(2.5 / math.log(10) * error / flux)
                assert datum.limit is None
            else:
                assert datum.brightness is None
                assert "magnitude" not in datum.value
                assert datum.limit == pytest.approx(UJY_ZERO_POINT - 2.5 * math.log10(3 * error), abs=1e-9)
                negative += flux is not None and flux < 0
    assert negative > 10


def check_heliocentric_times():
    """The file's times are those of light at the Sun: what is stored is when it came to Earth, up to 8.3 minutes away from that."""
    target = Target.objects.get(name="OGLE-2014-BLG-0939")
    ours, theirs = measured(target.name), rows_of("OGLE-2014-BLG-0939_photometry.csv")
    assert len(ours) == len(theirs) == 485
    shifts = []
    for datum, row in zip(ours, sorted(theirs, key=lambda row: float(row["hjd"])), strict=True):
        hjd = float(row["hjd"]) - 2400000.5
        mjd = mjd_of(datum)
        back = mjd + heliocentric_correction_s(mjd, target.ra, target.dec, scale="utc") / 86400
        assert back == pytest.approx(hjd, abs=2 * MILLISECOND_D)
        assert (datum.brightness, datum.brightness_error, datum.bandpass) == (float(row["magnitude"]), float(row["error"]), "I")
        assert datum.value["hjd"] == float(row["hjd"])
        shifts.append((mjd - hjd) * 1440)
    assert -8.5 < min(shifts) < -7.5
    assert 4 < max(shifts) < 8.5


def check_spectra():
    from astropy.io import fits

    [spectrum] = measured("AT2020caa")
    assert spectrum.data_type == "spectroscopy"
    with fits.open(DATA / "AT2020caa_gmos.fits") as hdus:
        header, flux = hdus[0].header, hdus[0].data
    good = [index for index, value in enumerate(flux) if math.isfinite(value)]
    assert len(spectrum.flux) == len(spectrum.wavelength) == len(good)
    scale = {"nm": 1.0, "Angstrom": 10.0}[spectrum.wavelength_unit] if header["CUNIT1"] == "nm" else 1.0
    for index in (0, len(good) // 2, -1):
        place = header["CRVAL1"] + (good[index] + 1 - header["CRPIX1"]) * header["CD1_1"]
        assert spectrum.wavelength[index] == pytest.approx(place * scale, rel=1e-12)
    assert (spectrum.telescope, spectrum.instrument, spectrum.exposure_time) == ("Gemini-South", "GMOS-S", 900.0)
    assert spectrum.timestamp.date().isoformat() == header["DATE-OBS"][:10]


def check_ztf_alerts():
    for name, oid in (("SN 2020oi", "ZTF20aaelulu"), ("SN 2019gmh", "ZTF19aawgxdn")):
        content = json.loads((ALERTS / f"ztf_{oid}.json").read_text())
        by_id = {d.source_id: d for d in measured(name, brightness__isnull=False)}
        detections = {d["candid"]: d for d in content["detections"]}
        seen = {candid for candid, d in detections.items() if d["isdiffpos"] == "t"}
        assert set(by_id) == seen
        for candid in seen:
            datum, detection = by_id[candid], detections[candid]
            assert datum.brightness == pytest.approx(detection["magpsf"], abs=2e-6)
            assert datum.brightness_error == pytest.approx(detection["sigmapsf"], abs=1e-7)
            assert mjd_of(datum) == pytest.approx(detection["mjd"], abs=MILLISECOND_D)
            assert datum.bandpass == {1: "g", 2: "r", 3: "i"}[detection["fid"]]
            assert datum.value["time_reference"] == "exposure start"
        negative = measured(name, source_id__in=set(detections) - seen)
        assert len(negative) == len(detections) - len(seen)
        assert all(datum.brightness is None and datum.value["difference_flux"] < 0 for datum in negative)
        last = max(d["mjd"] for d in content["detections"])
        theirs = sorted((round(x["mjd"], 7), round(x["diffmaglim"], 4)) for x in content["non_detections"] if x["mjd"] < last)
        limits = [datum for datum in measured(name, limit__isnull=False) if datum.source_id not in detections]
        assert sorted((round(mjd_of(d), 7), round(d.limit, 4)) for d in limits) == theirs


def check_lsst_alerts():
    [file] = ALERTS.glob("lsst_*.json")
    sources = {str(s["diaSourceId"]): s for s in json.loads(file.read_text())["diaSources"]}
    ours = measured("LSST 313637921267122191")
    assert {d.source_id for d in ours} == set(sources)
    for datum in ours:
        source = sources[datum.source_id]
        assert datum.value["difference_flux"] == pytest.approx(source["psfFlux"], rel=1e-6)
        assert datum.value["time_reference"] == "mid-exposure"
        assert float(datetime_to_mjd(datum.timestamp, scale="tai")) == pytest.approx(source["midpointMjdTai"], abs=MILLISECOND_D)
        assert datum.bandpass == source["band"]
        if source["psfFlux"] > 0:
            assert datum.brightness == pytest.approx(31.4 - 2.5 * math.log10(source["psfFlux"]), abs=1e-5)


def check_observation():
    record = ObservationRecord.objects.get()
    assert (record.target.name, record.facility, record.status) == ("AT2020caa", "Example", "Completed")
    assert record.observation_id == "S20210219S0075"
    assert [product.product_id for product in DataProduct.objects.filter(observation_record=record)] == ["demo:AT2020caa_gmos.fits"]
    assert DataProduct.objects.count() == sum(len(entry["products"]) for entry in OBJECTS.values())
    assert not DataProduct.objects.exclude(processing_state="done").exists()


def check_who_sees_it():
    observer = get_user_model().objects.get(username="observer")
    assert [group.name for group in observer.groups.all()] == [GROUP]
    assert not observer.is_superuser
    for action in ("view", "change"):
        assert visible_to(observer, action).count() == len(OBJECTS)


def test_citations_stand_on_the_page(demo, client):
    for name in ("AT2017gfo", "1 Ceres (A801 AA)", "LSST 313637921267122191"):
        page = client.get(Target.objects.get(name=name).get_absolute_url()).content.decode()
        for citation in OBJECTS[name]["citations"]:
            assert all(escape(citation[part]) in page for part in ("what", "reference", "file"))


def test_what_cannot_be_loaded_is_said(db, demo_settings, tmp_path):
    demo_settings.DATA_PROCESSORS = {}
    demo_settings.TOM_FACILITY_CLASSES = []
    with pytest.raises(CommandError, match="9 parts"):
        load(tmp_path)
