"""Pictures of what data products hold: FITS images stretched and scaled, and JPEG, PNG and the like made smaller.

Images are read in stripes of rows and scaled while they are read, so that a large one costs time but no memory.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import Any

from tom_common.conf import tom_settings
from tom_common.errors import InvalidInputError
from tom_dataproducts.exceptions import InvalidFileFormatException
from tom_dataproducts.fits_files import Extension, is_fits, opened_fits
from tom_dataproducts.storage import local_copy

STRETCHES = ("asinh", "linear", "sqrt", "log")
LIMITS = ("auto", "zscale", "99.5", "98", "minmax")
PICTURES = ["JPEG", "PNG", "GIF", "WEBP", "TIFF"]
PICTURE_ENDINGS = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".tif", ".tiff")
FITS_ENDINGS = (".fits", ".fit", ".fts", ".fz", ".fits.gz", ".fit.gz", ".fts.gz")
STRIPE_PIXELS = 4_000_000
LARGEST_SIDE = 2048
GRID = 33


@dataclass(frozen=True)
class Region:
    """A part of an image in its own pixels, `x` to the right and `y` upwards from 0 at the outer corner of the first pixel."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Scaled:
    """Means over squares of `step` by `step` pixels of `region`; `pixels` is float32 (rows, columns), the first row at the bottom."""

    pixels: Any
    step: int
    region: Region


def may_be_picture(name: str) -> bool:
    """Whether a file of this name can hold an image. Whether it does, `extensions_of` says."""
    return name.lower().endswith(FITS_ENDINGS + PICTURE_ENDINGS)


def is_fits_name(name: str) -> bool:
    return name.lower().endswith(FITS_ENDINGS)


def best_extension(found: list[Extension]) -> Extension | None:
    """The image that stands for the file: that of the extension SCI, else the first one."""
    pictures = [one for one in found if one.is_picture]
    return next((one for one in pictures if one.name == "SCI"), pictures[0] if pictures else None)


def extension_of(found: list[Extension], index: int | None) -> Extension:
    """The image of that number, or the best one. InvalidFileFormatException: there is none, or it is too large."""
    one = best_extension(found) if index is None else next((one for one in found if one.index == index and one.is_picture), None)
    if one is None:
        raise InvalidFileFormatException("There is no image in the file." if index is None else f"Extension {index} is no image.")
    most = tom_settings.TOM_IMAGE_MAX_PIXELS
    if one.pixels > most:
        raise InvalidFileFormatException(f"The image has {one.pixels:,} pixels; those of more than {most:,} are not drawn.")
    return one


