"""Every number of the demo stands in the file that it names."""

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest

from tom_setup import demo
from tom_setup.demo.packets import load_objects, write_packets

DEMO = Path(demo.__file__).parent
OBJECTS = list(load_objects())


def rows_of(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(line for line in stream if not line.startswith("#")))


@pytest.mark.parametrize("entry", OBJECTS, ids=lambda entry: entry["name"])
def test_every_object_cites_a_file_and_a_reference(entry):
    assert entry["citations"]
    for citation in entry["citations"]:
        assert citation["what"]
        assert citation["file"]
        assert citation["reference"]
    for product in entry["products"]:
        assert (DEMO / "data" / product["file"]).is_file()


def test_all_kinds_of_objects_are_there():
    kinds = " ".join(entry["kind"] for entry in OBJECTS)
    for kind in ("supernova", "kilonova", "microlensing", "variable star", "asteroid", "comet"):
        assert kind in kinds


@pytest.mark.recorded
@pytest.mark.parametrize("name", ["AT2017gfo", "SN2021gvm"])
def test_flux_tables_are_the_recorded_ones(shared_data, name):
    source = {"AT2017gfo": "AT2017gfo_optical.csv", "SN2021gvm": "ZTF21aaqjmps_phot.csv"}[name]
    ours, theirs = rows_of(DEMO / "data" / f"{name}_photometry.csv"), rows_of(shared_data / "lightcurves" / source)
    assert {r["zp"] for r in theirs} == {"23.9"}  # AB zero point of one microjansky
    assert {r["magsys"] for r in theirs} == {"ab"}
    assert [(r["mjd"], r["filter"], r["flux"], r["flux_error"]) for r in ours] == [
        (r["mjd"], r["filter"], r["flux"], r["fluxerr"]) for r in theirs
    ]


@pytest.mark.recorded
def test_sn2012aw_is_the_recorded_one(shared_data):
    theirs = {
        (band, *line.split()[:3])
        for band, file in (("B", "sn2012aw.out_B"), ("g", "sn2012aw.out_g_2.5m"))
        for line in (shared_data / "lightcurves" / file).read_text().splitlines()[4:]
    }
    ours = {(r["filter"], r["mjd"], r["magnitude"], r["error"]) for r in rows_of(DEMO / "data" / "SN2012aw_photometry.csv")}
    assert ours == theirs


@pytest.mark.recorded
def test_atlas_table_is_the_recorded_one(shared_data):
    lines = (shared_data / "atlas" / "AT2020wol_job01088.txt").read_text().splitlines()[1:]
    theirs = [(c[0], f"atlas{c[5]}", c[3], c[4]) for c in map(str.split, lines)]
    ours = [(r["mjd"], r["filter"], r["flux"], r["flux_error"]) for r in rows_of(DEMO / "data" / "SN2020wol_photometry.csv")]
    assert ours == theirs


@pytest.mark.recorded
def test_spectra_are_the_recorded_ones(shared_data):
    fits = pytest.importorskip("astropy.io.fits")
    import numpy as np

    with (
        fits.open(DEMO / "data" / "AT2020caa_gmos.fits") as ours,
        fits.open(shared_data / "spectra" / "gemini_gmos_S20210219S0075_1D.fits") as theirs,
    ):
        assert np.array_equal(ours[0].data, theirs[1].data, equal_nan=True)
        for key in ("CRVAL1", "CRPIX1", "CD1_1", "CUNIT1", "CTYPE1", "BUNIT"):
            assert ours[0].header[key] == theirs[1].header[key]


