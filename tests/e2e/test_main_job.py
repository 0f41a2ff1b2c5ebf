"""The main job, from alert to exported data, with real clicks: each step works on what the one before it made."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db.models import Q

from tom_alerts.models import DeadLetter
from tom_astro.times import datetime_to_mjd
from tom_dataproducts.models import DataProduct, ReducedDatum
from tom_observations.models import ObservationRecord
from tom_setup.demo.load import DATA
from tom_setup.demo.packets import write_packets
from tom_targets.models import Target

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "a long phrase 1"  # noqa: S105
SITES = ("Cerro Tololo", "Teide", "Siding Spring")


@dataclass(frozen=True)
class Material:
    """What goes in: alert packets and files. `photometry_rows` and `spectra` say what is in the files, read by other means."""

    packets: list[Path]
    packets_of_lsst: bool
    photometry: Path
    photometry_rows: list[tuple[float, str, float, float]]
    spectrum_csv: Path
    spectrum_fits: Path
    fits_extension: int


def table_of(path: Path) -> list[dict[str, str]]:
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines, delimiter="," if "," in lines[0] else " "))


def spectrum_of_table(path: Path) -> tuple[list[float], list[float]]:
    rows = table_of(path)
    return [float(row["wavelength"]) for row in rows], [float(row["flux"]) for row in rows]


def spectrum_of_fits(path: Path, extension: int) -> tuple[list[float], list[float]]:
    """Angstrom and erg / (s cm2 Angstrom) by the linear dispersion of the header, computed here once more."""
    from astropy.io import fits

    with fits.open(path) as hdus:
        header, flux = hdus[extension].header, hdus[extension].data
    scale = {"nm": 10.0}[header["CUNIT1"]]
    strength = {"W m-2 nm-1": 1e7 / 1e4 / 10}[header["BUNIT"]]
    points = [
        ((header["CRVAL1"] + (index + 1 - header["CRPIX1"]) * header["CD1_1"]) * scale, float(value) * strength)
        for index, value in enumerate(flux)
        if math.isfinite(value)
    ]
    return [wavelength for wavelength, _ in points], [value for _, value in points]


@pytest.fixture
def demo_material(tmp_path):
    photometry = DATA / "SN2012aw_photometry.csv"
    rows = [(float(r["mjd"]), r["filter"], float(r["magnitude"]), float(r["error"])) for r in table_of(photometry)]
    packets = write_packets(tmp_path / "packets")
    spectrum = tmp_path / "spectrum.csv"
    points = "".join(f"{4029.2 + 9.2 * k:.2f},{2 + math.sin(k / 40):.6f}\n" for k in range(432))
    spectrum.write_text(f"# DATE-OBS: 2020-09-09T23:10:24.199\n# FLUX_UNITS: normalised\nwavelength,flux\n{points}")
    return Material(packets, True, photometry, rows, spectrum, DATA / "AT2020caa_gmos.fits", 0)


@pytest.fixture
def recorded_material(shared_data):
    photometry = shared_data / "lightcurves" / "Gaia_event_LCO_sample_photometry.csv"
    rows = [(float(r["time"]) - 2400000.5, r["filter"], float(r["magnitude"]), float(r["error"])) for r in table_of(photometry)]
    packets = [*sorted((shared_data / "ztf_alerts").glob("ZTF*_v*.avro")), shared_data / "lsst_alerts" / "fakeAlert_v10_0.avro"]
    spectra = shared_data / "spectra"
    return Material(
        packets, False, photometry, rows, spectra / "mop_sample_spectrum.csv", spectra / "gemini_gmos_S20210219S0075_1D.fits", 1
    )


@pytest.fixture
def observer(db, settings):
    settings.TOM_FACILITY_CLASSES = ["tom_observations.facilities.manual.ExampleManualFacility"]
    settings.DATA_PRODUCT_TYPES = {
        "photometry": ("photometry", "Photometry"),
        "fits_file": ("fits_file", "FITS File"),
        "spectroscopy": ("spectroscopy", "Spectroscopy"),
    }
    settings.DATA_PROCESSORS = {
        "photometry": "tom_dataproducts.processors.photometry_processor.PhotometryProcessor",
        "spectroscopy": "tom_dataproducts.processors.spectroscopy_processor.SpectroscopyProcessor",
    }
    user = User.objects.create_user("vera", "vera@example.org", PASSWORD)
    user.groups.add(Group.objects.create(name="observers"))
    return user


def test_the_main_job_on_the_packets_of_the_demo(visitor, observer, demo_material, tmp_path):
    the_main_job(visitor, observer, demo_material, tmp_path)


@pytest.mark.recorded
def test_the_main_job_on_recorded_packets_and_files(visitor, observer, recorded_material, tmp_path):
    the_main_job(visitor, observer, recorded_material, tmp_path)


def the_main_job(visitor, observer, material: Material, folder: Path) -> None:
    target = ingest(material)
    log_in(visitor, observer)
    open_target_from_list(visitor, target)
    light_curve_is_drawn(visitor, target)
    visibility_and_finder_are_drawn(visitor)
    record = request_observation(visitor, target)
    mark_completed(visitor, record)
    alerts = {datum.pk: (datum.timestamp, datum.brightness, datum.limit) for datum in photometry_of(target)}
    upload(visitor, f"/observations/{record.pk}/", material.photometry, "Photometry")
    upload(visitor, f"/observations/{record.pk}/", material.spectrum_csv, "Spectroscopy")
    upload(visitor, f"/targets/{target.pk}/?tab=manage-data", material.spectrum_fits, "Spectroscopy")
    assert list(DataProduct.objects.order_by("pk").values_list("observation_record_id", "processing_state")) == [
        (record.pk, "done"), (record.pk, "done"), (None, "done"),
    ]
    light_curve_is_drawn(visitor, target)
    spectra_are_drawn(visitor, target, 2)
    export_photometry(visitor, target, material, alerts, folder)
    export_spectra(visitor, target, material, folder)
    pages = {
        "home": "/",
        "targets": "/targets/",
        "visibility": f"/targets/{target.pk}/",
        "observe": f"/targets/{target.pk}/?tab=observe",
        "observations": f"/targets/{target.pk}/?tab=observations",
        "photometry": f"/targets/{target.pk}/?tab=photometry",
        "spectroscopy": f"/targets/{target.pk}/?tab=spectroscopy",
        "manage_data": f"/targets/{target.pk}/?tab=manage-data",
        "observation": f"/observations/{record.pk}/",
        "observation_list": "/observations/list/",
        "data_products": "/dataproducts/data/",
    }
    assert visitor.overflows(pages.values()) == []
    assert visitor.overflows(pages.values(), width=1280) == []
    visitor.shoot(pages)
    assert visitor.problems == []


def photometry_of(target):
    rows = ReducedDatum.objects.filter(target_id=target.pk, data_type="photometry")
    return rows.filter(Q(brightness__isnull=False) | Q(limit__isnull=False))


def ingest(material: Material):
    """The target with most measurements of those that the command made; a second run changes nothing."""
    arguments = ("ingestalerts", *map(str, material.packets))
    options = {"group": ["observers"], "user": "vera", "stdout": io.StringIO()}
    call_command(*arguments, **options)
    made = sorted(ReducedDatum.objects.values_list("pk", "fingerprint"))
    assert made
    assert not DeadLetter.objects.exists()
    call_command(*arguments, **options)
    assert sorted(ReducedDatum.objects.values_list("pk", "fingerprint")) == made
    assert ReducedDatum.objects.filter(source_name="ZTF").exists()
    assert ReducedDatum.objects.filter(source_name="LSST").exists() or not material.packets_of_lsst
    return max(Target.objects.all(), key=lambda target: photometry_of(target).count())


def log_in(visitor, observer) -> None:
    page = visitor.go("/accounts/login/?next=/targets/")
    page.locator("#id_login").fill(observer.username)
    page.locator("#id_password").fill(PASSWORD)
    page.locator("main .form-actions button").click()
    page.wait_for_url("**/targets/")


def open_target_from_list(visitor, target) -> None:
    page = visitor.page
    assert page.locator("table tbody tr").count() == Target.objects.count()
    page.get_by_role("link", name=target.name, exact=True).click()
    page.wait_for_url(f"**/targets/{target.pk}/")
    assert page.locator("h1").inner_text().strip() == target.name
    page.wait_for_selector("[data-plot=tonight] canvas")


def open_tab(page, label: str) -> None:
    page.get_by_role("tab", name=label, exact=True).click()


def ink_height(page, selector: str) -> float:
    """The part of a canvas's height over which colours are found: neither clear nor grey as frame, grid and text are."""
    return page.locator(selector).first.evaluate(
        """canvas => {
          const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          const rows = new Set();
          for (let i = 0; i < data.length; i += 4) {
            const spread = Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]);
            if (data[i + 3] > 60 && spread > 60) rows.add(Math.floor(i / 4 / width));
          }
          return rows.size ? (Math.max(...rows) - Math.min(...rows)) / height : 0;
        }"""
    )


