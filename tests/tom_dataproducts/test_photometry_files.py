"""Tables of photometry as observers have them: right, or refused with row, column and mend."""

import datetime as dt
import gzip
import io
import math
from types import SimpleNamespace

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import EarthLocation, SkyCoord
from astropy.table import MaskedColumn, Table
from astropy.time import Time

from tests.tom_dataproducts.processing import read as run
from tom_dataproducts.exceptions import InvalidFileFormatException
from tom_dataproducts.processors.atlas_processor import AtlasProcessor
from tom_dataproducts.processors.panstarrs_processor import PanstarrsProcessor
from tom_dataproducts.processors.photometry_processor import PhotometryProcessor

TARGET = SimpleNamespace(ra=160.97, dec=11.67)
NOON = dt.datetime(2020, 5, 31, 12, tzinfo=dt.UTC)  # MJD 59000.5


def read(content, name="file.csv", **options):
    return run(PhotometryProcessor(), content, name, **options)[0]


def value(content, **options):
    ((when, found, source),) = read(content, **options)
    return when, found, source


@pytest.mark.parametrize(
    ("header", "cell", "when"),
    [
        ("time", "59000.5", NOON),
        ("MJD", "59000.5", NOON),
        ("mjd", "59000", dt.datetime(2020, 5, 31, tzinfo=dt.UTC)),  # a whole MJD
        ("JD", "2459001.0", NOON),
        ("time", "2459001", NOON),
        ("isot", "2020-05-31T12:00:00", NOON),
        ("date", "2020-05-31 12:00:00", NOON),
        ("date_obs", "2020-05-31T14:00:00+02:00", NOON),
        ("Date-Obs", "2020-05-31T12:00:00Z", NOON),
        ("obs date", "2020-05-31", dt.datetime(2020, 5, 31, tzinfo=dt.UTC)),
        ("mjd_tai", str(59000.5 + 37 / 86400), NOON),
        ("time (MJD TT)", str(59000.5 + 69.184 / 86400), NOON),
        ("midpointMjdTai", str(59000.5 + 37 / 86400), NOON),
        ("timestamp", "1590926400", NOON),
        ("utc", "2016-12-31T23:59:60.5", dt.datetime(2016, 12, 31, 23, 59, 59, 999999, tzinfo=dt.UTC)),
    ],
)
def test_times(header, cell, when):
    found, value_, _ = value(f"{header},mag\n{cell},17.5\n")
    assert abs(found - when) < dt.timedelta(microseconds=5)
    assert found.tzinfo is dt.UTC
    assert value_["magnitude"] == 17.5
    assert header in value_ or header == "timestamp"


def test_times_at_the_sun_and_the_barycentre():
    moment = Time(59000.5, format="mjd", scale="utc", location=EarthLocation.from_geocentric(0, 0, 0, unit=u.m))
    place = SkyCoord(TARGET.ra, TARGET.dec, unit="deg")
    bjd = (moment.tdb + moment.light_travel_time(place, "barycentric", ephemeris="builtin")).jd
    hjd = (moment.utc + moment.light_travel_time(place, "heliocentric", ephemeris="builtin")).jd
    for header, day in (("bjd", bjd), ("BJD_TDB", bjd), ("time [BJD]", bjd), ("btjd", bjd - 2457000), ("hjd", hjd)):
        found, _, _ = value(f"{header},mag\n{day:.9f},17\n", target=TARGET)
        assert abs(found - NOON) < dt.timedelta(milliseconds=1), header
    with pytest.raises(InvalidFileFormatException, match="only be read for a target with a position"):
        read(f"hjd,mag\n{hjd},17\n")


def test_mixed_scales_and_formats():
    rows = read("time,mag,timesys\n59000.5,1,UTC\n59000.50042824074,2,TAI\n2459001.0,3,\n2020-05-31T12:00:37,4,tai\n")
    assert all(abs(when - NOON) < dt.timedelta(milliseconds=1) for when, _, _ in rows)
    with pytest.raises(InvalidFileFormatException, match="row 2, timesys: the time scale “local” is not known"):
        read("mjd,mag,timesys\n59000,17,local\n")
    rows = read(f"# TIMESYS: TDB\nmjd,mag\n{59000.5 + 69.184 / 86400},17\n")
    assert abs(rows[0][0] - NOON) < dt.timedelta(milliseconds=2)


