"""Addresses of the pages of measurements."""

from django.urls import path

from tom_dataproducts.views import measurements as views

urlpatterns = [
    path("measurements/", views.MeasurementListView.as_view(), name="measurements"),
    path("measurements/export/", views.MeasurementExportView.as_view(), name="measurement-export"),
    path("measurements/<int:pk>/", views.MeasurementView.as_view(), name="measurement"),
    path("measurements/<int:pk>/edit/", views.MeasurementEditView.as_view(), name="measurement-edit"),
    path("measurements/<int:pk>/delete/", views.MeasurementDeleteView.as_view(), name="measurement-delete"),
    path("measurements/<slug:kind>/", views.MeasurementListView.as_view(), name="measurements-kind"),
    path("measurements/<slug:kind>/export/", views.MeasurementExportView.as_view(), name="measurement-export-kind"),
    path("target/<int:target_pk>/measurements/", views.MeasurementListView.as_view(), name="target-measurements"),
    path("target/<int:target_pk>/measurements/export/", views.MeasurementExportView.as_view(), name="target-measurement-export"),
    path("target/<int:target_pk>/measurements/<slug:kind>/", views.MeasurementListView.as_view(), name="target-measurements-kind"),
    path("target/<int:target_pk>/measurements/<slug:kind>/part/", views.MeasurementPartView.as_view(), name="target-measurements-part"),
    path(
        "target/<int:target_pk>/measurements/<slug:kind>/export/", views.MeasurementExportView.as_view(), name="target-measurement-export-kind"
    ),
]
