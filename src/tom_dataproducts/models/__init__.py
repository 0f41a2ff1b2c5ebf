"""Data products and reduced data. `ReducedDatum` is one table; the typed models are proxies of it."""

from tom_observations.models import ObservationRecord

from .fields import FloatArrayField, ValueField
from .products import (
    DATA_TYPE_CHOICES,
    DEFAULT_DATA_TYPE_CHOICES,
    THUMBNAIL_DEFAULT_SIZE,
    DataProduct,
    DataProductGroup,
    DataProductTag,
    data_product_path,
    find_fits_img_size,
    is_fits_image_file,
)
from .reduced import (
    REDUCED_DATUM_MODELS,
    AstrometryReducedDatum,
    GenericReducedDatum,
    PhotometryReducedDatum,
    ReducedDatum,
    ReducedDatumCommon,
    ReducedDatumManager,
    ReducedDatumQuerySet,
    SpectroscopyReducedDatum,
    try_parse_reduced_datum,
)

__all__ = [
    "DATA_TYPE_CHOICES",
    "DEFAULT_DATA_TYPE_CHOICES",
    "REDUCED_DATUM_MODELS",
    "THUMBNAIL_DEFAULT_SIZE",
    "AstrometryReducedDatum",
    "DataProduct",
    "DataProductGroup",
    "DataProductTag",
    "FloatArrayField",
    "GenericReducedDatum",
    "ObservationRecord",
    "PhotometryReducedDatum",
    "ReducedDatum",
    "ReducedDatumCommon",
    "ReducedDatumManager",
    "ReducedDatumQuerySet",
    "SpectroscopyReducedDatum",
    "ValueField",
    "data_product_path",
    "find_fits_img_size",
    "is_fits_image_file",
    "try_parse_reduced_datum",
]
