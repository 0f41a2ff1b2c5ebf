"""Pages of data products, at the path that outside code imports."""

from tom_dataproducts.data_processor import run_data_processor

from .files import MediaView
from .groups import (
    DataProductGroupCreateView,
    DataProductGroupDataView,
    DataProductGroupDeleteView,
    DataProductGroupDetailView,
    DataProductGroupListView,
    DataProductGroupUpdateView,
)
from .images import ImageInfoView, ImageView, PreviewView, ViewerView
from .plots import LightCurveView, SpectraView
from .products import (
    DataProductDeleteView,
    DataProductDetailView,
    DataProductFeatureView,
    DataProductListView,
    DataProductSaveView,
    DataProductTagsView,
    ReprocessView,
)
from .services import SingleTargetDataServiceQueryView, UpdateReducedDataView
from .sharing import DataShareView, ReducedDataDownloadView
from .upload import DataProductUploadView, UploadPreviewView

__all__ = [
    "DataProductDeleteView",
    "DataProductDetailView",
    "DataProductFeatureView",
    "DataProductGroupCreateView",
    "DataProductGroupDataView",
    "DataProductGroupDeleteView",
    "DataProductGroupDetailView",
    "DataProductGroupListView",
    "DataProductGroupUpdateView",
    "DataProductListView",
    "DataProductSaveView",
    "DataProductTagsView",
    "DataProductUploadView",
    "DataShareView",
    "ImageInfoView",
    "ImageView",
    "LightCurveView",
    "MediaView",
    "PreviewView",
    "ReducedDataDownloadView",
    "ReprocessView",
    "SingleTargetDataServiceQueryView",
    "SpectraView",
    "UpdateReducedDataView",
    "UploadPreviewView",
    "ViewerView",
    "run_data_processor",
]
