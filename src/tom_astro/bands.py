"""Photometric bands: one name for the many spellings, with the survey kept.

``band("ztfr")``, ``band("r-ZTF")`` and ``band("rp", "ZTF")`` are the r band of ZTF; ``band("r")`` is an r band of no known survey. Wavelengths
and offsets are published values, each with its source; what is not on record is None, never a guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

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
        ``#rrggbb`` out of palettes that colour-blind eyes tell apart (Okabe & Ito 2008; Tol 2021); equal for equal names.
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


# Okabe & Ito first; what is left over from Tol's muted scheme.
_COLOURS = {
    "u": "#CC79A7", "U": "#CC79A7", "v": "#AA4499", "g": "#009E73", "B": "#0072B2", "V": "#44AA99", "r": "#D55E00", "R": "#CC6677",
    "i": "#E69F00", "I": "#999933", "z": "#882255", "y": "#56B4E9", "Y": "#56B4E9", "w": "#666666", "c": "#56B4E9", "o": "#E69F00",
    "G": "#117733", "BP": "#0072B2", "RP": "#D55E00", "J": "#332288", "H": "#88CCEE", "K": "#882255", "Ks": "#882255", "W1": "#332288",
    "W2": "#88CCEE", "W3": "#DDCC77", "W4": "#AA4499", "FUV": "#332288", "NUV": "#AA4499", "UVW2": "#332288", "UVM2": "#88CCEE",
    "UVW1": "#AA4499", "b": "#0072B2",
}  # fmt: skip
_FALLBACK_COLOUR = "#777777"

_SDSS = "SDSS imaging camera, effective wavelengths (Fukugita et al. 1996, AJ 111, 1748; as revised for DR7)"
_SVO = "pivot wavelength, SVO Filter Profile Service (Rodrigo & Solano 2020)"
_PS1 = "effective wavelength, Tonry et al. 2012, ApJ 750, 99"
_LSST = "effective wavelength, Rubin Observatory system throughputs 1.9 at airmass 1.2"
_BESSELL = "effective wavelength of an A0 star, Bessell, Castelli & Plez 1998, A&A 333, 231"
_TWOMASS = "isophotal wavelength, Cohen, Wheaton & Megeath 2003, AJ 126, 1090"
_WISE = "isophotal wavelength, Jarrett et al. 2011, ApJ 735, 112"
_WISE_ZERO = "zero flux: Jarrett et al. 2011; offset: WISE All-Sky Explanatory Supplement IV.4.h"
_SWIFT = "central wavelength, Poole et al. 2008, MNRAS 383, 627"
_GALEX = "effective wavelength, Morrissey et al. 2007, ApJS 173, 682"
_GAIA = "zero points of Gaia EDR3, Riello et al. 2021, A&A 649, A3"
_BR07 = "Blanton & Roweis 2007, AJ 133, 734"
_B98 = "zero flux: Bessell, Castelli & Plez 1998; offset: Blanton & Roweis 2007, AJ 133, 734"

# survey: {name: (wavelength nm, source, system, AB - Vega, Vega zero Jy, source of these)}
_Row = tuple[float, str, str, float | None, float | None, str]
_TABLE: dict[str, dict[str, _Row]] = {
    "SDSS": {
        "u": (355.1, _SDSS, "AB", 0.91, None, _BR07),
        "g": (468.6, _SDSS, "AB", -0.08, None, _BR07),
        "r": (616.5, _SDSS, "AB", 0.16, None, _BR07),
        "i": (748.1, _SDSS, "AB", 0.37, None, _BR07),
        "z": (893.1, _SDSS, "AB", 0.54, None, _BR07),
    },
    "PS1": {
        "g": (481.0, _PS1, "AB", None, None, ""),
        "r": (617.0, _PS1, "AB", None, None, ""),
        "i": (752.0, _PS1, "AB", None, None, ""),
        "z": (866.0, _PS1, "AB", None, None, ""),
        "y": (962.0, _PS1, "AB", None, None, ""),
        "w": (608.0, _PS1, "AB", None, None, ""),
    },
    "ZTF": {
        "g": (474.648, _SVO, "AB", None, None, ""),
        "r": (636.638, _SVO, "AB", None, None, ""),
        "i": (782.903, _SVO, "AB", None, None, ""),
    },
    "LSST": {
        "u": (370.9, _LSST, "AB", None, None, ""),
        "g": (476.7, _LSST, "AB", None, None, ""),
        "r": (619.4, _LSST, "AB", None, None, ""),
        "i": (753.9, _LSST, "AB", None, None, ""),
        "z": (866.8, _LSST, "AB", None, None, ""),
        "y": (973.9, _LSST, "AB", None, None, ""),
    },
    "ATLAS": {
        "c": (518.242, _SVO, "AB", None, None, ""),
        "o": (662.982, _SVO, "AB", None, None, ""),
    },
    "Gaia": {
        "G": (621.759, _SVO, "Vega", 0.1136, None, _GAIA),
        "BP": (510.971, _SVO, "Vega", 0.0155, None, _GAIA),
        "RP": (776.902, _SVO, "Vega", 0.3561, None, _GAIA),
    },
    "Johnson-Cousins": {
        "U": (366.0, _BESSELL, "Vega", 0.79, 1790.0, _B98),
        "B": (438.0, _BESSELL, "Vega", -0.09, 4063.0, _B98),
        "V": (545.0, _BESSELL, "Vega", 0.02, 3636.0, _B98),
        "R": (641.0, _BESSELL, "Vega", 0.21, 3064.0, _B98),
        "I": (798.0, _BESSELL, "Vega", 0.45, 2416.0, _B98),
    },
    "2MASS": {
        "J": (1235.0, _TWOMASS, "Vega", 0.91, 1594.0, "zero flux: Cohen et al. 2003; offset: Blanton & Roweis 2007"),
        "H": (1662.0, _TWOMASS, "Vega", 1.39, 1024.0, "zero flux: Cohen et al. 2003; offset: Blanton & Roweis 2007"),
        "Ks": (2159.0, _TWOMASS, "Vega", 1.85, 666.7, "zero flux: Cohen et al. 2003; offset: Blanton & Roweis 2007"),
    },
    "WISE": {
        "W1": (3352.6, _WISE, "Vega", 2.699, 309.54, _WISE_ZERO),
        "W2": (4602.8, _WISE, "Vega", 3.339, 171.787, _WISE_ZERO),
        "W3": (11560.8, _WISE, "Vega", 5.174, 31.674, _WISE_ZERO),
        "W4": (22088.3, _WISE, "Vega", 6.620, 8.363, _WISE_ZERO),
    },
    "Swift": {
        "UVW2": (192.8, _SWIFT, "Vega", 1.73, None, "Breeveld et al. 2011, AIP Conf. 1358, 373"),
        "UVM2": (224.6, _SWIFT, "Vega", 1.69, None, "Breeveld et al. 2011, AIP Conf. 1358, 373"),
        "UVW1": (260.0, _SWIFT, "Vega", 1.51, None, "Breeveld et al. 2011, AIP Conf. 1358, 373"),
        "u": (346.5, _SWIFT, "Vega", 1.02, None, "Breeveld et al. 2011, AIP Conf. 1358, 373"),
        "b": (439.2, _SWIFT, "Vega", -0.13, None, "Breeveld et al. 2011, AIP Conf. 1358, 373"),
        "v": (546.8, _SWIFT, "Vega", -0.01, None, "Breeveld et al. 2011, AIP Conf. 1358, 373"),
    },
    "GALEX": {
        "FUV": (152.8, _GALEX, "AB", None, None, ""),
        "NUV": (227.1, _GALEX, "AB", None, None, ""),
    },
}  # fmt: skip

# Surveys that observe in the bands of another, with no wavelength of their own on record here: the names, not the numbers, are theirs.
_FAMILIES: dict[str, tuple[str, ...]] = {
    "DECam": ("u", "g", "r", "i", "z", "Y"),
    "SkyMapper": ("u", "v", "g", "r", "i", "z"),
    "ASAS-SN": ("g", "V"),
    "LCO": (),
    "Gemini": (),
    "TESS": ("TESS",),
    "Kepler": ("Kp",),
    "BlackGEM": ("u", "g", "q", "r", "i", "z"),
    "MeerLICHT": ("u", "g", "q", "r", "i", "z"),
    "GOTO": ("L", "R", "G", "B"),
    "HSC": ("g", "r", "i", "z", "y"),
    "UKIRT": ("Z", "Y", "J", "H", "K"),
    "VISTA": ("Z", "Y", "J", "H", "Ks"),
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
    canonical = within or _SPELLINGS.get(rest) or (rest if said or rest in _COLOURS else text)
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
    colour = _COLOURS.get(canonical, _FALLBACK_COLOUR)
    if row is None:
        return Band(canonical, owner, None, colour, "")
    wavelength, source, system, offset, zero, zero_source = row
    return Band(canonical, owner, wavelength, colour, source, system, offset, zero, zero_source)


def known_bands() -> list[Band]:
    """Every band with a wavelength on record, by survey."""
    return [band(name, survey) for survey, rows in _TABLE.items() for name in rows]
