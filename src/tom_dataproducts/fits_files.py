"""FITS files as this app opens them: what their headers claim is looked at first (`tom_astro.fits_layout`), the data are read where they are needed."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from typing import IO, Any

from tom_astro import fits_layout
from tom_astro.fits_layout import Extension, is_fits
from tom_common.errors import TomError
from tom_dataproducts.exceptions import InvalidFileFormatException

__all__ = ["Extension", "extensions", "is_fits", "opened_fits"]


def extensions(file: IO[bytes]) -> list[Extension]:
    """The HDUs of an open FITS file. InvalidFileFormatException says what is wrong with it."""
    try:
        return fits_layout.extensions(file)
    except fits_layout.FitsLayoutError as error:
        raise InvalidFileFormatException(str(error)) from error


@contextlib.contextmanager
def opened_fits(source: str | bytes) -> Iterator[tuple[Any, list[Extension]]]:
    """(HDUs of astropy, `extensions`) of a FITS file (its path or its content), whose headers were looked at before astropy reads them.

    InvalidFileFormatException: what is wrong with it. The data of an image are read where they are needed (`hdu.section`).
    """
    import warnings

    from astropy.io import fits

    content = source if isinstance(source, bytes) else None
    with io.BytesIO(content) if content is not None else open(source, "rb") as file:
        found = extensions(file)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # astropy warns of each card that it would mend
        try:
            # of a packed image the table of its tiles is mapped; of others `section` reads what it is asked for
            mapped = content is None and any(one.is_packed for one in found)
            with fits.open(source if content is None else io.BytesIO(content), memmap=mapped, lazy_load_hdus=True) as hdus:
                yield hdus, found
        except TomError:
            raise
        except Exception as error:  # astropy and its decompressors raise many kinds
            why = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
            raise InvalidFileFormatException(f"The FITS file cannot be read: {why}") from error
