"""Ephemeris tables and coordinates on a date, against astropy and against recorded answers of JPL Horizons."""

import csv
import io
from datetime import UTC, datetime

import numpy as np
import pytest
from django.urls import reverse

from tom_astro.visibility import Site
from tom_targets.coordinates import frames
from tom_targets.ephemeris import as_csv, as_ecsv, table_of
from tom_targets.models import BaseTarget

pytestmark = pytest.mark.django_db

SITE = Site("Cerro Tololo", -30.167, -70.805, 2198.0)
# (1) Ceres: osculating elements of JPL's Small-Body Database for JD 2460000.5 TDB, H and G as JPL Horizons states them.
CERES = {
    "scheme": "MPC_MINOR_PLANET", "epoch_of_elements": 60000.0, "eccentricity": 0.07881745101960996, "inclination": 10.58634326912728,
    "lng_asc_node": 80.26014869058888, "arg_of_perihelion": 73.47046154424713, "mean_anomaly": 17.21565149614834,
    "semimajor_axis": 2.767181743149466, "abs_mag": 3.33, "slope": 0.12,
}  # fmt: skip


def ceres(**kwargs):
    return BaseTarget.objects.create(name="Ceres", type="NON_SIDEREAL", permissions="OPEN", **{**CERES, **kwargs})


def barnard(**kwargs):
    # Hipparcos catalogue, HIP 87937
    return BaseTarget.objects.create(name="Barnard", type="SIDEREAL", permissions="OPEN", ra=269.45402305, dec=4.66828815, epoch=1991.25,
                                     pm_ra=-797.84, pm_dec=10326.93, **kwargs)  # fmt: skip


@pytest.mark.filterwarnings("ignore:ERFA function .pmsafe.")  # no distance is given
def test_a_fixed_target_stands_where_astropy_has_it():
    from astropy import units as u
    from astropy.coordinates import TETE, AltAz, EarthLocation, SkyCoord
    from astropy.time import Time

    star = barnard()
    when = Time("2026-07-01T04:00:00")
    table = table_of(star, when.mjd + np.array([0.0, 0.25]), SITE)
    sky = SkyCoord(star.ra * u.deg, star.dec * u.deg, pm_ra_cosdec=star.pm_ra * u.mas / u.yr, pm_dec=star.pm_dec * u.mas / u.yr,
                   obstime=Time(1991.25, format="jyear")).apply_space_motion(new_obstime=when)  # fmt: skip
    place = SkyCoord(table.values["ra"][0] * u.deg, table.values["dec"][0] * u.deg)
    assert place.separation(SkyCoord(sky.ra, sky.dec)).arcsec < 0.01
    location = EarthLocation(lat=SITE.latitude_deg * u.deg, lon=SITE.longitude_deg * u.deg, height=SITE.elevation_m * u.m)
    seen = SkyCoord(sky.ra, sky.dec).transform_to(AltAz(obstime=when, location=location))
    assert table.values["alt"][0] == pytest.approx(seen.alt.deg, abs=1e-4)
    assert table.values["az"][0] == pytest.approx(seen.az.deg, abs=1e-4)
    found = frames(star, when.to_datetime(timezone=UTC))
    apparent = SkyCoord(sky.ra, sky.dec).transform_to(TETE(obstime=when))
    ours = {row["name"]: row for row in found["rows"]}["Apparent"]
    assert float(ours["ra_deg"]) == pytest.approx(apparent.ra.deg, abs=2e-6)
    assert float(ours["dec_deg"]) == pytest.approx(apparent.dec.deg, abs=2e-6)
    galactic = found["angles"][0]
    assert float(galactic["first"]) == pytest.approx(place.galactic.l.deg, abs=2e-5)
    assert float(galactic["second"]) == pytest.approx(place.galactic.b.deg, abs=2e-5)
    assert found["constellation"] == "Ophiuchus"
    assert found["moved"] == pytest.approx(10.3577 * (found["jyear"] - 1991.25), rel=1e-3)


