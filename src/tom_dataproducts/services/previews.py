"""Small JPEGs of FITS images."""

from __future__ import annotations

import io
import logging
import tempfile
from pathlib import PurePosixPath
from typing import Any

from django.core.files.base import ContentFile

from tom_common.conf import tom_settings

logger = logging.getLogger(__name__)


def _opened(file: Any) -> Any:
    """The HDUs of a file object, a path or a FieldFile; files need no local path."""
    from astropy.io import fits

    if hasattr(file, "open") and hasattr(file, "storage"):
        with file.storage.open(file.name, "rb") as stored:
            return fits.open(io.BytesIO(stored.read()))
    if hasattr(file, "seek"):
        file.seek(0)
    return fits.open(file)


def fits_image_size(filename: Any) -> tuple[int, int]:
    """(width, height) for an image of this FITS file: THUMBNAIL_MAX_SIZE, or the largest NAXIS1 and NAXIS2 in it."""
    if tom_settings.THUMBNAIL_MAX_SIZE:
        return tuple(tom_settings.THUMBNAIL_MAX_SIZE)
    with _opened(filename) as hdus:
        widths = [hdu.header["NAXIS1"] for hdu in hdus if "NAXIS1" in hdu.header]
        heights = [hdu.header["NAXIS2"] for hdu in hdus if "NAXIS2" in hdu.header]
    return max(widths, default=0), max(heights, default=0)


def has_science_image(file: Any) -> bool:
    """Whether any HDU is named SCI. What is no FITS file has none."""
    try:
        with _opened(file) as hdus:
            return any(hdu.header.get("EXTNAME") == "SCI" for hdu in hdus)
    except (OSError, ValueError, TypeError):
        return False


def _image(hdus: Any) -> Any:
    """The two-dimensional data of the SCI extension, else of the first image."""
    named = [hdu for hdu in hdus if hdu.header.get("EXTNAME") == "SCI"]
    for hdu in [*named, *hdus]:
        data = getattr(hdu, "data", None)
        if data is not None and getattr(data, "ndim", 0) == 2 and data.dtype.names is None:
            return data
    return None


def make_thumbnail(product: Any, *, width: int | None = None, height: int | None = None) -> Any:
    """A temporary JPEG file (stretched between its 1st and 99.5th percentile), or None for what is no FITS image."""
    if not product.data or not product.get_file_name().lower().endswith((".fits", ".fz", ".fits.gz")):
        return None
    if not has_science_image(product.data):
        return None
    import numpy as np
    from PIL import Image

    with _opened(product.data) as hdus:
        data = _image(hdus)
        if data is None:
            return None
        data = np.asarray(data, dtype=float)
    good = data[np.isfinite(data)]
    if good.size == 0:
        return None
    low, high = np.percentile(good, (1, 99.5))
    scaled = np.clip((np.nan_to_num(data, nan=low) - low) / ((high - low) or 1.0), 0, 1)
    # FITS rows run upwards, those of an image downwards.
    picture = Image.fromarray((scaled[::-1] * 255).astype("uint8"))
    size = (width or picture.width, height or picture.height)
    picture = picture.resize(size)
    file = tempfile.NamedTemporaryFile(suffix=".jpg")  # noqa: SIM115
    picture.save(file, format="JPEG")
    file.seek(0)
    return file


def preview_url(product: Any, *, size: tuple[int, int] | None, redraw: bool = False) -> str | None:
    """URL of the stored preview; drawn when it is missing, of another size, or to be redrawn."""
    size = tuple(size or tom_settings.THUMBNAIL_DEFAULT_SIZE)
    if product.thumbnail and not redraw and _size_of(product.thumbnail) == size:
        return product.thumbnail.url
    try:
        drawn = make_thumbnail(product, width=size[0], height=size[1])
    except (OSError, ValueError, MemoryError) as error:
        logger.warning("no preview of %s: %s", product, error)
        return None
    if drawn is None:
        return None
    with drawn:
        content = drawn.read()
    if product.thumbnail:
        product.thumbnail.delete(save=False)
    name = PurePosixPath(product.data.name).name.split(".")[0] + "_tb.jpg"
    product.thumbnail.save(name, ContentFile(content), save=False)
    product.save(update_fields=["thumbnail", "modified"])
    return product.thumbnail.url


def _size_of(field: Any) -> tuple[int, int] | None:
    from PIL import Image

    try:
        with field.storage.open(field.name, "rb") as stored, Image.open(stored) as picture:
            return picture.size
    except (OSError, ValueError):
        return None


def image_product(product: Any) -> bool:
    """Store a JPEG of a FITS image as a product of type `image_file`; whether it was made."""
    from tom_dataproducts.models import DataProduct, find_fits_img_size

    if DataProduct.objects.filter(product_id=f"{product.product_id or product.pk}_jpeg").exists():
        return True
    if not has_science_image(product.data):
        return False
    width, height = find_fits_img_size(product.data)
    drawn = make_thumbnail(product, width=width or None, height=height or None)
    if drawn is None:
        return False
    with drawn:
        image = DataProduct(
            product_id=f"{product.product_id or product.pk}_jpeg", target_id=product.target_id,
            observation_record=product.observation_record, data_product_type="image_file",
        )
        image.data.save(product.get_file_name().split(".")[0] + ".jpeg", ContentFile(drawn.read()), save=False)
    image.save()
    return True