@pytest.mark.parametrize(
    "text",
    [
        "mjd,filter,mag,err\n59000.5,r,17.5,0.1\n",
        "\ufeffmjd,filter,mag,err\r\n59000.5,r,17.5,0.1\r\n",
        "mjd;filter;mag;err\n59000,5;r;17,5;0,1\n",
        "mjd\tfilter\tmag\terr\n59000.5\tr\t17.5\t0.1\n",
        "mjd filter mag err\n59000.5 r 17.5 0.1\n",
        "mjd filter mag err\n59000,5 r 17,5 0,1\n",
        "mjd|filter|mag|err\n59000.5|r|17.5|0.1\n",
        "# a comment\n# mjd filter mag err\n59000.5 r 17.5 0.1\n",
        "#mjd,filter,mag,err\n59000.5,r,17.5,0.1\n",
        '"mjd","filter","mag","err"\n"59000.5","r","17.5","0.1"\n',
        "Filter: r\nmjd mag err\n59000.5 17.5 0.1\n",
        "# FILTER = r / the band\nmjd,mag,err\n59000.5,17.5,0.1\n\n\n",
        "59000.5 17.5 0.1\n# FILTER: r\n",
        "mjd,filter,mag,err,\n59000.5,r,17.5,0.1,\n",
        "date,time_of_day,filter,mag,err\n2020-05-31,12:00:00,r,17.5,0.1\n",
        "date time filter mag err\n2020-05-31 12:00:00 r 17.5 0.1\n",
        "date filter mag err\n2020-05-31 12:00:00 r 17.5 0.1\n",
        "Time [MJD],Band,Mag (AB),e_Mag\n59000.5,r,17.5,0.1\n",
    ],
)
def test_one_measurement_written_in_many_ways(text):
    when, found, _ = value(text)
    assert when == NOON
    assert (found["filter"], found["magnitude"], found["error"]) == ("r", 17.5, 0.1)


def test_utf16_latin1_and_gzip():
    text = "mjd,mag,note\n59000.5,17.5,café\n"
    for content in (text.encode("utf-16"), text.encode("latin-1"), gzip.compress(text.encode())):
        name = "a.csv.gz" if content[:2] == b"\x1f\x8b" else "a.csv"
        assert value(content, name=name)[1]["note"] == "café"
    with pytest.raises(InvalidFileFormatException, match="ends too soon"):
        read(gzip.compress(text.encode() * 100)[:60], name="a.csv.gz")


def test_a_bomb_is_not_unpacked(monkeypatch):
    from tom_dataproducts.processors import reading

    monkeypatch.setattr(reading, "LARGEST", 100_000)
    with pytest.raises(InvalidFileFormatException, match="more than the 100,000 bytes"):
        read(gzip.compress(b"0" * 10_000_000), name="a.csv.gz")
    with pytest.raises(InvalidFileFormatException, match="more than the 100,000 bytes"):
        read(b"0" * 200_000)


def test_limits():
    rows = read("mjd,mag,error,limit\n1,>19.5,,\n2,,,20.5\n3,17,0.1,21\n4,99.0,-1,20\n5,-999,,20\n")
    found = [row[1] for row in rows]
    assert [each.get("limit") for each in found] == [19.5, 20.5, None, 20, 20]
    assert found[2] == {"mjd": 3, "magnitude": 17.0, "error": 0.1, "limiting_magnitude": 21.0}
    assert all("error" not in each for each in found if "limit" in each)
    rows = read("mjd,mag,upperlimit\n1,19.5,True\n2,17,False\n3,18,\n")
    assert [(row[1].get("limit"), row[1].get("magnitude")) for row in rows] == [(19.5, None), (None, 17.0), (None, 18.0)]
    with pytest.raises(InvalidFileFormatException, match=r"row 2, mag: “<19.5” is no limit \(a limit is written >19.5\)"):
        read("mjd,mag\n1,<19.5\n")