def test_mean_of_date_is_precession_alone():
    from astropy import units as u
    from astropy.coordinates import FK5, SkyCoord
    from astropy.time import Time

    from tom_astro.coords import mean_of_date

    when = Time(2026.5, format="jyear")
    ra, dec = mean_of_date(np.array([10.0, 200.0, 359.9]), np.array([-80.0, 5.0, 89.0]), when.tt.mjd)
    theirs = SkyCoord([10.0, 200.0, 359.9] * u.deg, [-80.0, 5.0, 89.0] * u.deg).transform_to(FK5(equinox=when))
    # FK5's precession is the old one (IAU 1976): 0.3 arcsec a century from that of 2006.
    assert SkyCoord(ra * u.deg, dec * u.deg).separation(SkyCoord(theirs.ra, theirs.dec)).arcsec.max() < 0.2


@pytest.mark.recorded
def test_a_moving_target_is_where_horizons_has_it(shared_data):
    text = (shared_data / "jpl_horizons" / "ceres_ephemerides_range.txt").read_text()
    head, _, rest = text.partition("$$SOE")
    names = [name.strip() for name in next(line for line in reversed(head.splitlines()) if "R.A._(ICRF)" in line).split(",")]
    rows = [
        dict(zip(names, (c.strip() for c in line.split(",")), strict=False)) for line in rest.partition("$$EOE")[0].strip().splitlines()
    ]
    elements = (shared_data / "jpl_horizons" / "ceres_elements_range.txt").read_text()
    from tom_clients.horizons import read_elements

    first = float(rows[0]["Date_________JDUT"])
    row = min(read_elements(elements), key=lambda found: abs(found["JDTDB"] - first))
    target = ceres(epoch_of_elements=row["JDTDB"] - 2400000.5, eccentricity=row["EC"], inclination=row["IN"], lng_asc_node=row["OM"],
                   arg_of_perihelion=row["W"], mean_anomaly=row["MA"], semimajor_axis=row["A"])  # fmt: skip
    times = np.array([float(row["Date_________JDUT"]) - 2400000.5 for row in rows])
    near = np.abs(times - target.epoch_of_elements) < 40
    assert near.any()
    values = table_of(target, times).values

    def theirs(name):
        return np.array([float(row[name]) for row in rows])[near]

    assert np.abs((values["ra"][near] - theirs("R.A._(ICRF)")) * np.cos(np.radians(values["dec"][near]))).max() * 3600 < 5
    assert np.abs(values["dec"][near] - theirs("DEC_(ICRF)")).max() * 3600 < 5
    assert values["delta"][near] == pytest.approx(theirs("delta"), abs=1e-4)
    assert values["r"][near] == pytest.approx(theirs("r"), abs=1e-4)
    # Horizons gives rates along the axes of date, which precession has turned by 0.1 deg or so since 2000
    assert values["rate_ra"][near] * 60 == pytest.approx(theirs("dRA*cosD"), abs=0.3)
    assert values["rate_dec"][near] * 60 == pytest.approx(theirs("d(DEC)/dt"), abs=0.3)
    assert values["elongation"][near] == pytest.approx(theirs("S-O-T"), abs=0.01)
    assert values["phase"][near] == pytest.approx(theirs("S-T-O"), abs=0.01)
    assert values["v"][near] == pytest.approx(theirs("APmag"), abs=0.15)


