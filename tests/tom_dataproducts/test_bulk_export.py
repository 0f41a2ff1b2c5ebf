"""Measurements of many targets in one file, read back by astropy, with the reader's rights and in flat memory."""

import datetime as dt
import io
import sys
import tracemalloc

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tom_common.errors import InvalidInputError
from tom_dataproducts.models import AstrometryReducedDatum, ReducedDatum, SpectroscopyReducedDatum
from tom_dataproducts.rows import DatumRow
from tom_dataproducts.services import add_reduced_data
from tom_dataproducts.services.bulk_export import FORMATS, export_data
from tom_targets.models import BaseTarget

pytestmark = [pytest.mark.django_db, pytest.mark.database]
T0 = dt.datetime(2024, 3, 1, 4, 5, 6, 789012, tzinfo=dt.UTC)
ODD = 'é <&> "q"\n=1+1'


def written(rows, kind="", format="csv"):
    pieces = list(export_data(rows=rows, kind=kind, format=format))
    return b"".join(piece.encode() if isinstance(piece, str) else piece for piece in pieces)


def table_of(content, format):
    from astropy.table import Table

    if format == "parquet":
        import pyarrow.parquet

        return pyarrow.parquet.read_table(io.BytesIO(content)).to_pylist()
    names = {"csv": "ascii.csv", "ecsv": "ascii.ecsv", "votable": "votable", "fits": "fits"}
    found = Table.read(io.BytesIO(content) if format in ("votable", "fits") else content.decode(), format=names[format])
    return [{name: None if row[name] is np.ma.masked else row[name] for name in found.colnames} for row in found]


@pytest.fixture
def targets():
    made = [BaseTarget.objects.create(name=name, type="SIDEREAL", ra=10.0, dec=20.0) for name in ("B", "A")]
    for number, target in enumerate(made):
        rows = [
            DatumRow("photometry", T0 + dt.timedelta(days=i), {"airmass": 1.5} if i else {}, brightness=17.25 + i + number, brightness_error=0.02,
                     bandpass="r", telescope=ODD, source_name="ZTF", source_id=f"c{i}")
            for i in range(3)
        ]  # fmt: skip
        add_reduced_data(target=target, rows=[rows[2], rows[0], rows[1], DatumRow("photometry", T0 - dt.timedelta(days=1), limit=20.5)])
    return made


@pytest.mark.parametrize("format", list(FORMATS))
def test_photometry_reads_back(targets, format):
    rows = table_of(written(ReducedDatum.objects.filter(data_type="photometry"), "photometry", format), format)
    assert [(str(row["target"]), row["brightness"]) for row in rows[:4]] == [("B", pytest.approx(b) if b else b) for b in (None, 17.25, 18.25, 19.25)] or (
        format == "fits" and np.isnan(rows[0]["brightness"])
    )
    assert len(rows) == 8
    assert [float(row["brightness"]) for row in rows[5:]] == [18.25, 19.25, 20.25]
    assert float(rows[0]["limit"]) == 20.5
    assert float(rows[1]["mjd"]) == pytest.approx(60370.17021746542, abs=1e-9)
    stored = ReducedDatum.objects.order_by("target_id", "timestamp").values_list("pk", flat=True)
    assert [int(row["id"]) for row in rows] == list(stored)
    if format == "parquet":
        assert (rows[1]["timestamp"], rows[1]["telescope"], rows[2]["extra"]) == (T0, ODD, '{"airmass": 1.5}')


@pytest.mark.parametrize("format", ["csv", "ecsv"])
def test_a_light_curve_reads_straight_into_a_time_series(targets, format, tmp_path):
    from astropy.timeseries import TimeSeries

    path = tmp_path / f"data.{FORMATS[format].suffix}"
    path.write_bytes(written(ReducedDatum.objects.filter(target=targets[0], brightness__isnull=False), "photometry", format))
    series = TimeSeries.read(path, time_column="mjd", time_format="mjd", time_scale="utc", format=f"ascii.{format}")
    assert list(series["brightness"]) == [17.25, 18.25, 19.25]
    assert series.time.scale == "utc"
    assert abs((series.time[0].to_datetime(dt.UTC) - T0).total_seconds()) < 1e-4


def test_spectra_have_a_row_for_each_point(targets):
    SpectroscopyReducedDatum.objects.create(target=targets[0], timestamp=T0, flux=[1.0, float("nan")], wavelength=[2.0, 3.0], flux_unit="mJy")
    SpectroscopyReducedDatum.objects.create(target=targets[1], timestamp=T0, flux=[5.0], wavelength=[6.0], error=[0.5])
    rows = table_of(written(ReducedDatum.objects.filter(data_type="spectroscopy"), "spectroscopy"), "csv")
    assert [(row["wavelength"], row["flux"], row["error"]) for row in rows] == [(2.0, 1.0, None), (3.0, None, None), (6.0, 5.0, 0.5)]


def test_a_file_of_every_kind_holds_complete_values(targets):
    SpectroscopyReducedDatum.objects.create(target=targets[0], timestamp=T0, flux=[1.0], wavelength=[2.0])
    AstrometryReducedDatum.objects.create(target=targets[0], timestamp=T0, ra=1.5, dec=-2.5)
    ReducedDatum.objects.create(target=targets[0], data_type="radio", timestamp=T0, value=[1, {"a": None}])
    rows = table_of(written(ReducedDatum.objects.all(), "", "parquet"), "parquet")
    import json

    for row in rows:
        assert json.loads(row["value"]) == ReducedDatum.objects.get(pk=row["id"]).value
    assert {row["data_type"] for row in rows} == {"photometry", "spectroscopy", "astrometry", "radio"}
    assert [row["dec"] for row in rows if row["data_type"] == "astrometry"] == [-2.5]


def test_nothing_to_write_is_an_empty_table(targets):
    for format in FORMATS:
        assert table_of(written(ReducedDatum.objects.none(), "photometry", format), format) == []


def test_pieces_meet(targets, monkeypatch):
    from tom_dataproducts.services import bulk_export

    whole = written(ReducedDatum.objects.all(), "photometry")
    for size in (1, 2, 3, 4, 5, 8):
        monkeypatch.setattr(bulk_export, "BATCH", size)
        with CaptureQueriesContext(connection) as queries:
            assert written(ReducedDatum.objects.all(), "photometry") == whole
        assert len(queries) <= 2 * (8 // size + 1) + 1


def test_what_is_not_written_is_said(targets, monkeypatch):
    with pytest.raises(InvalidInputError, match="csv, ecsv, votable, fits, parquet, not as 'docx'"):
        export_data(rows=ReducedDatum.objects.all(), format="docx")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InvalidInputError, match="pip install 'opentom\\[arrow\\]'"):
        export_data(rows=ReducedDatum.objects.all(), format="parquet")


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_memory_stays_flat(targets, format):
    def peak(count):
        tracemalloc.start()
        for _ in export_data(rows=ReducedDatum.objects.filter(target=targets[0], brightness__lt=count), kind="photometry", format=format):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    add_reduced_data(
        target=targets[0], rows=[DatumRow("photometry", T0 + dt.timedelta(minutes=i), brightness=100.0 + i) for i in range(40_000)]
    )
    peak(200)
    assert peak(1e6) < 1.6 * peak(100 + 22_000) + 2_000_000