def unpacked(page, answer) -> dict:
    """The JSON of the address from which a plot got its packed numbers."""
    assert answer.ok
    return page.request.get(answer.url.split("?")[0]).json()


def light_curve_is_drawn(visitor, target) -> None:
    page = visitor.go(f"/targets/{target.pk}/")
    with page.expect_response(lambda answer: "/light-curve.json" in answer.url) as answer:
        open_tab(page, "Photometry")
    columns = unpacked(page, answer.value)
    expected = photometry_of(target).count()
    assert columns["total"] == columns["shown"] == expected
    assert sum(len(series["mjd"]) for series in columns["series"]) == expected
    assert {series["kind"] for series in columns["series"]} == {"mag"}
    limits = photometry_of(target).filter(brightness__isnull=True).count()
    assert sum(sum(series["is_limit"]) for series in columns["series"]) == limits
    page.wait_for_selector("figure[data-light-curve][data-state=drawn] canvas")
    assert ink_height(page, "figure[data-light-curve] .u-wrap canvas") > 0.3


def visibility_and_finder_are_drawn(visitor) -> None:
    page = visitor.page
    open_tab(page, "Visibility")
    for site in SITES:
        assert page.get_by_role("rowheader", name=site, exact=True).is_visible()
    page.wait_for_selector("[data-plot=tonight] canvas")
    page.get_by_role("heading", name="Finder", exact=True).scroll_into_view_if_needed()  # its card loads when it is seen
    chart = page.locator("[data-finder] svg")
    chart.wait_for()
    assert chart.locator("path.finder-cross").count() >= 1


