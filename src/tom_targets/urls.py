"""Addresses of targets; both `targets:...` and `tom_targets:...` reverse."""

from django.urls import path

from tom_common.api_router import SharedAPIRootRouter
from tom_targets import views
from tom_targets.api.views import (
    PersistentShareViewSet,
    SharesOfTargetViewSet,
    TargetExtraViewSet,
    TargetListViewSet,
    TargetNameViewSet,
    TargetViewSet,
)

router = SharedAPIRootRouter()
router.register(r"targets", TargetViewSet, "targets")
router.register(r"targetextra", TargetExtraViewSet, "targetextra")
router.register(r"targetname", TargetNameViewSet, "targetname")
router.register(r"targetlist", TargetListViewSet, "targetlist")

app_name = "tom_targets"

_many = PersistentShareViewSet.as_view({"get": "list", "post": "create"})
_one = PersistentShareViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"})
_of_target = SharesOfTargetViewSet.as_view({"get": "list"})

urlpatterns = [
    path("", views.TargetListView.as_view(), name="list"),
    path("skymap/", views.TargetSkyMapView.as_view(), name="skymap"),
    path("targetgrouping/", views.TargetGroupingView.as_view(), name="targetgrouping"),
    path("create/", views.TargetCreateView.as_view(), name="create"),
    path("import/", views.TargetImportView.as_view(), name="import"),
    path("import/<int:pk>/", views.TargetImportDetailView.as_view(), name="import-detail"),
    path("export/", views.TargetExportView.as_view(), name="export"),
    path("seed/", views.TargetSeedView.as_view(), name="seed"),
    path("merge/<int:pk1>/<int:pk2>", views.TargetMergeView.as_view(), name="merge"),
    path("add-remove-grouping/", views.TargetAddRemoveGroupingView.as_view(), name="add-remove-grouping"),
    path("list-choice/", views.TargetListChoiceView.as_view(), name="list-choice"),
    path("name/<str:name>", views.TargetNameSearchView.as_view(), name="name-search"),
    path("<int:pk>/update/", views.TargetUpdateView.as_view(), name="update"),
    path("<int:pk>/delete/", views.TargetDeleteView.as_view(), name="delete"),
    path("<int:pk>/share/", views.TargetShareView.as_view(), name="share"),
    path("<int:pk>/hermes-preload/", views.TargetHermesPreloadView.as_view(), name="hermes-preload"),
    path("<int:pk>/tab/<slug:slug>/", views.TargetTabView.as_view(), name="tab"),
    path("<int:pk>/tonight/", views.TargetTonightView.as_view(), name="tonight"),
    path("<int:pk>/coordinates/", views.TargetCoordinatesView.as_view(), name="coordinates"),
    path("<int:pk>/ephemeris/", views.TargetEphemerisView.as_view(), name="ephemeris"),
    path("<int:pk>/finder/", views.TargetFinderView.as_view(), name="finder"),
    path("<int:pk>/finder/stars/", views.TargetFinderStarsView.as_view(), name="finder-stars"),
    path("<int:pk>/", views.TargetDetailView.as_view(), name="detail"),
    path("<int:pk>/observation-list/", views.render_observation_table, name="render-observation-table"),
    path("<int:pk>/refresh-observations/", views.RefreshObservationsView.as_view(), name="refresh-observations"),
    path("<int:pk>/rights/", views.TargetRightsView.as_view(), name="rights"),
    path("targetgrouping/<int:pk>/", views.TargetGroupingDetailView.as_view(), name="group-detail"),
    path("targetgrouping/<int:pk>/delete/", views.TargetGroupingDeleteView.as_view(), name="delete-group"),
    path("targetgrouping/create/", views.TargetGroupingCreateView.as_view(), name="create-group"),
    path("targetgrouping/<int:pk>/share/", views.TargetGroupingShareView.as_view(), name="share-group"),
    path("targetgrouping/<int:pk>/hermes-preload/", views.TargetGroupingHermesPreloadView.as_view(), name="group-hermes-preload"),
    path("persistentshare/manage/", views.PersistentShareManageFormView.as_view(), name="persistent-share-manage-form"),
    path("<int:target_pk>/persistentshare/manage/", views.PersistentShareManageFormView.as_view(), name="target-persistent-share-manage-form"),
    path("persistentshare/manage/table", views.PersistentShareManageTable.as_view(), name="persistent-share-manage-table"),
    path("<int:target_pk>/persistentshare/manage/table", views.PersistentShareManageTable.as_view(), name="target-persistent-share-manage-table"),
    path("persistentshare/", _many, name="persistent-share"),
    path("persistentshare/<int:pk>/", _one, name="persistent-share-detail"),
    path("<int:target_pk>/persistentshare/", _of_target, name="target-persistent-share"),
    path("targetselection/", views.TargetFacilitySelectionView.as_view(), name="target-selection"),
]
