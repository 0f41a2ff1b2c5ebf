"""Which column of a table of photometry means what: names and units that observers and surveys use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tom_dataproducts.exceptions import InvalidFileFormatException

from .tables import RawTable

SCALES = {"utc": "utc", "ut": "utc", "ut1": "utc", "tai": "tai", "tt": "tt", "tdt": "tt", "et": "tt", "tdb": "tdb", "tcb": "tcb"}
"""Names of time scales (UT1 is within 0.9 s of UTC and is taken for it)."""

# Times, in the order in which a table with several of them is read. "auto" tells MJD from JD by size.
TIMES = {
    "time": "auto", "mjd": "mjd", "mjd_obs": "mjd", "mjdobs": "mjd", "obs_mjd": "mjd", "obsmjd": "mjd", "mjd_mid": "mjd", "midmjd": "mjd",
    "expmidptmjd": "mjd", "midpointmjdtai": "mjd", "midpointtai": "mjd", "mjd_start": "mjd", "jd": "jd", "obsjd": "jd", "obs_jd": "jd",
    "jd_obs": "jd", "julian_date": "jd", "juliandate": "jd", "isot": "iso", "iso": "iso", "date_obs": "iso", "dateobs": "iso",
    "obs_date": "iso", "obsdate": "iso", "datetime": "iso", "date_time": "iso", "date": "iso", "utdate": "iso", "ut_date": "iso",
    "utc": "iso", "ut": "iso", "obstime": "auto", "obs_time": "auto", "observation_time": "auto", "t": "auto", "timestamp": "auto",
    "bjd": "bjd", "hjd": "hjd", "btjd": "btjd", "bkjd": "bkjd", "unixtime": "unix", "unix_time": "unix",
}  # fmt: skip
TAI_BY_NAME = frozenset({"midpointmjdtai", "midpointtai"})
TIME_WORDS = {
    "auto": "date, MJD or JD", "mjd": "MJD", "jd": "JD", "hjd": "heliocentric JD", "bjd": "barycentric JD", "iso": "date",
    "btjd": "barycentric JD - 2457000", "bkjd": "barycentric JD - 2454833", "unix": "seconds since 1970",
}  # fmt: skip

NAMES: dict[str, tuple[str, ...]] = {
    "filter": ("bandpass", "filter", "band", "filt", "passband", "filter_name", "flt", "f"),
    "filter number of ZTF": ("fid",),
    "magnitude": (
        "brightness",
        "magnitude",
        "mag",
        "magpsf",
        "psfmag",
        "psf_mag",
        "mag_psf",
        "abmag",
        "ab_mag",
        "mag_ab",
        "vegamag",
        "calmag",
        "mag_cal",
        "mag_auto",
        "mag_aper",
        "apmag",
        "apermag",
        "m",
        "averagemag",
    ),
    "error": (
        "error",
        "brightness_error",
        "magnitude_error",
        "mag_err",
        "mag_error",
        "magerr",
        "e_mag",
        "emag",
        "dmag",
        "magnitudeerror",
        "magnitude_err",
        "e_magnitude",
        "sigmapsf",
        "sigma_mag",
        "mag_sigma",
        "mag_unc",
        "magunc",
        "mag_uncertainty",
        "psfmagerr",
        "magerr_auto",
        "merr",
        "err",
        "dm",
        "sigma",
        "unc",
        "uncertainty",
        "uncert",
    ),
    "limit": (
        "limit",
        "limiting_mag",
        "limiting_magnitude",
        "limitmag",
        "limit_mag",
        "limiting_brightness",
        "limmag",
        "lim_mag",
        "mag_lim",
        "maglim",
        "mag_limit",
        "diffmaglim",
        "mag5sig",
        "upper_limit",
        "upperlimit",
        "uplim",
        "ulim",
        "lim",
        "depth",
        "is_limit",
        "is_upper_limit",
        "nondetection",
        "non_detection",
        "is_upperlimit",
    ),
    "flux": ("flux", "flux_density", "psfflux", "psf_flux", "fnu", "f_nu", "forcediffimflux", "ujy", "njy", "mjy", "jy"),
    "flux_error": (
        "flux_error",
        "fluxerr",
        "flux_err",
        "e_flux",
        "dflux",
        "flux_unc",
        "eflux",
        "fluxerror",
        "sigma_flux",
        "psffluxerr",
        "psf_flux_err",
        "fnu_err",
        "forcediffimfluxunc",
        "dujy",
        "dnjy",
        "dmjy",
        "djy",
        "ujy_err",
        "njy_err",
        "mjy_err",
        "jy_err",
        "flux_uncertainty",
    ),
    "flux_unit": ("flux_unit", "flux_units", "fluxunit"),
    "zero_point": ("zp", "zeropoint", "zero_point", "zpt", "magzp", "magzpsci", "zpdiff", "flux_zp", "ab_zp"),
    "source": ("source", "source_name"),
    "unit": ("unit", "units", "mag_unit", "brightness_unit"),
    "system": ("magsys", "zpsys", "magnitude_system", "mag_system", "photsys"),
    "telescope": ("telescope", "tel", "facility", "observatory"),
    "instrument": ("instrument", "inst", "instrume", "camera", "detector"),
    "observer": ("observer", "observers"),
    "exposure_time": ("exposure_time", "exptime", "exposure", "exp_time", "exposuretime", "exp", "texp", "t_exp"),
    "identifier": ("candid", "diasourceid", "diaforcedsourceid"),
    "time scale": ("timesys", "time_scale", "timescale"),
    "time of day": ("time_of_day", "tod", "uttime", "ut_time", "ut_start"),
}
"""Meaning to names, lower case and with `_` for blanks, hyphens and points; of several that are there the first counts."""

FLUX_UNITS = {"ujy": "uJy", "njy": "nJy", "mjy": "mJy", "jy": "Jy"}
NANOJANSKY_BY_NAME = frozenset({"psfflux", "psffluxerr"})
"""Rubin's names; its fluxes are in nJy."""
KNOWN = frozenset({*TIMES, *(name for names in NAMES.values() for name in names)})


