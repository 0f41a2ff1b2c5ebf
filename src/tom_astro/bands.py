"""Photometric bands: one name for the many spellings, with the survey kept.

``band("ztfr")``, ``band("r-ZTF")`` and ``band("rp", "ZTF")`` are the r band of ZTF; ``band("r")`` is an r band of no known survey. Wavelengths
and offsets are published values, each with its source; what is not on record is None, never a guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from tom_astro import band_colours

__all__ = ["SURVEYS", "Band", "band", "known_bands"]


@dataclass(frozen=True, slots=True)
class Band:
    """A band.

    Attributes
    ----------
    canonical : str
        Name within the survey, case as usual: ``r``, ``V``, ``Ks``, ``G``; what was given, if unknown.
    survey : str
        ``ZTF``, ``LSST``, ..., or "" when none was named.
    wavelength_nm : float or None
        Effective or pivot wavelength, as the source says.
    colour : str
        ``#rrggbb`` of :mod:`tom_astro.band_colours` on a light ground; equal for equal names.
    source : str
        Where the wavelength is published.
    system : str
        ``AB``, ``Vega`` or "": the system in which the survey publishes.
    ab_minus_vega : float or None
        m(AB) - m(Vega) of one source.
    vega_zero_jy : float or None
        Flux in Jy of Vega magnitude 0.
    zero_point_source : str
        Where those two are published.
    """

    canonical: str
    survey: str
    wavelength_nm: float | None
    colour: str
    source: str
    system: str = ""
    ab_minus_vega: float | None = None
    vega_zero_jy: float | None = None
    zero_point_source: str = ""

    @property
    def key(self) -> str:
        """Survey and name, such as ``ZTF:r``, to tell series apart; the bare name without a survey."""
        return f"{self.survey}:{self.canonical}" if self.survey else self.canonical

    @property
    def known(self) -> bool:
        """Is the wavelength on record?"""
        return self.wavelength_nm is not None


# Each number was checked in 2026: those of SVO against its table, and, but for ZTF, ATLAS, Swift and DECam u, computed again from the
# transmission curves; published offsets between AB and Vega against the curves and CALSPEC's Vega (within 0.04 mag; UKIRT's Z and Y against what
# FSPS computes from the curves of Hewett et al. 2006 with its Vega). tests/tom_astro/data/bands.csv keeps what the curves gave.
_SVO = "pivot wavelength, SVO Filter Profile Service (Rodrigo & Solano 2020)"
_BESSELL = "pivot wavelength of the Bessell 1990 (PASP 102, 1181) curves, SVO Filter Profile Service"
_LSST = "pivot wavelength of the Rubin throughputs 1.9 at airmass 1.2, computed from the curves"
_HSC = "pivot wavelength of the curves of Kawanomoto et al. 2018, PASJ 70, 66, computed from them"
_EUCLID = "pivot wavelength, computed from the curves of the Euclid Consortium (Schirmer et al. 2022, A&A 662, A92)"
_SKYMAPPER = "pivot wavelength, computed from the SkyMapper curves (Bessell et al. 2011, PASP 123, 789)"
_TWOMASS = "isophotal wavelength, Cohen, Wheaton & Megeath 2003, AJ 126, 1090"
_WISE = "isophotal wavelength, Jarrett et al. 2011, ApJ 735, 112"
_UKIDSS = "effective wavelength, Hewett et al. 2006, MNRAS 367, 454"
_VISTA = "pivot wavelength, computed from the ESO filter and system curves"
_TESS = "pivot wavelength, computed from the TESS response (Ricker et al. 2015, JATIS 1, 014003)"
_KEPLER = "pivot wavelength, computed from the Kepler response (Van Cleve & Caldwell 2016)"
_GAIA_CURVE = "pivot wavelength, computed from the Gaia EDR3 curves (Riello et al. 2021, A&A 649, A3)"
_WISE_ZERO = "zero flux: Jarrett et al. 2011; offset: WISE All-Sky Explanatory Supplement IV.4.h"
_GAIA = "zero points of Gaia EDR3, Riello et al. 2021, A&A 649, A3"
_BR07 = "Blanton & Roweis 2007, AJ 133, 734, table 1"
_B98 = "zero flux: Bessell, Castelli & Plez 1998, A&A 333, 231, table A2; offset: Blanton & Roweis 2007, AJ 133, 734"
_2MASS_ZERO = "zero flux: Cohen et al. 2003; offset: Blanton & Roweis 2007"
_BREEVELD = "Breeveld et al. 2011, AIP Conf. 1358, 373"
_HEWETT = "Hewett et al. 2006, MNRAS 367, 454, table 7"
_STIS = "computed from the curve and CALSPEC's spectrum of Vega (alpha_lyr_stis_011), Vega being 0"

# survey: {name: (wavelength nm, source, system, AB - Vega, Vega zero Jy, source of these)}
_Row = tuple[float, str, str, float | None, float | None, str]
_TABLE: dict[str, dict[str, _Row]] = {
    "SDSS": {
        "u": (355.65, _SVO, "AB", 0.91, None, _BR07),
        "g": (470.25, _SVO, "AB", -0.08, None, _BR07),
        "r": (617.56, _SVO, "AB", 0.16, None, _BR07),
        "i": (749.00, _SVO, "AB", 0.37, None, _BR07),
        "z": (894.67, _SVO, "AB", 0.54, None, _BR07),
    },
    "PS1": {
        "g": (484.91, _SVO, "AB", -0.096, None, _STIS),
        "r": (620.12, _SVO, "AB", 0.146, None, _STIS),
        "i": (753.50, _SVO, "AB", 0.373, None, _STIS),
        "z": (867.42, _SVO, "AB", 0.514, None, _STIS),
        "y": (962.78, _SVO, "AB", 0.553, None, _STIS),
        "w": (628.60, _SVO, "AB", 0.126, None, _STIS),
    },
    "ZTF": {
        "g": (478.34, _SVO, "AB", None, None, ""),
        "r": (641.69, _SVO, "AB", None, None, ""),
        "i": (786.72, _SVO, "AB", None, None, ""),
    },
    "LSST": {
        "u": (371.65, _LSST, "AB", 0.591, None, _STIS),
        "g": (478.70, _LSST, "AB", -0.103, None, _STIS),
        "r": (620.76, _LSST, "AB", 0.147, None, _STIS),
        "i": (754.89, _LSST, "AB", 0.375, None, _STIS),
        "z": (867.38, _LSST, "AB", 0.514, None, _STIS),
        "y": (974.62, _LSST, "AB", 0.561, None, _STIS),
    },
    "ATLAS": {
        "c": (528.76, _SVO, "AB", None, None, ""),
        "o": (674.99, _SVO, "AB", None, None, ""),
    },
    "DECam": {
        "u": (381.43, _SVO, "AB", None, None, ""),
        "g": (480.85, _SVO, "AB", -0.100, None, _STIS),
        "r": (641.76, _SVO, "AB", 0.185, None, _STIS),
        "i": (781.46, _SVO, "AB", 0.418, None, _STIS),
        "z": (916.89, _SVO, "AB", 0.527, None, _STIS),
        "Y": (989.61, _SVO, "AB", 0.582, None, _STIS),
    },
    "HSC": {
        "g": (479.12, _HSC, "AB", -0.104, None, _STIS),
        "r": (621.26, _HSC, "AB", 0.146, None, _STIS),
        "i": (773.31, _HSC, "AB", 0.404, None, _STIS),
        "z": (890.31, _HSC, "AB", 0.518, None, _STIS),
        "y": (977.17, _HSC, "AB", 0.563, None, _STIS),
    },
    "Euclid": {
        "VIS": (724.77, _EUCLID, "AB", 0.285, None, _STIS),
        "Y": (1080.33, _EUCLID, "AB", 0.696, None, _STIS),
        "J": (1363.87, _EUCLID, "AB", 1.060, None, _STIS),
        "H": (1768.08, _EUCLID, "AB", 1.495, None, _STIS),
    },
    "SkyMapper": {
        "u": (349.33, _SKYMAPPER, "AB", 1.084, None, _STIS),
        "v": (383.59, _SKYMAPPER, "AB", 0.289, None, _STIS),
        "g": (507.52, _SKYMAPPER, "AB", -0.065, None, _STIS),
        "r": (613.84, _SKYMAPPER, "AB", 0.130, None, _STIS),
        "i": (776.79, _SKYMAPPER, "AB", 0.411, None, _STIS),
        "z": (914.61, _SKYMAPPER, "AB", 0.534, None, _STIS),
    },
    "Gaia": {
        "G": (621.76, _GAIA_CURVE, "Vega", 0.1136, None, _GAIA),
        "BP": (510.97, _GAIA_CURVE, "Vega", 0.0155, None, _GAIA),
        "RP": (776.90, _GAIA_CURVE, "Vega", 0.3561, None, _GAIA),
    },
    "Johnson-Cousins": {
        "U": (358.48, _BESSELL, "Vega", 0.79, 1790.0, _B98),
        "B": (437.11, _BESSELL, "Vega", -0.09, 4063.0, _B98),
        "V": (547.77, _BESSELL, "Vega", 0.02, 3636.0, _B98),
        "R": (649.81, _BESSELL, "Vega", 0.21, 3064.0, _B98),
        "I": (802.01, _BESSELL, "Vega", 0.45, 2416.0, _B98),
    },
    "2MASS": {
        "J": (1235.0, _TWOMASS, "Vega", 0.91, 1594.0, _2MASS_ZERO),
        "H": (1662.0, _TWOMASS, "Vega", 1.39, 1024.0, _2MASS_ZERO),
        "Ks": (2159.0, _TWOMASS, "Vega", 1.85, 666.7, _2MASS_ZERO),
    },
    "UKIRT": {
        "Z": (881.7, _UKIDSS, "Vega", 0.528, None, _HEWETT),
        "Y": (1030.5, _UKIDSS, "Vega", 0.634, None, _HEWETT),
        "J": (1248.3, _UKIDSS, "Vega", 0.938, None, _HEWETT),
        "H": (1631.3, _UKIDSS, "Vega", 1.379, None, _HEWETT),
        "K": (2201.0, _UKIDSS, "Vega", 1.900, None, _HEWETT),
    },
    "VISTA": {
        "Z": (880.10, _VISTA, "Vega", 0.519, None, _STIS),
        "Y": (1021.73, _VISTA, "Vega", 0.613, None, _STIS),
        "J": (1252.73, _VISTA, "Vega", 0.936, None, _STIS),
        "H": (1643.28, _VISTA, "Vega", 1.383, None, _STIS),
        "Ks": (2150.28, _VISTA, "Vega", 1.848, None, _STIS),
    },
    "WISE": {
        "W1": (3352.6, _WISE, "Vega", 2.699, 309.54, _WISE_ZERO),
        "W2": (4602.8, _WISE, "Vega", 3.339, 171.787, _WISE_ZERO),
        "W3": (11560.8, _WISE, "Vega", 5.174, 31.674, _WISE_ZERO),
        "W4": (22088.3, _WISE, "Vega", 6.620, 8.363, _WISE_ZERO),
    },
    "Swift": {
        "UVW2": (205.46, _SVO, "Vega", 1.73, None, _BREEVELD),
        "UVM2": (224.64, _SVO, "Vega", 1.69, None, _BREEVELD),
        "UVW1": (258.07, _SVO, "Vega", 1.51, None, _BREEVELD),
        "u": (346.71, _SVO, "Vega", 1.02, None, _BREEVELD),
        "b": (434.96, _SVO, "Vega", -0.13, None, _BREEVELD),
        "v": (542.53, _SVO, "Vega", -0.01, None, _BREEVELD),
    },
    "GALEX": {
        "FUV": (153.51, _SVO, "AB", 2.08, None, _STIS),
        "NUV": (230.08, _SVO, "AB", 1.64, None, _STIS),
    },
    "TESS": {"TESS": (787.98, _TESS, "Vega", 0.372, None, _STIS)},
    "Kepler": {"Kp": (630.34, _KEPLER, "AB", None, None, "")},
}  # fmt: skip

# Surveys that observe in the bands of another, with no wavelength of their own on record here: the names, not the numbers, are theirs.
_FAMILIES: dict[str, tuple[str, ...]] = {
    "ASAS-SN": ("g", "V"),
    "LCO": (),
    "Gemini": (),
    "BlackGEM": ("u", "g", "q", "r", "i", "z"),
    "MeerLICHT": ("u", "g", "q", "r", "i", "z"),
    "GOTO": ("L", "R", "G", "B"),
}

SURVEYS = (*_TABLE, *_FAMILIES)

_SURVEY_NAMES = {
    **{name.lower().replace("-", ""): name for name in SURVEYS},
    "rubin": "LSST", "lsstcam": "LSST", "lsstcomcam": "LSST", "comcam": "LSST", "panstarrs": "PS1", "panstarrs1": "PS1", "ps": "PS1",
    "pstarrs": "PS1", "p48": "ZTF", "bessell": "Johnson-Cousins", "bessel": "Johnson-Cousins", "johnson": "Johnson-Cousins",
    "cousins": "Johnson-Cousins", "landolt": "Johnson-Cousins", "johnsoncousins": "Johnson-Cousins", "kron": "Johnson-Cousins",
    "standard": "Johnson-Cousins", "sloan": "SDSS", "neowise": "WISE", "allwise": "WISE", "uvot": "Swift", "swiftuvot": "Swift",
    "uvotswift": "Swift", "des": "DECam", "gaiaedr3": "Gaia", "gaiadr3": "Gaia", "gaiadr2": "Gaia", "gaia3": "Gaia", "gaiaalerts": "Gaia",
    "twomass": "2MASS", "panstarrs2": "PS1", "ps2": "PS1", "skymap": "SkyMapper", "lcogt": "LCO", "subaruhsc": "HSC", "wfcam": "UKIRT",
    "vircam": "VISTA",
}  # fmt: skip
_NOISE = {"band", "filter", "mag", "magnitude", "ab", "vega", "atlas1", "total", "prime"}

# Spellings that need no survey, as they stand (case counts: r is not R) ...
_SPELLINGS = {
    **{f"{letter}p": letter for letter in "ugriz"}, **{f"{letter}{mark}": letter for letter in "ugriz" for mark in "'\u2032\u2019`"},
    "zs": "z", "gri": "w", "cyan": "c", "orange": "o", "Rc": "R", "Ic": "I", "RC": "R", "IC": "I", "Bp": "BP", "Rp": "RP", "bp": "BP",
    "GBP": "BP", "GRP": "RP", "Gbp": "BP", "Grp": "RP", "gbp": "BP", "grp": "RP", "Gmag": "G", "K_s": "Ks", "KS": "Ks", "ks": "Ks", "k": "K",
    "j": "J", "h": "H", "Kshort": "Ks", "uvw1": "UVW1", "uvw2": "UVW2", "uvm2": "UVM2", "UM2": "UVM2", "UW1": "UVW1", "UW2": "UVW2",
    "um2": "UVM2", "uw1": "UVW1", "uw2": "UVW2", "w1": "W1", "w2": "W2", "w3": "W3", "w4": "W4", "fuv": "FUV", "nuv": "NUV",
    "Clear": "clear", "C": "clear", "unfiltered": "clear", "open": "clear", "white": "clear", "White": "clear", "CLEAR": "clear",
}  # fmt: skip
# ... and the survey whose numbers a name without survey takes. They are the classical systems; the survey itself stays "".
_CLASSICAL = {
    **dict.fromkeys("ugriz", "SDSS"), **dict.fromkeys("UBVRI", "Johnson-Cousins"), "y": "PS1", "w": "PS1", "c": "ATLAS", "o": "ATLAS",
    "G": "Gaia", "BP": "Gaia", "RP": "Gaia", "J": "2MASS", "H": "2MASS", "Ks": "2MASS", "FUV": "GALEX", "NUV": "GALEX", "UVW1": "Swift",
    "UVW2": "Swift", "UVM2": "Swift", "W1": "WISE", "W2": "WISE", "W3": "WISE", "W4": "WISE",
}  # fmt: skip
# Names that only one survey uses say the survey too.
_TELLING = {"c": "ATLAS", "o": "ATLAS", "G": "Gaia", "BP": "Gaia", "RP": "Gaia", **dict.fromkeys(("W1", "W2", "W3", "W4"), "WISE"),
            **dict.fromkeys(("UVW1", "UVW2", "UVM2"), "Swift"), **dict.fromkeys(("FUV", "NUV"), "GALEX")}  # fmt: skip
_SURVEY_SPELLINGS = {
    "Swift": {"uu": "u", "bb": "b", "vv": "v", "w1": "UVW1", "w2": "UVW2", "m2": "UVM2"},
    "Gaia": {"rp": "RP", "bp": "BP", "b": "BP", "r": "RP", "gbp": "BP", "grp": "RP"},
    "Johnson-Cousins": {"ux": "U", "rc": "R", "ic": "I"},
    "2MASS": {"k": "Ks"},
    "ATLAS": {"cyan": "c", "orange": "o"},
}


def _survey(text: str) -> str | None:
    return _SURVEY_NAMES.get(re.sub(r"[^a-z0-9]", "", text.lower()))


def _take_apart(name: str) -> tuple[str, str]:
    """Survey (or "") and the rest of a name."""
    words = [w for w in re.split(r"[\s:_\-./()\[\],]+", name) if w]
    for size in range(len(words) - 1, 0, -1):
        for start in range(len(words) - size + 1):
            found = _survey("".join(words[start : start + size]))
            if found:
                rest = [w for w in words[:start] + words[start + size :] if w.lower() not in _NOISE and not _survey(w)]
                if rest:
                    return found, "".join(rest)
    kept = [w for w in words if w.lower() not in _NOISE] or words
    whole = "".join(kept)
    lower = whole.lower()
    for alias in sorted(_SURVEY_NAMES, key=len, reverse=True):
        if len(alias) < 3:
            continue
        for tail in (whole[len(alias) :] if lower.startswith(alias) else "", whole[: -len(alias)] if lower.endswith(alias) else ""):
            if tail and _within_survey(_SURVEY_NAMES[alias], tail):
                return _SURVEY_NAMES[alias], tail
    return "", whole


def _within_survey(survey: str, name: str) -> str | None:
    """The survey's name for a spelling, whatever its case, if it has such a band."""
    names = (*_TABLE.get(survey, ()), *_FAMILIES.get(survey, ()))
    candidates = (_SURVEY_SPELLINGS.get(survey, {}).get(name.lower()), name, _SPELLINGS.get(name), _SPELLINGS.get(name.lower()))
    for candidate in candidates:
        if candidate in names:
            return candidate
    folded = [n for n in names if n.lower() == name.lower()]
    return folded[0] if len(folded) == 1 else None


