"""The verbs of tom_dataproducts."""

from tom_dataproducts.rows import AddedData

from .adding import add_reduced_data, add_reduced_data_many
from .changing import change_datum
from .deleting import delete_datum, delete_product
from .exporting import export_reduced_data
from .featuring import feature_product
from .preview import FilePreview, preview_file, preview_product
from .processing import process_product
from .removing import delete_reduced_data, restore_reduced_data
from .reprocess import reprocess_product
from .storing import store_product

__all__ = [
    "AddedData",
    "FilePreview",
    "add_reduced_data",
    "add_reduced_data_many",
    "change_datum",
    "delete_datum",
    "delete_product",
    "delete_reduced_data",
    "export_reduced_data",
    "feature_product",
    "preview_file",
    "preview_product",
    "process_product",
    "reprocess_product",
    "restore_reduced_data",
    "store_product",
]
