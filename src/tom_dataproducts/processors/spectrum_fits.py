"""Wavelengths, fluxes and errors out of FITS files: images with a linear or logarithmic axis, IRAF's multispec, tables.

IRAF's formats: F. Valdes, "The IRAF/NOAO Spectral World Coordinate Systems" (1993). FITS axes: Greisen et al. 2006, A&A 446, 747.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tom_dataproducts.exceptions import InvalidFileFormatException
from tom_dataproducts.fits_files import opened_fits

from .spectrum_units import length_unit, spectral_unit

if TYPE_CHECKING:
    import numpy as np

WAVELENGTH_NAMES = ("wavelength", "wavelengths", "wave", "wl", "lambda", "lam", "awav", "wavelen", "wlen", "loglam")
FLUX_NAMES = ("flux", "fluxes", "f", "flam", "f_lambda", "flux_density", "flux_reduced", "spec", "flux_lambda")
ERROR_NAMES = ("flux_error", "fluxerr", "flux_err", "error", "err", "sigma", "flux_unc", "e_flux", "uncertainty", "err_reduced", "sig")
MOST_POINTS = 20_000_000


@dataclass
class FitsSpectrum:
    """One spectrum of a FITS file: numbers as they stand, the unit of the axis (None: not said), its header."""

    axis: np.ndarray
    flux: np.ndarray
    error: np.ndarray | None
    axis_unit: Any
    header: Any
    flux_unit: str = ""
    about: dict[str, Any] = field(default_factory=dict)


def spectra_of(content: bytes) -> tuple[list[FitsSpectrum], str]:
    """The spectra of a FITS file (several where an IRAF file holds several apertures), and what kind of file it is.

    InvalidFileFormatException says why there is none.
    """
    with opened_fits(content) as (hdus, _):
        return _spectra(hdus)


def _spectra(hdus: Any) -> tuple[list[FitsSpectrum], str]:
    from astropy.io import fits

    hdu = next((each for each in hdus if _holds_a_spectrum(each)), None)
    if hdu is None:
        raise InvalidFileFormatException("No part of this FITS file holds data of a spectrum")
    header = hdus[0].header.copy()
    header.extend(hdu.header, update=True)
    if isinstance(hdu, (fits.BinTableHDU, fits.TableHDU)) and not isinstance(hdu, fits.CompImageHDU):
        return [_of_table(hdu, header)], "FITS table"
    return _of_image(hdus, hdu, header)


def _holds_a_spectrum(hdu: Any) -> bool:
    from astropy.io import fits

    if isinstance(hdu, (fits.BinTableHDU, fits.TableHDU)) and not isinstance(hdu, fits.CompImageHDU):
        lower = {name.lower() for name in hdu.columns.names}
        return bool(lower & set(WAVELENGTH_NAMES)) and bool(lower & set(FLUX_NAMES))
    points = math.prod(getattr(hdu, "shape", ()) or (0,))
    # what is packed is unpacked tile by tile, and a tile may claim to be larger than the image
    most = max(points, math.prod(getattr(hdu, "tile_shape", None) or (0,)))
    if most > MOST_POINTS:
        raise InvalidFileFormatException(f"An image of {most:,} pixels is no extracted spectrum")
    return points > 1 and hdu.data is not None


def _of_image(hdus: Any, hdu: Any, header: Any) -> tuple[list[FitsSpectrum], str]:
    import numpy as np

    data: Any = np.asarray(hdu.data, dtype=float)
    if data.ndim in (2, 3) and str(header.get("CTYPE1", "")).strip().upper() == "MULTISPE":
        return _multispec(data, header), "IRAF multispec FITS"
    error: Any = None
    if data.ndim == 3:
        # Bands of optimal extraction, plain sum, sky and sigma, as IRAF's apall writes them.
        error = data[3, 0, :] if data.shape[0] > 3 else None
        data = data[0, 0, :]
    elif data.ndim == 2:
        data = data[0] if data.shape[0] <= 4 else None
    if data is None or data.ndim != 1 or data.size < 2:
        raise InvalidFileFormatException(f"An image of the shape {hdu.shape} is no extracted spectrum")
    beside = _error_beside(hdus, data.shape)
    axis, unit = _axis(header, data.size)
    return [FitsSpectrum(axis, data, error if beside is None else beside, unit, header)], "FITS image"


def _error_beside(hdus: Any, shape: tuple[int, ...]) -> np.ndarray | None:
    """Standard deviations of an extension beside the flux: of variances, inverse variances or errors."""
    import numpy as np

    for each in hdus:
        name = str(each.header.get("EXTNAME", "")).strip().upper()
        if name not in ("VAR", "VARIANCE", "IVAR", "ERR", "ERROR", "SIGMA", "STDDEV", "UNCERT") or getattr(each, "shape", None) != shape:
            continue
        values = np.asarray(each.data, dtype=float)
        if name in ("VAR", "VARIANCE"):
            return np.sqrt(np.clip(values, 0, None))
        return _of_inverse_variance(values) if name == "IVAR" else values
    return None


def _of_inverse_variance(values: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.where(values > 0, 1 / np.sqrt(np.where(values > 0, values, 1)), np.nan)


def _axis(header: Any, size: int) -> tuple[np.ndarray, Any]:
    """The wavelengths of the pixels, and their unit if the header says it."""
    import numpy as np

    unit = spectral_unit(header)
    if "COEFF0" in header and "COEFF1" in header and "CRVAL1" not in header:
        return 10.0 ** (float(header["COEFF0"]) + float(header["COEFF1"]) * np.arange(size)), unit or length_unit("Angstrom")
    step = header.get("CD1_1", header.get("CDELT1"))
    if "CRVAL1" not in header or not step:
        raise InvalidFileFormatException("The FITS header has no wavelength scale (CRVAL1 with CD1_1 or CDELT1)")
    start, step, pixel = float(header["CRVAL1"]), float(step), float(header.get("CRPIX1", 1.0))
    offsets = np.arange(size) + 1 - pixel
    kind = str(header.get("CTYPE1", "")).strip().upper()
    if kind in ("WAVE-LOG", "AWAV-LOG") and start > 0 and header.get("DC-FLAG") != 1:
        return start * np.exp(np.clip(step * offsets / start, -700, 700)), unit
    axis = start + offsets * step
    if header.get("DC-FLAG") == 1 or kind in ("LOG10", "LOGLAM", "LOG-LAMBDA", "LOG(WAVELENGTH)") or _is_log_linear(header):
        axis = 10.0 ** np.clip(axis, -300, 300)
    return axis, unit


def _is_log_linear(header: Any) -> bool:
    return str(header.get("WFITTYPE", "")).strip().upper() == "LOG-LINEAR"


# --- IRAF's multispec: a line of numbers for each aperture says how pixels become wavelengths.


def _multispec(data: np.ndarray, header: Any) -> list[FitsSpectrum]:
    import numpy as np

    bands = data if data.ndim == 3 else data[np.newaxis]
    cards = sorted(key for key in header if re.fullmatch(r"WAT2_\d{3}", key))
    # Trailing blanks of a card belong to the text, and are lost on reading.
    text = "".join(str(header[key]).ljust(68) for key in cards)
    said = dict(re.findall(r'spec(\d+)\s*=\s*"([^"]*)"', text))
    unit = spectral_unit(header)
    found = []
    for number in range(bands.shape[1]):
        if str(number + 1) not in said:
            raise InvalidFileFormatException(f"The multispec file does not say the wavelengths of its aperture {number + 1} (WAT2 cards)")
        axis, aperture = _dispersion(said[str(number + 1)], bands.shape[2], number + 1)
        error = bands[3, number] if bands.shape[0] > 3 else None
        more = {"aperture": aperture} if bands.shape[1] > 1 else {}
        found.append(FitsSpectrum(axis, bands[0, number], error, unit or length_unit("Angstrom"), header, about=more))
    return found


def _dispersion(text: str, size: int, number: int) -> tuple[np.ndarray, int]:
    """Wavelengths of an aperture: linear (0), log-linear (1) or a sum of polynomials (2); its Doppler factor undone."""
    import numpy as np

    wrong = f"The wavelengths of aperture {number} of the multispec file cannot be read"
    try:
        words = [float(word.replace("D", "E").replace("d", "e")) for word in text.split()]
        aperture, kind, first, step, valid, doppler = int(words[0]), int(words[2]), words[3], words[4], int(words[5]), words[6]
    except (ValueError, IndexError, OverflowError):
        raise InvalidFileFormatException(wrong) from None
    pixels = np.arange(1, size + 1, dtype=float)
    if kind == 2:
        axis = _functions(words[9:], pixels, wrong)
    else:
        axis = first + step * (pixels - 1)
        if kind == 1:
            axis = 10.0 ** np.clip(axis, -300, 300)
    axis = axis / (1 + doppler) if doppler != -1 else axis
    if 0 < valid < size:
        axis = np.where(pixels <= valid, axis, np.nan)
    return axis, aperture


def _functions(words: list[float], pixels: np.ndarray, wrong: str) -> np.ndarray:
    import numpy as np
    from numpy.polynomial import chebyshev, legendre

    total = np.zeros(pixels.size)
    while words:
        try:
            weight, offset, low, high = words[0], words[1], words[4], words[5]
            kind, order = int(words[2]), int(words[3])
        except (ValueError, IndexError, OverflowError):
            raise InvalidFileFormatException(wrong) from None
        if kind not in (1, 2):
            raise InvalidFileFormatException(
                f"{wrong}: only Chebyshev and Legendre polynomials are understood. Resample the spectrum to a linear scale (IRAF: dispcor)."
            )
        coefficients = words[6 : 6 + order]
        if len(coefficients) != order or order < 1 or high == low:
            raise InvalidFileFormatException(wrong)
        at = (pixels - (high + low) / 2) / ((high - low) / 2)
        value = (chebyshev.chebval if kind == 1 else legendre.legval)(at, coefficients)
        total += weight * (offset + value)
        words = words[6 + order :]
    return total


# --- tables


def _of_table(hdu: Any, header: Any) -> FitsSpectrum:
    import numpy as np

    lower = {name.lower(): name for name in hdu.columns.names}
    wave = next(lower[name] for name in WAVELENGTH_NAMES if name in lower)
    flux = next(lower[name] for name in FLUX_NAMES if name in lower)
    error = next((lower[name] for name in ERROR_NAMES if name in lower), None)
    if int(hdu.header["NAXIS1"]) * int(hdu.header["NAXIS2"]) > MOST_POINTS * 16:
        raise InvalidFileFormatException("This table is too large for one spectrum")
    axis, values = (np.asarray(hdu.data[name], dtype=float) for name in (wave, flux))
    if axis.ndim > 1 and axis.shape[0] > 1:
        raise InvalidFileFormatException(f"This table holds {axis.shape[0]} spectra, one in each row; send each as a file of its own")
    sigma = np.asarray(hdu.data[error], dtype=float).ravel() if error else None
    if sigma is None and "ivar" in lower:
        sigma = _of_inverse_variance(np.asarray(hdu.data[lower["ivar"]], dtype=float).ravel())
    axis, values = axis.ravel(), values.ravel()
    if axis.size != values.size or (sigma is not None and sigma.size != axis.size):
        raise InvalidFileFormatException(f"The columns {wave} and {flux} differ in length ({axis.size} and {values.size})")
    unit = length_unit(hdu.columns[wave].unit)
    more: dict[str, Any] = {}
    if wave.lower() == "loglam":
        # SDSS: log10 of vacuum wavelengths in Angstrom.
        axis, unit, more = 10.0 ** np.clip(axis, -300, 300), unit or length_unit("Angstrom"), {"wavelength_medium": "vacuum"}
    return FitsSpectrum(axis, values, sigma, unit or spectral_unit(header), header, str(hdu.columns[flux].unit or ""), more)
