"""The verbs of tom_dataproducts."""

from tom_dataproducts.rows import AddedData

from .adding import add_reduced_data, add_reduced_data_many
from .deleting import delete_datum, delete_product
from .exporting import export_reduced_data
from .featuring import feature_product
from .processing import process_product
from .storing import store_product

__all__ = [
    "AddedData",
    "add_reduced_data",
    "add_reduced_data_many",
    "delete_datum",
    "delete_product",
    "export_reduced_data",
    "feature_product",
    "process_product",
    "store_product",
]
