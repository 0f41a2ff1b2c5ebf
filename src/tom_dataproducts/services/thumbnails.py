"""Small JPEGs of the images in data products: kept beside the file, or drawn when they are looked at."""

from __future__ import annotations

import contextlib
import logging
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from django.core.cache import cache
from django.core.files.base import ContentFile

from tom_common.conf import tom_settings
from tom_common.errors import TomError
from tom_common.tasks import task
from tom_dataproducts.fits_files import opened_fits
from tom_dataproducts.services.images import (
    as_jpeg,
    best_extension,
    drawn,
    extension_of,
    is_fits_name,
    limits_of,
    may_be_picture,
    read_scaled,
    stretched,
)
from tom_dataproducts.storage import local_copy, local_path

logger = logging.getLogger(__name__)

A_DAY = 24 * 3600
NOTHING = b""


@contextlib.contextmanager
def _path_of(file: Any) -> Iterator[str]:
    """The path at which a FieldFile, a path, or an open file can be read."""
    if hasattr(file, "storage"):
        with local_copy(file) as path:
            yield path
    elif hasattr(file, "read"):
        with tempfile.NamedTemporaryFile(suffix=".fits") as copy:
            file.seek(0)
            shutil.copyfileobj(file, copy)
            copy.flush()
            yield copy.name
    else:
        yield str(file)


def fits_image_size(filename: Any) -> tuple[int, int]:
    """(width, height) for an image of this FITS file: THUMBNAIL_MAX_SIZE, or the largest NAXIS1 and NAXIS2 in it."""
    if tom_settings.THUMBNAIL_MAX_SIZE:
        return tuple(tom_settings.THUMBNAIL_MAX_SIZE)
    with _path_of(filename) as path, opened_fits(path) as (hdus, _):
        headers = [hdu.header for hdu in hdus]
        widths = [header["NAXIS1"] for header in headers if "NAXIS1" in header]
        heights = [header["NAXIS2"] for header in headers if "NAXIS2" in header]
    return max(widths, default=0), max(heights, default=0)


def has_science_image(file: Any) -> bool:
    """Whether any HDU is named SCI. What is no FITS file has none."""
    try:
        with _path_of(file) as path, opened_fits(path) as (_, found):
            return any(one.name == "SCI" for one in found)
    except (TomError, OSError, ValueError, TypeError):
        return False


def make_thumbnail(product: Any, *, width: int | None = None, height: int | None = None) -> Any:
    """A temporary JPEG file of the FITS image (asinh, limits as `limits_of` finds them by itself), or None for what is no FITS image.

    The image named SCI, else the first one. Without a size it is that of the image, up to THUMBNAIL_MAX_SIZE.
    """
    if not product.data or not is_fits_name(product.get_file_name()):
        return None
    longest = max(width or 0, height or 0) or max(tom_settings.THUMBNAIL_MAX_SIZE or (0, 0)) or 1 << 30
    try:
        with _path_of(product.data) as path, opened_fits(path) as (hdus, found):
            scaled = read_scaled(hdus, extension_of(found, None), longest=longest)
    except TomError as error:
        logger.info("no thumbnail of %s: %s", product, error)
        return None
    picture = stretched(scaled.pixels, black_white=limits_of(scaled.pixels, "auto"))
    if width or height:
        picture = picture.resize((width or picture.width, height or picture.height))
    file = tempfile.NamedTemporaryFile(suffix=".jpg")  # noqa: SIM115  (the caller closes it)
    picture.save(file, format="JPEG")
    file.seek(0)
    return file


def preview_url(product: Any, *, size: tuple[int, int] | None, redraw: bool = False) -> str | None:
    """URL of the stored preview; drawn when it is missing, of another size, or to be redrawn. None for what is no image.

    It is drawn by the product's own `create_thumbnail`, which a project may have put in the place of ours.
    """
    size = tuple(size or tom_settings.THUMBNAIL_DEFAULT_SIZE)
    if not (product.thumbnail and not redraw and _size_of(product.thumbnail) == size):
        drawn_file = product.create_thumbnail(width=size[0], height=size[1])
        if drawn_file is None:
            return None
        with drawn_file:
            keep_thumbnail(product, drawn_file.read())
    return _url_of(product)