@lru_cache(maxsize=4096)
def band(name: str, survey: str | None = None) -> Band:
    """The band that a name means.

    Parameters
    ----------
    name : str
        Any usual spelling, with or without the survey: ``r``, ``rp``, ``r'``, ``ztfr``, ``r-ZTF``, ``ZTF_r``, ``ps1::g``, ``lssty``, ``atlaso``,
        ``sdssr``, ``bessellv``, ``Gaia G``, ``G_BP``, ``orange``.
    survey : str, optional
        Survey, telescope or instrument, if the name does not say; one that is not known is kept as given.

    Returns
    -------
    Band
        A name that is not known comes back as given, without a wavelength. Without a survey the numbers are those of the classical
        systems (SDSS, Johnson-Cousins, 2MASS), which `source` names.
    """
    text = str(name or "").strip()
    said, rest = _take_apart(text)
    given = (survey or "").strip()
    owner = said or (_survey(given) or given)
    within = _within_survey(owner, rest) if owner in SURVEYS else None
    canonical = within or _SPELLINGS.get(rest) or (rest if said or rest in band_colours.PALETTE or rest in band_colours.ALIASES else text)
    if not owner:
        owner = _TELLING.get(canonical, "")
    rows = _TABLE.get(owner)
    row = rows.get(canonical) if rows is not None else None
    if row is None and owner not in _TABLE:
        classical = _CLASSICAL.get(canonical, "")
        if classical and not (owner in _FAMILIES and classical in ("ATLAS", "Gaia")):
            wavelength, source, system, offset, zero, zero_source = _TABLE[classical][canonical]
            # Another survey's filter has about this wavelength; the fine difference of magnitudes is its own.
            source = f"taken as {classical}: {source}"
            row = (wavelength, source, "", None, None, "") if owner else (wavelength, source, system, offset, zero, zero_source)
    colour = band_colours.colour(canonical)
    if row is None:
        return Band(canonical, owner, None, colour, "")
    wavelength, source, system, offset, zero, zero_source = row
    return Band(canonical, owner, wavelength, colour, source, system, offset, zero, zero_source)


def known_bands() -> list[Band]:
    """Every band with a wavelength on record, by survey."""
    return [band(name, survey) for survey, rows in _TABLE.items() for name in rows]
