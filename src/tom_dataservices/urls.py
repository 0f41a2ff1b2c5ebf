from django.urls import path

from tom_dataservices.views import (
    CreateTargetFromQueryView,
    DataServiceQueryCreateView,
    DataServiceQueryDeleteView,
    DataServiceQueryListView,
    DataServiceQueryUpdateView,
    RunQueryView,
    UpdateDataFromDataServiceView,
)

app_name = "tom_dataservices"

urlpatterns = [
    path("query/list/", DataServiceQueryListView.as_view(), name="query_list"),
    path("query/create/", DataServiceQueryCreateView.as_view(), name="create"),
    path("query/create_targets/", CreateTargetFromQueryView.as_view(), name="create-target"),
    path("query/update_data/", UpdateDataFromDataServiceView.as_view(), name="update-data"),
    path("query/run/", RunQueryView.as_view(), name="run"),
    path("query/<int:pk>/update/", DataServiceQueryUpdateView.as_view(), name="update"),
    path("query/<int:pk>/run/", RunQueryView.as_view(), name="run_saved"),
    path("query/<int:pk>/delete/", DataServiceQueryDeleteView.as_view(), name="delete"),
]