def read_scaled(hdus: Any, one: Extension, *, longest: int, region: Region | None = None) -> Scaled:
    """The image, or a region of it, with at most about `longest` pixels a side. Of a cube, its first plane. NaN where nothing is."""
    import numpy as np

    region = _inside(one, region)
    step = max(1, math.ceil(max(region.width, region.height) / longest))
    section = hdus[one.index].section
    first = (0,) * (len(section.shape) - 2)
    columns, rows = math.ceil(region.width / step), math.ceil(region.height / step)
    out = np.full((rows, columns), np.nan, dtype=np.float32)
    stripe = _rows_at_once(hdus[one.index], one, region, step)
    for top in range(0, region.height, stripe):
        bottom = min(top + stripe, region.height)
        part = section[(*first, slice(region.y + top, region.y + bottom), slice(region.x, region.x + region.width))]
        out[top // step : math.ceil(bottom / step)] = _means(np.asarray(part, dtype=np.float32), step)
    return Scaled(out, step, region)


def _inside(one: Extension, region: Region | None) -> Region:
    if region is None:
        return Region(0, 0, one.width, one.height)
    x, y = min(max(region.x, 0), one.width - 1), min(max(region.y, 0), one.height - 1)
    return Region(x, y, max(1, min(region.width, one.width - x)), max(1, min(region.height, one.height - y)))


def _rows_at_once(hdu: Any, one: Extension, region: Region, step: int) -> int:
    """A multiple of `step` rows with about `STRIPE_PIXELS` pixels; no tile of a packed image is unpacked more often than needed."""
    rows = max(1, STRIPE_PIXELS // max(1, region.width))
    if one.is_packed:
        *_, tile_rows, tile_columns = getattr(hdu, "tile_shape", None) or (1, one.width)
        if tile_rows * tile_columns > tom_settings.TOM_PICTURE_MAX_PIXELS:
            raise InvalidFileFormatException("The image is packed in tiles that are too large to be unpacked.")
        rows = max(rows, min(int(tile_rows), one.height))
    return math.ceil(rows / step) * step


def _means(part: Any, step: int) -> Any:
    """Means over squares of finite pixels; NaN where there is none."""
    import numpy as np

    if step == 1:
        return part
    height, width = part.shape
    rows, columns = math.ceil(height / step), math.ceil(width / step)
    padded = np.full((rows * step, columns * step), np.nan, dtype=np.float32)
    padded[:height, :width] = part
    squares = padded.reshape(rows, step, columns, step)
    finite = np.isfinite(squares)
    count = finite.sum(axis=(1, 3))
    total = np.where(finite, squares, 0).sum(axis=(1, 3), dtype=np.float64)
    return np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)


def limits_of(pixels: Any, limits: str) -> tuple[float, float]:
    """(black, white) of an image: ZScale of IRAF, the middle 99.5 or 98 per cent, all, or two numbers "low,high".

    "auto" is black where ZScale is, which finds the sky, and white where no more than one pixel in 200 is brighter, so that a galaxy has a core.
    """
    import numpy as np

    low, comma, high = limits.partition(",")
    if comma:
        try:
            found = float(low), float(high)
        except ValueError:
            found = (math.nan, math.nan)
        if not all(map(math.isfinite, found)) or found[0] >= found[1]:
            raise InvalidInputError("Limits are two numbers, the lower one first, such as 100,2500.")
        return found
    if limits not in LIMITS:
        raise InvalidInputError(f"Limits are {', '.join(LIMITS)}, or two numbers.")
    good = np.asarray(pixels)[np.isfinite(pixels)].astype(np.float64)
    if not good.size:
        return 0.0, 1.0
    from astropy.visualization import MinMaxInterval, PercentileInterval, ZScaleInterval

    if limits == "auto":
        (low_value, high_value), brightest = ZScaleInterval().get_limits(good), float(np.percentile(good, 99.5))
        high_value = max(high_value, brightest)
    else:
        interval = {"zscale": ZScaleInterval(), "minmax": MinMaxInterval()}.get(limits) or PercentileInterval(float(limits))
        low_value, high_value = interval.get_limits(good)
    if not high_value > low_value:
        low_value, high_value = float(good.min()), float(good.max())
    return float(low_value), float(high_value) if high_value > low_value else float(low_value) + 1.0


def stretched(pixels: Any, *, stretch: str = "asinh", black_white: tuple[float, float]) -> Any:
    """The pixels as a grey Pillow image, top row first; what is not a number is black."""
    import numpy as np
    from astropy.visualization import AsinhStretch, LinearStretch, LogStretch, SqrtStretch
    from PIL import Image

    kinds = {"asinh": AsinhStretch(0.1), "linear": LinearStretch(), "sqrt": SqrtStretch(), "log": LogStretch(1000)}
    if stretch not in kinds:
        raise InvalidInputError(f"A stretch is {', '.join(STRETCHES)}, not {stretch[:20]}.")
    black, white = black_white
    scaled = np.clip((np.nan_to_num(pixels, nan=black, posinf=white, neginf=black).astype(np.float64) - black) / (white - black), 0, 1)
    grey = (np.asarray(kinds[stretch](scaled)) * 255).round().astype(np.uint8)
    # rows of FITS run upwards, those of a picture downwards
    return Image.fromarray(np.ascontiguousarray(grey[::-1]))


def picture_of(file: Any, *, longest: int) -> Any:
    """A JPEG, PNG, GIF, WebP or TIFF picture as a Pillow image of at most `longest` pixels a side, upright."""
    import warnings

    from PIL import Image, ImageOps, UnidentifiedImageError

    most = tom_settings.TOM_PICTURE_MAX_PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(file, formats=PICTURES) as found:
                if found.width * found.height > most:
                    raise InvalidFileFormatException(
                        f"The picture has {found.width * found.height:,} pixels; those of more than {most:,} are not drawn."
                    )
                found.draft("RGB", (longest, longest))
                picture = found.convert("L" if found.mode in ("1", "L", "I", "I;16", "F") else "RGB")
                picture = ImageOps.exif_transpose(picture)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError, MemoryError) as error:
        raise InvalidFileFormatException("The file is no picture that can be read.") from error
    picture.thumbnail((longest, longest))
    return picture