@pytest.mark.parametrize(
    ("header", "unit", "zero"),
    [
        ("mjd,flux_ujy,fluxerr_ujy", "", 23.9), ("mjd,uJy,duJy", "", 23.9), ("mjd,flux [nJy],fluxerr [nJy]", "", 31.4),
        ("mjd,flux,e_flux,flux_unit", ",mJy", 16.4), ("mjd,psfFlux,psfFluxErr", "", 31.4), ("mjd,flux,fluxerr,zp", ",25.0", 25.0),
        ("mjd,flux (Jy),error", "", 8.9),
    ],
)  # fmt: skip
def test_fluxes(header, unit, zero):
    rows = read(f"{header}\n1,100,10{unit}\n2,-5,10{unit}\n3,,10{unit}\n4,100,{unit}\n5,-5,{unit}\n")
    found = [row[1] for row in rows]
    assert found[0]["magnitude"] == pytest.approx(zero - 5)
    assert found[0]["error"] == pytest.approx(2.5 / math.log(10) * 0.1)
    assert found[1]["limit"] == found[2]["limit"] == pytest.approx(zero - 2.5 * math.log10(30))
    assert (found[1]["flux"], found[1]["flux_error"]) == (-5.0, 10.0)
    assert found[3]["magnitude"] == pytest.approx(zero - 5)
    assert "error" not in found[3]
    assert found[4]["flux"] == -5.0
    assert "magnitude" not in found[4]
    assert "limit" not in found[4]
    assert (found[0].get("unit") == "AB mag") == (zero != 25.0)


def test_a_flux_needs_a_zero_point():
    with pytest.raises(InvalidFileFormatException, match=r"row 2, flux: a flux without a zero point \(give a column `zp`"):
        read("mjd,flux,fluxerr\n1,100,10\n")
    with pytest.raises(InvalidFileFormatException, match="the unit “counts” of the flux is not known"):
        read("mjd,flux,fluxerr,flux_unit\n1,100,10,counts\n")
    # Magnitudes beside counts need none.
    assert value("mjd,mag,flux\n1,17,100\n")[1]["flux"] == 100.0


def test_other_columns():
    header = "mjd,mag,band,Telescope,Detector,Observers,exptime [min],airmass,candid,flag,source,name\n"
    _, found, source = value(header + "1,17,ztfr,P48,CCD,me,2,1.25,12345678901234,true,ZTF,0012\n")
    assert found == {
        "mjd": 1, "filter": "ztfr", "magnitude": 17.0, "telescope": "P48", "instrument": "CCD", "observer": "me", "exposure_time": 120.0,
        "airmass": 1.25, "candid": 12345678901234, "flag": "true", "name": "0012",
    }  # fmt: skip
    assert source == "ZTF"
    _, processor = run(PhotometryProcessor(), header + "1,17,ztfr,P48,CCD,me,2,1.25,12345678901234,true,ZTF,0012\n")
    assert processor.source_ids == ["12345678901234"]
    assert value("mjd,mag,fid\n1,17,2\n")[1]["filter"] == "r"
    rows = read("mjd,mag,candid\n1,17,123456789012345678\n2,17,\n")
    assert [row[1].get("candid") for row in rows] == [123456789012345678, None]


def test_sixteen_and_sixty_columns():
    names = ["mjd", "magpsf", "sigmapsf", "fid", *(f"c{i}" for i in range(56))]
    cells = ["59000.5", "17.5", "0.1", "1", *(str(i / 7) for i in range(56))]
    for width in (16, 60):
        _, found, _ = value(",".join(names[:width]) + "\n" + ",".join(cells[:width]) + "\n")
        assert (found["magnitude"], found["error"], found["filter"]) == (17.5, 0.1, "g")
        assert len(found) == width
        assert found["c11"] == 11 / 7