def request_observation(visitor, target):
    page = visitor.page
    open_tab(page, "Observe")
    page.locator("#observe").get_by_role("link", name="Example").click()
    page.wait_for_url("**/observations/Example/create/**")
    page.locator("main [name=name]").fill("Light curve and spectrum")
    page.locator("main [name=start]").fill("2026-03-01")
    page.locator("main [name=observation_id]").fill("night-1")
    page.locator("main form").get_by_role("button", name="Submit", exact=True).click()
    page.wait_for_url("**/targets/**")
    record = ObservationRecord.objects.get()
    assert (record.target_id, record.facility, record.observation_id) == (target.pk, "Example", "night-1")
    assert record.user.username == "vera"
    assert record.parameters["start"] == "2026-03-01"
    return record


def mark_completed(visitor, record) -> None:
    page = visitor.page
    open_tab(page, "Observations")
    page.locator("#observations tbody tr", has_text="night-1").get_by_role("link", name="View").click()
    page.wait_for_url(f"**/observations/{record.pk}/")
    page.get_by_label("Mark as").select_option("Completed")
    page.get_by_role("button", name="Set status").click()
    page.wait_for_function("document.querySelector('#observation-status').textContent.trim() === 'Completed'")
    record.refresh_from_db()
    assert record.status == "Completed"


