"""Pages of data products, at the path that outside code imports."""

from tom_dataproducts.data_processor import run_data_processor

from .files import MediaView
from .groups import (
    DataProductGroupCreateView,
    DataProductGroupDataView,
    DataProductGroupDeleteView,
    DataProductGroupDetailView,
    DataProductGroupListView,
)
from .plots import LightCurveView, SpectraView
from .products import (
    DataProductDeleteView,
    DataProductFeatureView,
    DataProductListView,
    DataProductSaveView,
    DataProductUploadView,
    ReprocessView,
)
from .services import SingleTargetDataServiceQueryView, UpdateReducedDataView
from .sharing import DataShareView, ReducedDataDownloadView

__all__ = [
    "DataProductDeleteView",
    "DataProductFeatureView",
    "DataProductGroupCreateView",
    "DataProductGroupDataView",
    "DataProductGroupDeleteView",
    "DataProductGroupDetailView",
    "DataProductGroupListView",
    "DataProductListView",
    "DataProductSaveView",
    "DataProductUploadView",
    "DataShareView",
    "LightCurveView",
    "MediaView",
    "ReducedDataDownloadView",
    "ReprocessView",
    "SingleTargetDataServiceQueryView",
    "SpectraView",
    "UpdateReducedDataView",
    "run_data_processor",
]