def test_empty_cells_duplicates_and_nan():
    rows = read("mjd,mag,err,note\n1,17,nan,--\n1,17,NaN,\n2,NaN,,x\n3,null,0.1,\n")
    assert [row[1] for row in rows] == [{"mjd": 1, "magnitude": 17.0}] * 2
    _, processor = run(PhotometryProcessor(), "mjd,mag\n1,17\n2,\n")
    assert processor.report.notes == ["1 row left out: neither magnitude, flux nor limit."]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Empty table"),
        ("\n\n# only\n", "Empty table"),
        ("mjd,mag\n", "a header and no row"),
        ("mag,filter\n17,r\n", "no column of times: name one `time`.*The columns are mag, filter"),
        ("mjd,filter\n1,r\n", "no column `magnitude`, `flux` or `limit`"),
        ("mjd,mag\nx,17\n", r"row 2, mjd: “x” is no time \(write MJD, JD or 2026"),
        ("mjd,mag\n1,17\n,17\n", "row 3, mjd: there is no time"),
        ("mjd,mag\n1,1_7\n", "row 2, mag: “1_7” is no number"),
        ("mjd,mag,err\n1,17,low\n", "row 2, err: “low” is no number"),
        ("mjd,mag\n-5,17\n", "row 2, mjd: -5 is neither"),
        ("jd,mag\n9001.5,17\n", "no complete Julian date"),
        ("mjd,mag\n1,17\n1,17,5\n", "row 3: 3 values where the header names 2 columns"),
        ("mjd,mag\n59000,5,17,5\n", "with a comma as the decimal sign, separate the columns by semicolons"),
        ("mjd mag err\n1 17\n", "row 2: 2 values where the header names 3 columns.*write nan"),
        ("1,2\n3,4\n", "the first is no column of times"),
        ("mjd\n59000\n", "one column only"),
        ("mjd,mag\n1,nan\n", "No row of this table holds"),
        ("# %ECSV 1.0\n# ---\n# datatype: [\n", "This ECSV cannot be read"),
        ("<?xml version='1.0'?><VOTABLE><RESOURCE>", "This VOTable cannot be read"),
    ],
)
def test_what_is_wrong_is_said(text, words):
    with pytest.raises(InvalidFileFormatException, match=words):
        read(text)


def test_good_rows_are_kept_when_asked_for():
    text = "mjd,mag\n59000,17\nsoon,17\n59001,bright\n59002,18,1,2\n59003,19\n"
    with pytest.raises(InvalidFileFormatException) as caught:
        read(text)
    assert [(error.row, error.column) for error in caught.value.errors] == [(3, "mjd"), (4, "mag"), (5, "")]
    rows, processor = run(PhotometryProcessor(), text, keep_good_rows=True)
    assert [row[1]["magnitude"] for row in rows] == [17.0, 19.0]
    assert processor.places == [2, 6]
    assert [error.row for error in processor.report.errors] == [3, 4, 5]


@pytest.mark.parametrize("form", ["ascii.ecsv", "votable", "fits", "ascii.ipac"])
def test_formats_of_astropy(form, tmp_path):
    table = Table(
        {
            "mjd": [59000.5, 59001.5, 59002.5],
            "mag": MaskedColumn([17.5, 99.0, 18.5], mask=[False, True, False], unit="mag"),
            "limit": MaskedColumn([0, 19.5, 0], mask=[True, False, True]),
            "filter": ["r", "g", "r"],
            "candid": np.array([1, 2, 3]) + 10**17,
            "exptime": np.array([1.0, 2.0, 3.0]) * u.min,
        }
    )
    path = tmp_path / f"t.{'fits' if form == 'fits' else 'xml' if form == 'votable' else 'txt'}"
    table.write(path, format=form)
    rows = read(path.read_bytes(), name=path.name)
    assert [row[0] for row in rows] == [NOON + dt.timedelta(days=i) for i in range(3)]
    assert [row[1].get("magnitude") for row in rows] == [17.5, None, 18.5]
    assert [row[1].get("limit") for row in rows] == [None, 19.5, None]
    assert [row[1]["filter"] for row in rows] == ["r", "g", "r"]
    assert [row[1]["exposure_time"] for row in rows] == [60.0, 120.0, 180.0]


def test_times_and_fluxes_with_units_in_binary_tables():
    table = Table({"time": Time([59000.5], format="mjd", scale="tai"), "flux": [100.0] * u.uJy, "flux_err": [1.0] * u.uJy})
    text = io.StringIO()
    table.write(text, format="ascii.ecsv")
    when, found, _ = value(text.getvalue(), name="a.ecsv")
    assert abs(when - (NOON - dt.timedelta(seconds=37))) < dt.timedelta(microseconds=5)
    assert found["magnitude"] == pytest.approx(18.9)
    table = Table({"TIME": [2001.0], "FLUX": [100.0] * u.mJy})
    table.meta.update(BJDREFI=2457000, BJDREFF=0.0, TIMESYS="TDB")
    content = io.BytesIO()
    table.write(content, format="fits")
    when, found, _ = value(content.getvalue(), name="a.fits", target=TARGET)
    assert abs(when - dt.datetime(2020, 5, 31, 12, tzinfo=dt.UTC)) < dt.timedelta(minutes=10)
    assert found["magnitude"] == pytest.approx(11.4)