def upload(visitor, path: str, file: Path, kind: str) -> None:
    page = visitor.go(path)
    form = page.locator("form.upload-form")
    form.locator("input[type=file]").set_input_files(file)
    form.get_by_label(kind, exact=True).check()
    before = DataProduct.objects.count()
    form.get_by_role("button", name="Upload", exact=True).click()
    form.locator("[data-upload-status] a").wait_for()  # which shows the data
    assert form.locator("[data-upload-status]").inner_text().startswith("1 stored"), form.locator("[data-upload-files]").inner_text()
    assert DataProduct.objects.count() == before + 1


def spectra_are_drawn(visitor, target, count: int) -> None:
    page = visitor.page
    with page.expect_response(lambda answer: "/spectra.json" in answer.url) as answer:
        open_tab(page, "Spectroscopy")
    assert len(unpacked(page, answer.value)["spectra"]) == count
    page.wait_for_selector("figure[data-spectra][data-state=drawn] canvas")
    assert ink_height(page, "figure[data-spectra] .u-wrap canvas") > 0.3


def downloaded(page, click: Callable[[], None], folder: Path, name: str) -> Path:
    with page.expect_download() as found:
        click()
    path = folder / name
    found.value.save_as(path)
    return path


def read_back(page, place, folder: Path, stem: str) -> dict:
    """The same table in the three formats, each as an astropy Table."""
    from astropy.table import Table

    formats = {"CSV": ("csv", "ascii.csv"), "ECSV": ("ecsv", "ascii.ecsv"), "VOTable": ("xml", "votable")}
    tables = {}
    for label, (ending, kind) in formats.items():
        path = downloaded(page, place.get_by_role("link", name=label, exact=True).click, folder, f"{stem}.{ending}")
        tables[label] = Table.read(path, format=kind)
    return tables


def export_photometry(visitor, target, material: Material, alerts: dict, folder: Path) -> None:
    import numpy as np

    page = visitor.go(f"/targets/{target.pk}/?tab=photometry")
    tables = read_back(page, page.locator("#photometry .data-toolbar"), folder, "photometry")
    for label, table in tables.items():
        assert len(table) == len(alerts) + len(material.photometry_rows), label
        rows = set()
        for row in table:
            when = np.datetime64(str(row["timestamp"]).removesuffix("+00:00"), "us")
            mjd = (when - np.datetime64("1858-11-17T00:00:00", "us")) / np.timedelta64(86400 * 10**6, "us")
            rows.add((round(float(mjd), 7), str(row["bandpass"]), _float(row["brightness"]), _float(row["brightness_error"])))
        for mjd, band, magnitude, error in material.photometry_rows:
            assert (round(mjd, 7), band, magnitude, error) in rows, label
        known = {(mjd, magnitude) for mjd, _, magnitude, _ in rows}
        for timestamp, brightness, _ in alerts.values():
            assert (round(float(datetime_to_mjd(timestamp)), 7), brightness) in known, label


def _float(cell) -> float | None:
    import numpy as np

    return None if np.ma.is_masked(cell) else float(cell)


def export_spectra(visitor, target, material: Material, folder: Path) -> None:
    page = visitor.go(f"/targets/{target.pk}/?tab=spectroscopy")
    page.wait_for_selector("#spectroscopy .table tbody tr")
    rows = page.locator("#spectroscopy .table tbody tr")
    expected = [spectrum_of_table(material.spectrum_csv), spectrum_of_fits(material.spectrum_fits, material.fits_extension)]
    assert rows.count() == len(expected)
    found = []
    for index in range(rows.count()):
        for table in read_back(page, rows.nth(index), folder, f"spectrum{index}").values():
            wavelength, flux = [float(x) for x in table["wavelength"]], [float(x) for x in table["flux"]]
            match = [number for number, (_, theirs) in enumerate(expected) if theirs == pytest.approx(flux, rel=1e-12, abs=0)]
            assert match, (len(flux), [len(theirs) for _, theirs in expected])
            assert wavelength == pytest.approx(expected[match[0]][0], rel=1e-9)
            found.append(match[0])
    assert sorted(found) == [0, 0, 0, 1, 1, 1]