@dataclass
class Meanings:
    """What the columns of one table mean."""

    columns: dict[str, str]
    """Meaning to name of the column; `time` is always there."""
    time_format: str
    scale: str
    flux_unit: str = ""
    magnitude_unit: str = ""
    exposure_unit: str = ""
    reference_day: float = 0.0
    """Day that is added to the numbers of the time column (FITS: MJDREF, BJDREF)."""
    notes: list[str] = field(default_factory=list)

    def __getitem__(self, meaning: str) -> str | None:
        return self.columns.get(meaning)

    def of(self, name: str) -> str:
        return next((meaning for meaning, column in self.columns.items() if column == name), "")


def bare_name(name: str) -> tuple[str, str]:
    """Name in lower case with `_` for other separators, and the unit that stands in brackets behind it."""
    match = re.match(r"^\s*#*\s*(.*?)\s*(?:[\[(]\s*(.*?)\s*[\])])?\s*$", name)
    bare, unit = (match[1], match[2] or "") if match else (name, "")
    return re.sub(r"[\s.\-]+", "_", bare.strip()).lower(), unit


def meanings_of(table: RawTable, given: Mapping[str, str] | None = None) -> Meanings:
    """What the columns mean, `given` (meaning to name) beside their names. InvalidFileFormatException: no time, or nothing measured."""
    bare: dict[str, str] = {}
    units = dict(table.units)
    scales: dict[str, str] = {}
    for name in table.names:
        key, unit = bare_name(name)
        if unit:
            units.setdefault(name, unit)
        for end in SCALES:
            if key.endswith("_" + end) and key[: -len(end) - 1] in TIMES:
                scales[name], key = SCALES[end], key[: -len(end) - 1]
                break
        for end, flux_unit in FLUX_UNITS.items():
            short = key[: -len(end) - 1]
            if key.endswith("_" + end) and short in (*NAMES["flux"], *NAMES["flux_error"]):
                units.setdefault(name, flux_unit)
                key = short
                break
        bare.setdefault(key, name)
    columns = {meaning: bare[first] for meaning, names in NAMES.items() if (first := next((n for n in names if n in bare), None))}
    columns |= given or {}
    time = next((key for key in TIMES if key in bare), None)
    if time is None:
        raise InvalidFileFormatException(
            "There is no column of times: name one `time` (MJD, UTC), `mjd`, `jd`, `hjd`, `bjd` or `isot`. "
            f"The columns are {_listed(table.names)}."
        )
    found = Meanings(columns, TIMES[time], "utc")
    _settle_time(found, bare, time, units.get(bare[time], ""), scales.get(bare[time], ""), table)
    _settle_brightness(found, bare, units, table)
    exposure = found["exposure_time"]
    found.exposure_unit = units.get(exposure, "") if exposure else ""
    return found


