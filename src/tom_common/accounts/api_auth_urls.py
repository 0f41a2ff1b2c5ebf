"""The log-in and log-out links of the browsable API lead to the pages of this TOM."""

from django.urls import path
from django.views.generic import RedirectView

app_name = "rest_framework"
urlpatterns = [
    path("login/", RedirectView.as_view(pattern_name="login", query_string=True), name="login"),
    path("logout/", RedirectView.as_view(pattern_name="logout", query_string=True), name="logout"),
]
