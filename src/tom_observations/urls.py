from django.urls import path

from tom_common.api_router import SharedAPIRootRouter

from . import views
from .api_views import ObservationRecordViewSet

app_name = "tom_observations"

router = SharedAPIRootRouter()
router.register(r"observations", ObservationRecordViewSet, "observations")

urlpatterns = [
    path("add/", views.AddExistingObservationView.as_view(), name="add-existing"),
    path("list/", views.ObservationListView.as_view(), name="list"),
    path("status/", views.FacilityStatusView.as_view(), name="facility-status"),
    path("status/list/", views.facility_status_list, name="render-facility-status-list"),
    path("template/list/", views.ObservationTemplateListView.as_view(), name="template-list"),
    path("template/<str:facility>/create/", views.ObservationTemplateCreateView.as_view(), name="template-create"),
    path("template/<int:pk>/update/", views.ObservationTemplateUpdateView.as_view(), name="template-update"),
    path("template/<int:pk>/delete/", views.ObservationTemplateDeleteView.as_view(), name="template-delete"),
    path("template/<int:pk>/", views.ObservationTemplateUpdateView.as_view(), name="template-detail"),
    path("groups/create/", views.ObservationGroupCreateView.as_view(), name="group-create"),
    path("groups/list/", views.ObservationGroupListView.as_view(), name="group-list"),
    path("groups/<int:pk>/delete/", views.ObservationGroupDeleteView.as_view(), name="group-delete"),
    path("callback/", views.ObservationCallbackView.as_view(), name="callback"),
    path("<str:facility>/create/", views.ObservationCreateView.as_view(), name="create"),
    path("<str:facility>/redirect/", views.ObservationRedirectView.as_view(), name="redirect"),
    path("<int:pk>/cancel/", views.ObservationRecordCancelView.as_view(), name="cancel"),
    path("<int:pk>/update/", views.ObservationRecordUpdateView.as_view(), name="update"),
    path("<int:pk>/status/", views.ObservationRecordStatusView.as_view(), name="set-status"),
    path("<int:pk>/panel/<slug:slug>/", views.ObservationPanelView.as_view(), name="panel"),
    path("<int:pk>/", views.ObservationRecordDetailView.as_view(), name="detail"),
]
