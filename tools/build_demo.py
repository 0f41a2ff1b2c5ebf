"""Makes the files of `src/tom_setup/demo/` from the sources that each of them names.

    python tools/build_demo.py --recorded DIR --oac OAC_metadata.csv --mulens DIR

`--recorded` is the folder of recorded service answers and light curves; `--oac` is `redback/tables/OAC_metadata.csv`
of the package redback 1.20.0 (a copy of the Open Astronomy Catalogs' index); `--mulens` is the unpacked source
distribution of MulensModel 3.12.0. Every number is copied, none is made up: where a survey's packet needs a value that
the source does not hold, the survey's own "no value" mark (-999) is written.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path
from typing import Any

DEMO = Path(__file__).resolve().parents[1] / "src" / "tom_setup" / "demo"
OAC = "Open Astronomy Catalogs index, redback 1.20.0: redback/tables/OAC_metadata.csv"
GUILLOCHON = "Guillochon et al. 2017, ApJ 835, 64 (Open Astronomy Catalogs)"


def recorded(path: str) -> str:
    return f"recorded data: {path}"


def cite(what: str, file: str, reference: str) -> dict[str, str]:
    return {"what": what, "file": file, "reference": reference}


class Builder:
    def __init__(self, recorded_dir: Path, oac: Path, mulens: Path) -> None:
        self.dir, self.mulens = recorded_dir, mulens
        self.objects: list[dict[str, Any]] = []
        with oac.open(newline="") as stream:
            self.oac = {row["event"]: row for row in csv.DictReader(stream)}

    # --- writing -------------------------------------------------------------------------------------------------
    def table(self, name: str, header: list[str], comments: list[str], rows: list[list[Any]]) -> str:
        with (DEMO / "data" / name).open("w", newline="") as stream:
            for line in comments:
                stream.write(f"# {line}\n")
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)
        return name

    def oac_position(self, event: str) -> dict[str, Any]:
        row = self.oac[event]
        return {"ra": row["ra"].split(",")[0], "dec": row["dec"].split(",")[0], "redshift": row["redshift"].split(",")[0]}

    def add(self, **entry: Any) -> None:
        self.objects.append(entry)

    # --- objects with files of measurements ----------------------------------------------------------------------
    def kilonova(self) -> None:
        source = "lightcurves/AT2017gfo_optical.csv"
        with (self.dir / source).open(newline="") as stream:
            rows = [[r["mjd"], r["filter"], r["flux"], r["fluxerr"], "uJy"] for r in csv.DictReader(stream)]
        name = self.table(
            "AT2017gfo_photometry.csv",
            ["mjd", "filter", "flux", "flux_error", "flux_unit"],
            [f"source: {source}; flux with AB zero point 23.9, which is microjansky"],
            rows,
        )
        self.add(
            name="AT2017gfo",
            kind="kilonova",
            aliases=["SSS17a", "DLT17ck"],
            position=self.oac_position("SN2017gfo"),
            products=[{"file": name, "type": "photometry"}],
            citations=[
                cite("position, redshift, aliases", OAC, GUILLOCHON),
                cite("photometry", recorded(source), "compilation distributed with SkyPortal (BSD-3-Clause), data/AT2017gfo_optical.csv"),
            ],
        )

    def sn2012aw(self) -> None:
        rows: list[list[Any]] = []
        for band, source in (("B", "lightcurves/sn2012aw.out_B"), ("g", "lightcurves/sn2012aw.out_g_2.5m")):
            for line in (self.dir / source).read_text().splitlines()[4:]:
                mjd, mag, error, magsys, telescope, _, *reference = line.split()
                rows.append([mjd, band, mag, error, magsys, telescope, " ".join(reference)])
        rows.sort(key=lambda r: (float(r[0]), r[1]))
        name = self.table(
            "SN2012aw_photometry.csv",
            ["mjd", "filter", "magnitude", "error", "magsys", "telescope", "reference"],
            ["source: lightcurves/sn2012aw.out_B, lightcurves/sn2012aw.out_g_2.5m"],
            rows,
        )
        self.add(
            name="SN 2012aw",
            kind="supernova (type II)",
            aliases=[],
            position=self.oac_position("SN2012aw"),
            products=[{"file": name, "type": "photometry"}],
            citations=[
                cite("position, redshift", OAC, GUILLOCHON),
                cite(
                    "photometry",
                    recorded("lightcurves/sn2012aw.out_B, sn2012aw.out_g_2.5m"),
                    "Bose et al. 2013 and the others named in column reference; data_examples of alercebroker/lc_classifier (MIT)",
                ),
            ],
        )

    def sn2021gvm(self) -> None:
        source = "lightcurves/ZTF21aaqjmps_phot.csv"
        with (self.dir / source).open(newline="") as stream:
            rows = [[r["mjd"], r["filter"], r["flux"], r["fluxerr"], "uJy"] for r in csv.DictReader(stream)]
        phot = self.table(
            "SN2021gvm_photometry.csv",
            ["mjd", "filter", "flux", "flux_error", "flux_unit"],
            [f"source: {source}; flux with AB zero point 23.9, which is microjansky; an empty flux is a non-detection"],
            rows,
        )
        self.add(
            name="SN 2021gvm",
            kind="supernova",
            aliases=["ZTF21aaqjmps"],
            position=self.oac_position("SN2021gvm"),
            products=[{"file": phot, "type": "photometry"}],
            citations=[
                cite("position, redshift, alias", OAC, GUILLOCHON),
                cite("photometry", recorded(source), "SkyPortal sample data (BSD-3-Clause), data/ZTF21aaqjmps_phot.csv"),
            ],
        )

    def sn2020wol(self) -> None:
        source = "atlas/AT2020wol_job01088.txt"
        lines = [line.split() for line in (self.dir / source).read_text().splitlines()]
        at = {title: index for index, title in enumerate(lines[0])}
        name = self.table(
            "SN2020wol_photometry.csv",
            ["mjd", "filter", "flux", "flux_error", "flux_unit", "telescope"],
            [f"source: {source}; forced photometry on difference images, filters c and o of ATLAS"],
            [[r[at["###MJD"]], f"atlas{r[at['F']]}", r[at["uJy"]], r[at["duJy"]], "uJy", "ATLAS"] for r in lines[1:]],
        )
        self.add(
            name="SN 2020wol",
            kind="supernova (type II)",
            aliases=["ZTF20acjbhhp"],
            position=self.oac_position("SN2020wol"),
            products=[{"file": name, "type": "photometry"}],
            citations=[
                cite("position, redshift, alias, type", OAC, GUILLOCHON),
                cite(
                    "photometry",
                    recorded(source),
                    "ATLAS forced photometry server: Shingles et al. 2021, TNSAN 7; Tonry et al. 2018, PASP 130, 064505",
                ),
            ],
        )

    def microlensing(self) -> None:
        source = "data/photometry_files/OB140939/ob140939_OGLE.dat"
        rows = [line.split()[:3] for line in (self.mulens / source).read_text().splitlines() if line.strip()]
        name = self.table(
            "OGLE-2014-BLG-0939_photometry.csv",
            ["hjd", "filter", "magnitude", "error", "telescope"],
            [f"source: MulensModel 3.12.0, {source}; heliocentric julian dates, I band"],
            [[hjd, "I", mag, error, "OGLE"] for hjd, mag, error in rows],
        )
        self.add(
            name="OGLE-2014-BLG-0939",
            kind="microlensing event",
            aliases=[],
            position={"ra": "17:47:12.25", "dec": "-21:22:58.7"},
            products=[{"file": name, "type": "photometry"}],
            citations=[
                cite("position", "MulensModel 3.12.0 (MIT): source/MulensModel/tests/test_Coords.py", "Yee et al. 2015, ApJ 802, 76"),
                cite(
                    "photometry", f"MulensModel 3.12.0 (MIT): {source}", "Yee et al. 2015, ApJ 802, 76, through the NASA Exoplanet Archive"
                ),
            ],
        )

    def spectra(self) -> None:
        from astropy.io import fits

        source = "spectra/gemini_gmos_S20210219S0075_1D.fits"
        with fits.open(self.dir / source) as hdus:
            primary, science = hdus[0].header, hdus[1]
            header = fits.Header()
            for key in ("OBJECT", "DATE-OBS", "TIME-OBS", "TELESCOP", "INSTRUME", "EXPTIME", "RA", "DEC"):
                if key in primary:
                    header[key] = primary[key]
            for key in ("CTYPE1", "CRVAL1", "CRPIX1", "CDELT1", "CD1_1", "CUNIT1", "BUNIT"):
                if key in science.header:
                    header[key] = science.header[key]
            header["ORIGFILE"] = source.rsplit("/", 1)[1]
            fits.PrimaryHDU(science.data.astype(">f8"), header).writeto(DEMO / "data" / "AT2020caa_gmos.fits", overwrite=True)
            position = {"ra": repr(primary["RA"]), "dec": repr(primary["DEC"])}
        self.add(
            name="AT2020caa",
            kind="transient",
            aliases=["ZTF20aamibse"],
            position=position,
            products=[{"file": "AT2020caa_gmos.fits", "type": "spectroscopy"}],
            citations=[
                cite(
                    "position and spectrum",
                    recorded(source),
                    "Gemini Observatory GMOS-S, reduced by DRAGONS (goats test data, BSD-3-Clause)",
                ),
                cite("alias", OAC, GUILLOCHON),
            ],
        )

    def gaia(self) -> None:
        source = "gaia_alerts/alerts_csv_excerpt.csv"
        with (self.dir / source).open(newline="") as stream:
            rows = {r["#Name"]: r for r in csv.DictReader(stream, skipinitialspace=True)}
        for name, kind in (
            ("Gaia21een", "variable star (candidate cataclysmic variable)"),
            ("Gaia21edy", "variable star (outburst of candidate cataclysmic variable MGAB-V829)"),
        ):
            row = rows[name]
            file = self.table(
                f"{name}_photometry.csv",
                ["time", "filter", "magnitude", "telescope"],
                [f"source: {source}; the alert's own magnitude, Gaia G; times in UTC"],
                [[row["Date"].replace(" ", "T"), "G", row["AlertMag"], "Gaia"]],
            )
            self.add(
                name=name,
                kind=kind,
                aliases=[row["TNSid"]],
                position={"ra": row["RaDeg"], "dec": row["DecDeg"]},
                products=[{"file": file, "type": "photometry"}],
                citations=[
                    cite(
                        "position, magnitude, alias, comment",
                        recorded(source),
                        "Gaia Photometric Science Alerts: Hodgkin et al. 2021, A&A 652, A76",
                    )
                ],
            )

    # --- the Solar System ----------------------------------------------------------------------------------------
    def small_bodies(self) -> None:
        for file, scheme in (("Ceres", "MPC_MINOR_PLANET"), ("2024YR4_phys", "MPC_MINOR_PLANET"), ("67P_phys", "MPC_COMET")):
            source = f"jpl_sbdb/{file}.json"
            answer = json.loads((self.dir / source).read_text())
            element = {e["name"]: e["value"] for e in answer["orbit"]["elements"]}
            physical = {p["name"]: p["value"] for p in answer.get("phys_par", [])}
            fields = {
                "scheme": scheme,
                "epoch_of_elements": mjd(answer["orbit"]["epoch"]),
                "inclination": element["i"],
                "lng_asc_node": element["om"],
                "arg_of_perihelion": element["w"],
                "eccentricity": element["e"],
            }
            if scheme == "MPC_COMET":
                fields |= {"perihdist": element["q"], "epoch_of_perihelion": mjd(element["tp"])}
                fields |= {ours: physical[theirs] for ours, theirs in (("abs_mag", "M1"),) if theirs in physical}
            else:
                fields |= {"mean_anomaly": element["ma"], "semimajor_axis": element["a"], "mean_daily_motion": element["n"]}
                fields |= {"abs_mag": physical["H"]} if "H" in physical else {}
            self.add(
                name=unbracket(answer["object"]["fullname"]),
                kind="comet" if scheme == "MPC_COMET" else "asteroid",
                aliases=[],
                elements=fields,
                products=[],
                citations=[cite("orbital elements, epoch (TDB)", recorded(source), "JPL Small-Body Database API")],
            )
        source = "mpc/comet_object_C2012S1.json"
        row = json.loads((self.dir / source).read_text())[0]
        self.add(
            name="C/2012 S1 (ISON)",
            kind="comet",
            aliases=[],
            elements={
                "scheme": "MPC_COMET",
                "epoch_of_elements": mjd(row["epoch_jd"]),
                "inclination": row["inclination"],
                "lng_asc_node": row["ascending_node"],
                "arg_of_perihelion": row["argument_of_perihelion"],
                "eccentricity": row["eccentricity"],
                "perihdist": row["perihelion_distance"],
                "epoch_of_perihelion": mjd(row["perihelion_date_jd"]),
            },
            products=[],
            citations=[cite("orbital elements", recorded(source), "Minor Planet Center, MPEC 2014-Q43")],
        )
        source = "mpc/2020AB_mpcorb.json"
        orbit = json.loads((self.dir / source).read_text())
        q, e, i, node, argperi, _ = orbit["COM"]["coefficient_values"]
        peri = orbit["COM"]["coefficient_values"][5]
        self.add(
            name="2020 AB",
            kind="asteroid",
            aliases=[],
            elements={
                "scheme": "MPC_COMET",
                "epoch_of_elements": str(orbit["epoch_data"]["epoch"]),
                "inclination": str(i),
                "lng_asc_node": str(node),
                "arg_of_perihelion": str(argperi),
                "eccentricity": str(e),
                "perihdist": str(q),
                "epoch_of_perihelion": str(peri),
            },
            products=[],
            citations=[cite("orbital elements, as perihelion distance and time", recorded(source), "Minor Planet Center orbit file")],
        )

    # --- objects that come in as alerts --------------------------------------------------------------------------
    def alerts(self) -> None:
        json_source = "alerce/lightcurve_ZTF20aaelulu.json"
        curve = json.loads((self.dir / json_source).read_text())
        self.ztf("ZTF20aaelulu", json_source, curve["detections"], curve["non_detections"])
        self.alert_object("SN 2020oi", "supernova (type Ic)", "SN2020oi", "ZTF20aaelulu", json_source)
        for oid, event, name, kind in (("ZTF19aawgxdn", "SN2019gmh", "SN 2019gmh", "supernova (type II)"),):
            source = f"alerce/{oid}_detections.csv"
            with (self.dir / source).open(newline="") as stream:
                detections = list(csv.DictReader(stream))
            with (self.dir / f"alerce/{oid}_non_detections.csv").open(newline="") as stream:
                limits = list(csv.DictReader(stream))
            self.ztf(oid, source, detections, limits)
            self.alert_object(name, kind, event, oid, source)
        source = "lasair/lsst_alert_313637921267122191.json"
        alert = json.loads((self.dir / source).read_text())
        sources = [{k: v for k, v in s.items() if usable(v)} for s in alert["diaSourcesList"]]
        for s in sources:
            s["dec"] = s.pop("decl", s.get("dec"))
        dia_object = {k: v for k, v in alert["diaObject"].items() if usable(v)}
        dia_object["dec"] = dia_object.pop("decl", dia_object.get("dec"))
        write_json(DEMO / "alerts" / "lsst_313637921267122191.json", {"source": source, "diaObject": dia_object, "diaSources": sources})
        self.add(
            name="LSST 313637921267122191",
            kind="Rubin/LSST object",
            arrives_as_alert="lsst_313637921267122191.json",
            aliases=[],
            products=[],
            citations=[
                cite(
                    "position and fluxes", recorded(source), "Vera C. Rubin Observatory alert, as stored by Lasair (test data, Apache-2.0)"
                )
            ],
        )

    def alert_object(self, name: str, kind: str, event: str, oid: str, source: str) -> None:
        position = self.oac_position(event)
        self.add(
            name=name,
            kind=kind,
            aliases=[oid],
            position=position,
            arrives_as_alert=f"ztf_{oid}.json",
            products=[],
            citations=[
                cite("name, position, redshift, type", OAC, GUILLOCHON),
                cite(
                    "photometry and upper limits",
                    recorded(source),
                    "ZTF (Bellm et al. 2019, PASP 131, 018002) through ALeRCE (Förster et al. 2021, AJ 161, 242)",
                ),
            ],
        )

    def ztf(self, oid: str, source: str, detections: list[dict[str, Any]], limits: list[dict[str, Any]]) -> None:
        keep = (
            "fid",
            "pid",
            "diffmaglim",
            "nid",
            "distnr",
            "magpsf",
            "sigmapsf",
            "magap",
            "sigmagap",
            "ra",
            "dec",
            "rb",
            "rbversion",
            "drb",
            "magapbig",
            "sigmagapbig",
            "rfid",
        )
        rows = []
        for d in sorted(detections, key=lambda d: float(d["mjd"])):
            row: dict[str, Any] = {
                "mjd": float(d["mjd"]),
                "candid": str(d["candid"]),
                "isdiffpos": "t" if str(d["isdiffpos"]) == "1" else "f",
            }
            row |= {k: number(d[k]) for k in keep if d.get(k) not in (None, "")}
            rows.append(row)
        write_json(
            DEMO / "alerts" / f"ztf_{oid}.json",
            {
                "source": source,
                "objectId": oid,
                "detections": rows,
                "non_detections": sorted(({k: number(x[k]) for k in ("mjd", "fid", "diffmaglim")} for x in limits), key=lambda x: x["mjd"]),
            },
        )

    def run(self) -> None:
        for step in (
            self.alerts,
            self.kilonova,
            self.sn2012aw,
            self.sn2021gvm,
            self.sn2020wol,
            self.microlensing,
            self.spectra,
            self.gaia,
            self.small_bodies,
        ):
            step()
        write_json(DEMO / "objects.json", self.objects)


def usable(value: Any) -> bool:
    return value is not None and not isinstance(value, (list, dict)) and value == value


def number(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def unbracket(name: str) -> str:
    return name[1:-1] if name.startswith("(") else name


def mjd(jd: str) -> str:
    """A julian date as modified julian date, in decimal arithmetic so that no digit is made or lost."""
    from decimal import Decimal

    return str(Decimal(jd) - Decimal("2400000.5"))


def write_json(path: Path, value: Any) -> None:
    lines = json.dumps(value, indent=1, ensure_ascii=False)
    path.write_text(lines + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option in ("--recorded", "--oac", "--mulens"):
        parser.add_argument(option, type=Path, required=True)
    options = parser.parse_args()
    Builder(options.recorded, options.oac, options.mulens).run()
