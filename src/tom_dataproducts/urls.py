"""Addresses of data; both `dataproducts:...` and `tom_dataproducts:...` reverse."""

from django.conf import settings
from django.urls import path, re_path

from tom_common.api_router import SharedAPIRootRouter
from tom_dataproducts import views
from tom_dataproducts.api_views import DataProductViewSet, ReducedDatumViewSet
from tom_dataproducts.measurement_urls import urlpatterns as measurement_pages
from tom_dataproducts.views import plots

router = SharedAPIRootRouter()
router.register(r"dataproducts", DataProductViewSet, "dataproducts")
router.register(r"reduceddatums", ReducedDatumViewSet, "reduceddatums")

app_name = "tom_dataproducts"

urlpatterns = [
    path("data/", views.DataProductListView.as_view(), name="list"),
    path("data/group/create/", views.DataProductGroupCreateView.as_view(), name="group-create"),
    path("data/group/list/", views.DataProductGroupListView.as_view(), name="group-list"),
    path("data/group/add/", views.DataProductGroupDataView.as_view(), name="group-data"),
    path("data/group/<int:pk>/", views.DataProductGroupDetailView.as_view(), name="group-detail"),
    path("data/group/<int:pk>/update/", views.DataProductGroupUpdateView.as_view(), name="group-update"),
    path("data/group/<int:pk>/delete/", views.DataProductGroupDeleteView.as_view(), name="group-delete"),
    path("data/upload/", views.DataProductUploadView.as_view(), name="upload"),
    path("data/upload/preview/", views.UploadPreviewView.as_view(), name="upload-preview"),
    path("data/reduced/update/", views.UpdateReducedDataView.as_view(), name="update-reduced-data"),
    path(
        "data/single_target_data_service/<str:service>/query/",
        views.SingleTargetDataServiceQueryView.as_view(),
        name="single-target-data-service-query",
    ),
    path("data/<int:pk>/", views.DataProductDetailView.as_view(), name="detail"),
    path("data/<int:pk>/tags/", views.DataProductTagsView.as_view(), name="tags"),
    path("data/<int:pk>/view/", views.ViewerView.as_view(), name="view"),
    path("data/<int:pk>/image/", views.ImageView.as_view(), name="image"),
    path("data/<int:pk>/image.json", views.ImageInfoView.as_view(), name="image-info"),
    path("data/<int:pk>/preview/", views.PreviewView.as_view(), name="preview"),
    path("data/<int:pk>/delete/", views.DataProductDeleteView.as_view(), name="delete"),
    path("data/<int:pk>/feature/", views.DataProductFeatureView.as_view(), name="feature"),
    path("data/<int:pk>/process/", views.ReprocessView.as_view(), name="process"),
    path("data/<int:pk>/file/", views.MediaView.as_view(), name="file"),
    path("data/<int:dp_pk>/share/", views.DataShareView.as_view(), name="share"),
    path("target/<int:tg_pk>/share/", views.DataShareView.as_view(), name="share_all"),
    path("target/<int:target_pk>/light-curve.json", plots.LightCurveView.as_view(), name="light-curve"),
    path("target/<int:target_pk>/light-curve.png", plots.LightCurveImageView.as_view(), name="light-curve-image"),
    path("target/<int:target_pk>/periodogram.json", plots.PeriodogramView.as_view(), name="periodogram"),
    path("target/<int:target_pk>/spectra.json", plots.SpectraView.as_view(), name="spectra"),
    path("target/<int:target_pk>/download/", views.ReducedDataDownloadView.as_view(), name="download"),
    *measurement_pages,
    path("<int:pk>/save/", views.DataProductSaveView.as_view(), name="save"),
]


def _media_pattern() -> list:
    """Old links `<MEDIA_URL><path>` lead to the same door, where MEDIA_URL is a path of this site."""
    prefix = (getattr(settings, "MEDIA_URL", "") or "").lstrip("/")
    if not prefix or "://" in prefix:
        return []
    return [re_path(rf"^{prefix}(?P<path>.+)$", views.MediaView.as_view(), name="data-file")]


media_urlpatterns = _media_pattern()
