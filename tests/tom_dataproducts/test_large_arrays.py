"""A spectrum of a million points is stored, changed and read as any other, on every database and by every way of writing."""

import datetime as dt
from array import array

import pytest
from django.db import connections

from tom_common.errors import InvalidInputError
from tom_dataproducts.models import ReducedDatum, SpectroscopyReducedDatum, parts
from tom_dataproducts.rows import DatumRow
from tom_dataproducts.services import add_reduced_data, writing
from tom_targets.models import BaseTarget

pytestmark = [pytest.mark.django_db, pytest.mark.database]
T0 = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
MANY = 1_000_000
# Round numbers are mostly zero bytes, which MySQL writes as two: the worst that can come.
WAVELENGTH = [float(i) for i in range(MANY)]
FLUX = [i % 977 / 976.0 for i in range(MANY)]
ERROR = [0.0] * MANY


@pytest.fixture
def target():
    return BaseTarget.objects.create(name="t", type="SIDEREAL", ra=1, dec=2)


def stored(pk):
    row = ReducedDatum.objects.get(pk=pk)
    return [array("d", content) for content in (row.wavelength, row.flux, row.error)]


def arrays(*contents):
    return [array("d", content) for content in contents]


def test_a_million_points_through_the_service(target):
    row = DatumRow("spectroscopy", T0, wavelength=WAVELENGTH, flux=FLUX, error=ERROR, flux_unit="mJy", source_name="s", source_id="1")
    (pk,) = add_reduced_data(target=target, rows=[row]).created
    assert stored(pk) == arrays(WAVELENGTH, FLUX, ERROR)
    again = add_reduced_data(target=target, rows=[row])
    assert (again.created, again.updated, again.unchanged) == ([], [], [pk])
    anew = DatumRow("spectroscopy", T0, wavelength=WAVELENGTH, flux=ERROR, error=FLUX, flux_unit="mJy", source_name="s", source_id="1")
    assert add_reduced_data(target=target, rows=[anew]).updated == [pk]
    assert stored(pk) == arrays(WAVELENGTH, ERROR, FLUX)


def test_a_million_points_through_the_orm(target):
    row = ReducedDatum.objects.create(
        target=target, data_type="spectroscopy", timestamp=T0, value={"wavelength": WAVELENGTH, "flux": FLUX, "error": ERROR}
    )
    assert stored(row.pk) == arrays(WAVELENGTH, FLUX, ERROR)
    row.flux = ERROR
    row.save()
    assert stored(row.pk) == arrays(WAVELENGTH, ERROR, ERROR)
    assert array("d", ReducedDatum.objects.get(pk=row.pk).value["flux"]) == array("d", ERROR)


def spectra(target, sizes):
    return [
        SpectroscopyReducedDatum(target=target, timestamp=T0 + dt.timedelta(days=n), wavelength=WAVELENGTH[:size], flux=FLUX[:size])
        for n, size in enumerate(sizes)
    ]


@pytest.mark.parametrize("room", ["much", "little"])
def test_many_spectra_at_once_by_every_writer(target, room, monkeypatch):
    """What one statement takes is filled, not passed; with little room some go together, some alone, some in parts."""
    if room == "little":
        monkeypatch.setattr(parts, "SURE", 40_000)
        monkeypatch.setattr(parts, "AT_ONCE", 80_000)
        monkeypatch.setattr(parts, "_packet", lambda using: 120_000)
    sizes = [10, 5000, 20, 3000, 9000, 30]
    made = ReducedDatum.objects.bulk_create(spectra(target, sizes))
    assert [stored(row.pk)[:2] for row in made] == [arrays(WAVELENGTH[:size], FLUX[:size]) for size in sizes]
    for row in made:
        row.flux = ERROR[: len(row.flux)]
    ReducedDatum.objects.bulk_update(made, ["flux"])
    assert [stored(row.pk)[:2] for row in made] == [arrays(WAVELENGTH[:size], ERROR[:size]) for size in sizes]
    assert [len(row.flux) for row in made] == sizes
    other = BaseTarget.objects.create(name="o", type="SIDEREAL", ra=1, dec=2)
    rows = [
        DatumRow("spectroscopy", T0 + dt.timedelta(days=n), wavelength=WAVELENGTH[:size], flux=FLUX[:size]) for n, size in enumerate(sizes)
    ]
    added = add_reduced_data(target=other, rows=rows)
    assert [stored(pk)[:2] for pk in added.created] == [arrays(WAVELENGTH[:size], FLUX[:size]) for size in sizes]


def test_a_database_that_tells_no_keys(target, monkeypatch):
    monkeypatch.setattr(writing, "gives_keys", lambda using: False)
    sizes = [10, 200_000, 30]
    rows = [
        DatumRow("spectroscopy", T0 + dt.timedelta(days=n), wavelength=WAVELENGTH[:size], flux=FLUX[:size]) for n, size in enumerate(sizes)
    ]
    added = add_reduced_data(target=target, rows=rows)
    assert [stored(pk)[:2] for pk in added.created] == [arrays(WAVELENGTH[:size], FLUX[:size]) for size in sizes]


def test_what_the_server_cannot_hold_is_said(target, monkeypatch):
    (row,) = spectra(target, [150_000])
    monkeypatch.setattr(connections["default"], "vendor", "mysql")
    monkeypatch.setattr(parts, "_packet", lambda using: 1_100_000)
    with pytest.raises(InvalidInputError, match="max_allowed_packet"):
        parts.late_arrays(row, "default")