@pytest.mark.recorded
def test_orbits_are_the_recorded_ones(shared_data):
    objects = {entry["name"]: entry.get("elements") for entry in OBJECTS}
    names = {"1 Ceres (A801 AA)": "Ceres", "2024 YR4": "2024YR4_phys", "67P/Churyumov-Gerasimenko": "67P_phys"}
    for name, file in names.items():
        answer = json.loads((shared_data / "jpl_sbdb" / f"{file}.json").read_text())
        theirs = {e["name"]: e["value"] for e in answer["orbit"]["elements"]}
        ours = objects[name]
        assert (ours["eccentricity"], ours["inclination"], ours["lng_asc_node"], ours["arg_of_perihelion"]) == tuple(
            theirs[k] for k in ("e", "i", "om", "w")
        )
        assert Decimal(ours["epoch_of_elements"]) + Decimal("2400000.5") == Decimal(answer["orbit"]["epoch"])
        if ours["scheme"] == "MPC_COMET":
            assert ours["perihdist"] == theirs["q"]
            assert Decimal(ours["epoch_of_perihelion"]) + Decimal("2400000.5") == Decimal(theirs["tp"])
        else:
            assert (ours["mean_anomaly"], ours["semimajor_axis"]) == (theirs["ma"], theirs["a"])
    comet = json.loads((shared_data / "mpc" / "comet_object_C2012S1.json").read_text())[0]
    assert objects["C/2012 S1 (ISON)"]["perihdist"] == comet["perihelion_distance"]
    assert objects["C/2012 S1 (ISON)"]["eccentricity"] == comet["eccentricity"]


@pytest.mark.recorded
def test_alert_measurements_are_the_recorded_ones(shared_data):
    ours = json.loads((DEMO / "alerts" / "ztf_ZTF20aaelulu.json").read_text())
    theirs = json.loads((shared_data / ours["source"]).read_text())
    assert {(d["candid"], d["mjd"], d["magpsf"], d["ra"], d["dec"]) for d in ours["detections"]} == {
        (d["candid"], d["mjd"], d["magpsf"], d["ra"], d["dec"]) for d in theirs["detections"]
    }
    assert {(d["mjd"], d["fid"], d["diffmaglim"]) for d in ours["non_detections"]} == {
        (d["mjd"], d["fid"], d["diffmaglim"]) for d in theirs["non_detections"]
    }
    ours = json.loads((DEMO / "alerts" / "ztf_ZTF19aawgxdn.json").read_text())
    theirs = rows_of(shared_data / ours["source"])
    assert {(d["candid"], d["mjd"], d["magpsf"]) for d in ours["detections"]} == {
        (d["candid"], float(d["mjd"]), float(d["magpsf"])) for d in theirs
    }
    ours = json.loads((DEMO / "alerts" / "lsst_313637921267122191.json").read_text())
    theirs = json.loads((shared_data / ours["source"]).read_text())
    assert {(s["diaSourceId"], s["midpointMjdTai"], s["psfFlux"], s["band"]) for s in ours["diaSources"]} == {
        (s["diaSourceId"], s["midpointMjdTai"], s["psfFlux"], s["band"]) for s in theirs["diaSourcesList"]
    }


def test_packets_decode_to_the_measurements(tmp_path):
    fastavro = pytest.importorskip("fastavro")

    written = {path.stem: list(fastavro.reader(io.BytesIO(path.read_bytes()))) for path in write_packets(tmp_path)}
    content = json.loads((DEMO / "alerts" / "ztf_ZTF20aaelulu.json").read_text())
    packets = written["ztf_ZTF20aaelulu"]
    assert [str(p["candid"]) for p in packets] == [d["candid"] for d in content["detections"]]
    assert [p["candidate"]["magpsf"] for p in packets] == pytest.approx([d["magpsf"] for d in content["detections"]], abs=1e-6)
    last = packets[-1]
    assert sum(row["candid"] is not None for row in last["prv_candidates"]) == len(packets) - 1
    assert all(row["magpsf"] is None for row in last["prv_candidates"] if row["candid"] is None)
    sources = json.loads((DEMO / "alerts" / "lsst_313637921267122191.json").read_text())["diaSources"]
    fluxes = sorted(p["diaSource"]["psfFlux"] for p in written["lsst_313637921267122191"])
    assert fluxes == pytest.approx(sorted(s["psfFlux"] for s in sources))