def keep_thumbnail(product: Any, jpeg: bytes) -> None:
    """Store a preview of the product in place of the one it had."""
    if product.thumbnail:
        product.thumbnail.delete(save=False)
    name = PurePosixPath(product.data.name).name.split(".")[0] + "_tb.jpg"
    product.thumbnail.save(name, ContentFile(jpeg), save=False)
    product.save(update_fields=["thumbnail", "modified"])


@task()
def store_preview_task(product_id: int) -> str:
    """Keep a preview of a product's image in the storage (AUTO_THUMBNAILS); of a file of an observation an image product too."""
    from tom_dataproducts.models import DataProduct
    from tom_dataproducts.models.products import data_product_types

    product = DataProduct.objects.filter(pk=product_id).first()
    jpeg = preview_jpeg(product) if product is not None else None
    if product is None or jpeg is None:
        return "no image"
    keep_thumbnail(product, jpeg)
    of_observation = product.observation_record_id and product.product_id and is_fits_name(product.get_file_name())
    if of_observation and "image_file" in dict(data_product_types().values()):
        image_product(product)
    return str(product.thumbnail.name)


def _url_of(product: Any) -> str:
    """As the storage says; through our own door where it has no addresses."""
    from django.urls import reverse

    try:
        return product.thumbnail.url
    except (NotImplementedError, ValueError):
        return reverse("tom_dataproducts:preview", args=[product.pk])


def _size_of(field: Any) -> tuple[int, int] | None:
    from PIL import Image

    try:
        with field.storage.open(field.name, "rb") as stored, Image.open(stored) as picture:
            return picture.size
    except (OSError, ValueError):
        return None


def _key_of(product: Any) -> str:
    return f"tom-preview-{product.pk}-{product.modified.timestamp():.0f}-{product.sha256[:16]}"


def has_image(product: Any) -> bool:
    """Whether there is an image in the product's file, told by the headers of a FITS file.

    A file in a storage without local paths is not fetched for this, nor a packed one unpacked: it counts as an image until its preview was tried.
    """
    if not product.data or not may_be_picture(product.data.name):
        return False
    name = product.data.name.lower()
    if not is_fits_name(name) or name.endswith(".gz") or local_path(product.data) is None:
        return bool(product.thumbnail or cache.get(_key_of(product)) != NOTHING)
    try:
        with local_copy(product.data) as path, opened_fits(path) as (_, found):
            return best_extension(found) is not None
    except (TomError, OSError, ValueError):
        return False


def preview_jpeg(product: Any) -> bytes | None:
    """A small JPEG of the product's image, of THUMBNAIL_DEFAULT_SIZE at most; None for what is no image. Drawn once a day at most."""
    if product.thumbnail:
        try:
            with product.thumbnail.storage.open(product.thumbnail.name, "rb") as stored:
                return stored.read()
        except OSError:
            pass  # it is gone from the storage: drawn anew
    if not product.data or not may_be_picture(product.data.name):
        return None
    key = _key_of(product)
    known = cache.get(key)
    if known is None:
        try:
            known = as_jpeg(drawn(product.data, longest=max(tom_settings.THUMBNAIL_DEFAULT_SIZE)))
        except TomError as error:
            logger.info("no preview of %s: %s", product, error)
            known = NOTHING
        cache.set(key, known, A_DAY)
    return known or None


def image_product(product: Any) -> bool:
    """Store a JPEG of a FITS image as a product of type `image_file`; whether it was made."""
    from tom_dataproducts.models import DataProduct, find_fits_img_size

    product_id = f"{product.product_id or product.pk}_jpeg"
    if DataProduct.objects.filter(product_id=product_id).exists():
        return True
    if not has_science_image(product.data):
        return False
    width, height = find_fits_img_size(product.data)
    drawn_file = make_thumbnail(product, width=width or None, height=height or None)
    if drawn_file is None:
        return False
    from tom_dataproducts.services.storing import store_product

    with drawn_file:
        store_product(
            target=product.target,
            observation_record=product.observation_record,
            product_id=product_id,
            data_product_type="image_file",
            filename=product.get_file_name().split(".")[0] + ".jpeg",
            content=drawn_file.read(),
            groups=product.group.all(),  # seen by whom the FITS file is seen
        )
    return True