def test_machine_readable_table():
    text = """Title: T
Authors: A
Table: x
================================================================================
Byte-by-byte Description of file: x.txt
--------------------------------------------------------------------------------
   Bytes Format Units Label  Explanations
--------------------------------------------------------------------------------
   1-  9 F9.2   d     JD     Julian date
  12- 16 F5.2   mag   mag    Magnitude
  18- 18 A1     ---   Filter Band
--------------------------------------------------------------------------------
2459001.0  17.50 r
2459002.0  17.60 g
"""
    rows = read(text, name="x.txt")
    assert [(row[0], row[1]["magnitude"], row[1]["filter"]) for row in rows] == [
        (NOON, 17.5, "r"), (NOON + dt.timedelta(days=1), 17.6, "g")
    ]  # fmt: skip


def test_alcdef():
    text = "STARTMETADATA\nFILTER=R\nCONTACTNAME=me\nDIFFERMAGS=TRUE\nDELIMITER=PIPE\nENDMETADATA\nDATA=2459001.0|12.5|0.01|1.2\nENDDATA\n"
    assert value(text, name="a.txt") == (
        NOON, {"time": 2459001.0, "filter": "R", "magnitude": 12.5, "error": 0.01, "airmass": 1.2, "unit": "differential mag"}, "me"
    )  # fmt: skip
    broken = text.replace("DATA=2459001.0|12.5", "DATA=x|12.5\nDATA=2459001.0|12.5")
    with pytest.raises(InvalidFileFormatException, match="row 7, DATA"):
        read(broken, name="a.txt")
    assert len(run(PhotometryProcessor(), broken, "a.txt", keep_good_rows=True)[0]) == 1


def test_atlas_rows():
    header = "###MJD m dm uJy duJy F err\n"
    rows, _ = run(AtlasProcessor(), header + "59000.5 17.5 0.1 500 10 o 0\n59001.5 -20 1 -20 10 c 0\n59002.5 1 1 nan 10 c 0\n", "a.txt")
    assert rows[0] == (NOON, {"filter": "o", "telescope": "ATLAS", "magnitude": 17.5, "error": 0.1}, "ATLAS")
    assert rows[1][1] == {"filter": "c", "telescope": "ATLAS", "limit": pytest.approx(23.9 - 2.5 * math.log10(30))}
    assert len(rows) == 2
    with pytest.raises(InvalidFileFormatException, match="row 2, uJy"):
        run(AtlasProcessor(), header + "59000.5 17.5 0.1 bright 10 o 0\n", "a.txt")


def test_panstarrs_json():
    answer = '{"info": [{"name": "epochMean"}, {"name": "gMeanPSFMag"}, {"name": "rMeanPSFMag"}], "data": [[59000.5, 17.5, -999.0]]}'
    rows, _ = run(PanstarrsProcessor(), answer, "a.json")
    assert rows == [(NOON, {"filter": "g", "telescope": "PanSTARRS 1", "magnitude": 17.5}, "PanSTARRS")]
    for broken in ("{", '{"info": [], "data": []}', '{"info": 1}', '{"info": [{"name": "a"}], "data": [[1, 2]]}'):
        with pytest.raises(InvalidFileFormatException):
            run(PanstarrsProcessor(), broken, "a.json")


def test_a_column_for_each_band():
    text = (
        "mjd,g,g_err,ps1_r [mag],e_ps1_r,g_lim,airmass,candid\n59000.5,17.5,0.1,17.1,0.05,,1.1,7\n59001,99.9,,17.2,,20.5,1.2,8\n59002,,,,,,1.3,9\n"
    )
    rows, processor = run(PhotometryProcessor(), text)
    common = {"mjd": 59000.5, "airmass": 1.1, "candid": 7}
    assert [row[1] for row in rows] == [
        {**common, "filter": "g", "magnitude": 17.5, "error": 0.1},
        {**common, "filter": "ps1_r", "magnitude": 17.1, "error": 0.05},
        {"mjd": 59001, "airmass": 1.2, "candid": 8, "filter": "g", "limit": 20.5},
        {"mjd": 59001, "airmass": 1.2, "candid": 8, "filter": "ps1_r", "magnitude": 17.2},
    ]
    assert rows[0][0] == rows[1][0] == NOON
    assert processor.places == [2, 2, 3, 3]
    assert not any(processor.source_ids)
    assert {column.name: column.meaning for column in processor.report.columns} == {
        "mjd": "time", "g": "magnitude in g", "g_err": "error in g", "ps1_r [mag]": "magnitude in ps1_r", "e_ps1_r": "error in ps1_r",
        "g_lim": "limit in g", "airmass": "", "candid": "",
    }  # fmt: skip
    assert processor.report.notes == [
        "Each band has its column of magnitudes: g, ps1_r.", "Filters keep their names and are taken for bands: ps1_r for r of PS1.",
        "1 row left out: no magnitude in any band.",
    ]  # fmt: skip
    assert [row[1]["filter"] for row in read("jd Vmag e_Vmag Kmag\n2459000.5 12.1 0.1 9\n")] == ["V", "K"]
    assert [row[1]["magnitude"] for row in read("mjd,W1,W1err,W2,W2err\n1,12,.1,11,.1\n")] == [12.0, 11.0]