def test_files_are_read_back_by_astropy(tmp_path):
    from astropy.table import Table

    made = table_of(ceres(), 60023.0 + np.arange(3) * 0.5, SITE)
    (tmp_path / "x.ecsv").write_text(as_ecsv(made, {"target": 'Ce"res', "site": "Cerro Tololo"}))
    read = Table.read(tmp_path / "x.ecsv")
    assert read.meta["target"] == 'Ce"res'
    assert str(read["rate"].unit) == "arcsec / min"
    assert np.allclose(read["ra"], made.values["ra"], atol=1e-7)
    rows = list(csv.reader(io.StringIO(as_csv(made))))
    assert rows[0][:3] == ["time_utc", "mjd [d]", "ra [deg]"]
    assert rows[1][0] == "2023-03-20T00:00:00Z" or rows[1][0].startswith("2023-03-20")
    assert len({len(row) for row in rows}) == 1
    assert len(rows) == 4


def test_nothing_is_said_of_what_has_no_place():
    nowhere = BaseTarget.objects.create(name="x", type="NON_SIDEREAL")
    assert table_of(nowhere, 60000.0) is None
    assert frames(nowhere, datetime(2026, 1, 1, tzinfo=UTC)) is None


PAGE = {"start": "2023-03-20 00:00", "stop": "2023-03-21 00:00", "step": "6", "unit": "h", "observatory": "Cerro Tololo"}


def test_the_page_and_its_files(client):
    target = ceres()
    url = reverse("targets:ephemeris", args=[target.pk])
    assert client.get(url).status_code == 200
    page = client.get(url, PAGE)
    assert page.context["table"] is not None
    assert len(page.context["table"]) == 5
    assert "2023-03-20" in page.content.decode()
    answer = client.get(url, {**PAGE, "format": "csv"})
    assert answer["Content-Type"].startswith("text/csv")
    assert "attachment" in answer["Content-Disposition"]
    assert len(answer.content.decode().splitlines()) == 6
    assert client.get(url, {**PAGE, "format": "ecsv"}).content.startswith(b"# %ECSV 1.0")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"stop": "2023-03-19"}, "before"), ({"step": "0"}, "greater"), ({"start": "yesterday"}, "valid date"),
        ({"step": "1", "unit": "min", "stop": "2023-06-20"}, "rows"),
        ({"observatory": "own", "latitude": "95", "longitude": "0"}, "90"), ({"observatory": "own"}, "latitude"),
        ({"stop": "2300-01-01", "unit": "d", "step": "90"}, "2100"),
        ({"step": "nan"}, "number"), ({"observatory": "Nowhere"}, "choice"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_in_the_form(client, change, word):
    target = ceres()
    page = client.get(reverse("targets:ephemeris", args=[target.pk]), {**PAGE, **change})
    assert page.status_code == 200
    assert page.context["table"] is None
    assert word in str(page.context["form"].errors)
    assert client.get(reverse("targets:ephemeris", args=[target.pk]), {**PAGE, **change, "format": "csv"}).status_code == 400


def test_an_own_place_and_the_earths_centre(client):
    target = ceres()
    url = reverse("targets:ephemeris", args=[target.pk])
    own = client.get(url, {**PAGE, "observatory": "own", "latitude": "-30.167", "longitude": "-70.805", "height": "2198"}).context["table"]
    named = client.get(url, PAGE).context["table"]
    assert own.values["alt"] == pytest.approx(named.values["alt"], abs=0.01)
    centre = client.get(url, {**PAGE, "observatory": ""}).context["table"]
    assert "alt" not in centre.values


def test_coordinates_page_states_frame_and_epoch(client):
    star = barnard()
    page = client.get(reverse("targets:coordinates", args=[star.pk])).content.decode()
    for words in ("ICRS, epoch J1991.25", "true equator and equinox", "Ophiuchus", "Galactic", "Ecliptic", "data-copy"):
        assert words in page
    assert client.get(reverse("targets:coordinates", args=[star.pk]), {"when": "1991-04-02 13:30"}).status_code == 200
    assert "valid date" in client.get(reverse("targets:coordinates", args=[star.pk]), {"when": "soon"}).content.decode()
    assert client.get(reverse("targets:coordinates", args=[star.pk]), {"when": "9999-12-31 23:59"}).status_code == 200
