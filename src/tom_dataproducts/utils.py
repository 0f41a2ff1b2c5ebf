"""Helpers that outside code imports."""

from __future__ import annotations

from typing import Any

from .services.thumbnails import image_product


def create_image_dataproduct(data_product: Any) -> bool:
    """Make a data product of type `image_file` (a JPEG) of a FITS image; whether there is one now."""
    return image_product(data_product)