def test_bad_rows_of_a_column_for_each_band():
    text = "mjd,g,g_err,r,r_err\n1,17,0.1,x,0.1\nsoon,17,0.1,18,0.1\n3,17,0.1,,\n"
    with pytest.raises(InvalidFileFormatException, match="row 2, r: “x” is no number"):
        read(text)
    rows, processor = run(PhotometryProcessor(), text, keep_good_rows=True)
    assert [(row[1]["mjd"], row[1]["filter"]) for row in rows] == [(1, "g"), (3, "g")]
    assert [(error.row, error.column) for error in processor.report.errors] == [(2, "r"), (3, "mjd")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mjd,r,r_err\n1,120,3\n", r"r, r_err are magnitudes or fluxes cannot be told \(row 2\): name them r_mag"),
        ("mjd,r,r_err\n1,17,7\n", "cannot be told"),
        ("mjd,r [uJy],r_err\n1,17,0.7\n", "is a flux in one band, which is not read. Write one row for each measurement"),
        ("mjd,flux_r,flux_r_err\n1,17,0.7\n", "is a flux in one band"),
        ("mjd,z,z_err\n1,0.05,0.001\n", "cannot be told"),
        ("mjd,g,g_err,limit\n1,17,0.1,20\n", "limit does not say of which: name it g_limit"),
        ("mjd,gmag,err\n1,17,0.1\n", "err does not say of which: name it g_err"),
        ("mjd,g_mag,g,g_err\n1,17,17,0.1\n", "Both g_mag and g are the magnitude in g"),
        ("mjd,g,g_err,r_err\n1,17,0.1,0.1\n", "r_err belongs to r, of which there is no column of magnitudes"),
        ("mjd,V,V_err,y\n1,17,0.1,12.5\n", "column y holds magnitudes cannot be told: name it y_mag"),
        ("mjd,x,y,z\n1,2,3,4\n", "no column `magnitude`, `flux` or `limit`"),
    ],
)
def test_columns_of_bands_that_would_be_guessed_are_refused(text, words):
    with pytest.raises(InvalidFileFormatException, match=words):
        read(text)


def test_pixels_are_no_bands():
    assert value("mjd,V,V_err,x,y\n1,17,0.1,100,512.5\n")[1] == {"mjd": 1, "filter": "V", "magnitude": 17.0, "error": 0.1, "x": 100, "y": 512.5}


def test_filters_keep_their_names_and_what_they_are_taken_for_is_told():
    rows, processor = run(PhotometryProcessor(), "mjd,filter,mag\n1,ztfr,17\n2,gp,17\n3,V,17\n4,rr,17\n5,,17\n")
    assert [row[1].get("filter") for row in rows] == ["ztfr", "gp", "V", "rr", None]
    assert processor.report.notes == [
        "Filters keep their names and are taken for bands: gp for g, ztfr for r of ZTF.",
        "No wavelength is on record for rr: see that this is how you mean to name it.",
    ]


def test_one_bad_time_makes_no_text_of_the_others():
    rows, _ = run(PhotometryProcessor(), "mjd,mag,airmass\n59000.5,17,1.1\nsoon,17,bad\n59001,17,1.2\n", keep_good_rows=True)
    assert [row[1] for row in rows] == [{"mjd": 59000.5, "magnitude": 17.0, "airmass": 1.1}, {"mjd": 59001.0, "magnitude": 17.0, "airmass": 1.2}]