def _settle_time(found: Meanings, bare: dict[str, str], time: str, unit: str, scale: str, table: RawTable) -> None:
    name = bare[time]
    words = re.split(r"[\s_,;=/()]+", unit.lower())
    form = next((word for word in words if word in ("mjd", "jd", "hjd", "bjd", "btjd", "bkjd")), "")
    if form and found.time_format == "auto":
        found.time_format = form
    if time == "time" and "date" in bare and all(re.match(r"\d?\d:\d\d", str(cell)) for cell in table.cells(name)[:20]):
        found.columns["time of day"], name, found.time_format = name, bare["date"], "iso"
    found.columns["time"] = name
    said = scale or next((SCALES[word] for word in words if word in SCALES), "")
    if not said and time in TAI_BY_NAME:
        said = "tai"
    card = str(table.cards.get("TIMESYS", "")).strip().lower()
    if not said and card:
        said = SCALES.get(card, "")
        if not said:
            raise InvalidFileFormatException(f"The time scale {card.upper()} (TIMESYS) is not known: say UTC, TAI, TT, TDB or TCB.")
    found.scale = said or ("tdb" if found.time_format in ("bjd", "btjd", "bkjd") else "utc")
    if table.kind == "FITS table" and found.time_format == "auto":
        for word, origin in (("BJDREF", "bjd"), ("JDREF", "jd"), ("MJDREF", "mjd")):
            whole, part = (_card_number(table, word + end) for end in ("I", "F"))
            reference = _card_number(table, word) if whole is None else whole + (part or 0.0)
            if reference is not None:
                found.reference_day, found.time_format = reference, origin
                break


def _card_number(table: RawTable, key: str) -> float | None:
    try:
        return float(table.cards[key])
    except (KeyError, ValueError):
        return None


def _settle_brightness(found: Meanings, bare: dict[str, str], units: dict[str, str], table: RawTable) -> None:
    columns = found.columns
    if "magnitude" not in columns and "flux" in columns and "flux_error" not in columns and "error" in columns:
        columns["flux_error"] = columns.pop("error")
    for meaning in ("flux", "flux_error"):
        if meaning in columns:
            key = bare_name(columns[meaning])[0]
            said = units.get(columns[meaning], "") or next(
                (u for end, u in FLUX_UNITS.items() if key in (end, "d" + end, end + "_err")), ""
            )
            found.flux_unit = found.flux_unit or said or ("nJy" if key in NANOJANSKY_BY_NAME else "")
    if "magnitude" in columns:
        found.magnitude_unit = {"ab": "AB mag", "mag(ab)": "AB mag", "vega": "Vega mag", "mag(vega)": "Vega mag"}.get(
            units.get(columns["magnitude"], "").lower(), ""
        )
    if not {"magnitude", "flux", "limit"} & set(columns):
        raise InvalidFileFormatException(f"There is no column `magnitude`, `flux` or `limit`. The columns are {_listed(table.names)}.")


def _listed(names: list[str]) -> str:
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