def drawn(
    field: Any, *, index: int | None = None, longest: int = 1024, region: Region | None = None, stretch: str = "asinh", limits: str = "auto"
) -> Any:
    """A Pillow image of the file: of a FITS file its image `index` (else the best one), or a region of it.

    InvalidFileFormatException: it holds no image, or one that is broken or too large. InvalidInputError: no such stretch or limits.
    """
    longest = min(max(longest, 16), LARGEST_SIDE)
    with local_copy(field) as path:
        with open(path, "rb") as file:
            start = file.read(9)
            if not is_fits(start):
                file.seek(0)
                return picture_of(file, longest=longest)
        with opened_fits(path) as (hdus, found):
            scaled = read_scaled(hdus, extension_of(found, index), longest=longest, region=region)
    return stretched(scaled.pixels, stretch=stretch, black_white=limits_of(scaled.pixels, limits))


def as_jpeg(picture: Any, *, quality: int = 90) -> bytes:
    out = io.BytesIO()
    picture.save(out, format="JPEG", quality=quality)
    return out.getvalue()


def described(field: Any, *, index: int | None = None) -> dict[str, Any]:
    """What a viewer needs to know of an image.

    `extensions` (index, label) of those that are images; of the one asked for `index`, `width` and `height` in pixels, `limits` (name to
    black and white), `wcs` (see `sky_grid`, None without) and `header` (its cards as text). A picture that is no FITS has width and height.
    """
    with local_copy(field) as path:
        with open(path, "rb") as file:
            if not is_fits(file.read(9)):
                file.seek(0)
                picture = picture_of(file, longest=LARGEST_SIDE)
                return {
                    "extensions": [],
                    "index": None,
                    "width": picture.width,
                    "height": picture.height,
                    "limits": {},
                    "wcs": None,
                    "header": [],
                }
        with opened_fits(path) as (hdus, found):
            one = extension_of(found, index)
            scaled = read_scaled(hdus, one, longest=1024)
            header = hdus[one.index].header
            return {
                "extensions": [(other.index, other.label) for other in found if other.is_picture],
                "index": one.index,
                "width": one.width,
                "height": one.height,
                "limits": {name: limits_of(scaled.pixels, name) for name in LIMITS},
                "wcs": sky_grid(header, one.width, one.height),
                "header": [str(card).rstrip() for card in header.cards[:5000]],
            }


def sky_grid(header: Any, width: int, height: int, *, size: int = GRID) -> dict[str, Any] | None:
    """Where the pixels of an image lie on the sky: ICRS unit vectors at `size` by `size` places, first row at the bottom.

    `x` and `y` are pixels counted from 0.5 at the outer corner of the first pixel, as in FITS. Between the places a vector is interpolated
    and normalised. Measured against astropy.wcs: within 0.2 milliarcseconds for half a degree (TAN, at a pole too), 5 with a SIP distortion of
    30 pixels at the corners.
    None where the header gives no position on the sky. `frame` says in which frame the header's own coordinates are.
    """
    import warnings

    import numpy as np

    xs, ys = np.linspace(0.5, width + 0.5, size), np.linspace(0.5, height + 0.5, size)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from astropy.wcs import WCS

            wcs = WCS(header, naxis=2)
            if not wcs.has_celestial:
                return None
            gx, gy = np.meshgrid(xs, ys)
            lon, lat, frame = _icrs(wcs, gx.ravel() - 1, gy.ravel() - 1)
        except Exception:  # a header can be wrong in more ways than astropy.wcs has errors
            return None
    lon, lat = np.radians(lon), np.radians(lat)
    vectors = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)
    if not np.isfinite(vectors).any():
        return None
    rows = [None if not np.isfinite(one).all() else [round(float(c), 13) for c in one] for one in vectors]
    return {"size": size, "x": [0.5, width + 0.5], "y": [0.5, height + 0.5], "vectors": rows, "frame": frame}


def _icrs(wcs: Any, x: Any, y: Any) -> tuple[Any, Any, str]:
    """(RA, Dec, frame of the header) in degrees of pixels counted from 0."""
    kind = (wcs.wcs.ctype[wcs.wcs.lng][:4], (wcs.wcs.radesys or "ICRS").upper())
    if kind == ("RA--", "ICRS"):
        world = wcs.all_pix2world(x, y, 0)
        return world[wcs.wcs.lng], world[wcs.wcs.lat], "ICRS"
    place = wcs.celestial.pixel_to_world(x, y)
    icrs = place.icrs
    return icrs.ra.deg, icrs.dec.deg, place.frame.name.upper()
