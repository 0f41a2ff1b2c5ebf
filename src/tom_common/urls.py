"""The address of every page of a TOM. A project includes this once: ``path("", include("tom_common.urls"))``."""

from __future__ import annotations

from importlib import import_module

from django.apps import apps
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from tom_common import activity_urls, views
from tom_common.accounts.api_views import TomObtainAuthToken
from tom_common.accounts.urlpatterns import account_urlpatterns
from tom_common.api import schema
from tom_common.api_router import collect_api_urls
from tom_common.plugins import integration_items
from tom_common.views.plugins import PluginListView
from tom_common.views.tables import BulkRunView

Patterns = list[URLPattern | URLResolver]


def app_urls() -> Patterns:
    """The pages of those of our apps that this TOM has installed."""
    found: Patterns = []
    for prefix, app, namespace in [
        ("targets/", "tom_targets", "targets"),
        ("alerts/", "tom_alerts", "alerts"),
        ("catalogs/", "tom_catalogs", None),
        ("observations/", "tom_observations", "observations"),
        ("dataproducts/", "tom_dataproducts", "dataproducts"),
        ("calendar/", "tom_calendar", "calendar"),
    ]:
        if apps.is_installed(app):
            found.append(path(prefix, include(f"{app}.urls", namespace=namespace)))
    if apps.is_installed("django_comments"):
        from tom_common.comments import comment_urlpatterns

        found.append(path("comments/", include(comment_urlpatterns())))
    return found


def integrated_urls() -> Patterns:
    """What the apps' ``include_url_paths()`` add."""
    return [pattern for pattern in integration_items("include_url_paths") if isinstance(pattern, URLPattern | URLResolver)]


def media_urls() -> Patterns:
    """The door to stored files, which asks for the rights on each file; the media folder itself is never served."""
    if not apps.is_installed("tom_dataproducts"):
        return []
    return list(getattr(import_module("tom_dataproducts.urls"), "media_urlpatterns", []))


urlpatterns = [
    path("", views.HomeView.as_view(), name="home"),
    *account_urlpatterns(),
    *integrated_urls(),
    *app_urls(),
    path("home/panel/<slug:slug>/", views.HomePanelView.as_view(), name="home-panel"),
    path("home/layout/", views.HomeLayoutView.as_view(), name="home-layout"),
    path("search/", views.NameSearchView.as_view(), name="name-search"),
    path("search/suggest/", views.NameSuggestView.as_view(), name="name-suggest"),
    path("tables/bulk/<int:pk>/", BulkRunView.as_view(), name="table-bulk-run"),
    path("plugins/", PluginListView.as_view(), name="plugin-list"),
    path("users/", views.UserListView.as_view(), name="user-list"),
    path("users/profile/", views.UserProfileView.as_view(), name="user-profile"),
    path("users/security/", views.SecurityLogView.as_view(), name="security-log"),
    path("users/<int:pk>/second-factor/reset/", views.ResetSecondFactorView.as_view(), name="user-reset-second-factor"),
    path("users/create/", views.UserCreateView.as_view(), name="user-create"),
    path("users/<int:pk>/update/", views.UserUpdateView.as_view(), name="user-update"),
    path("users/<int:pk>/delete/", views.UserDeleteView.as_view(), name="user-delete"),
    path("users/<int:pk>/changepassword/", views.UserPasswordChangeView.as_view(), name="admin-user-change-password"),
    path("users/<int:pk>/approve/", views.UserApprovalView.as_view(), name="user-approve"),
    path("users/<int:pk>/regenerate-token/", views.RegenerateAPITokenView.as_view(), name="regenerate-api-token"),
    path("users/token/reveal/", views.RevealAPITokenView.as_view(), name="reveal-api-token"),
    path("users/<int:pk>/state/", views.UserStateView.as_view(), name="user-state"),
    path("view-as/", views.ViewAsStartView.as_view(), name="view-as-start"),
    path("view-as/stop/", views.ViewAsStopView.as_view(), name="view-as-stop"),
    path("groups/<int:pk>/", views.GroupDetailView.as_view(), name="group-detail"),
    path("groups/<int:pk>/members/", views.GroupMembersView.as_view(), name="group-members"),
    path("groups/create/", views.GroupCreateView.as_view(), name="group-create"),
    path("groups/<int:pk>/update/", views.GroupUpdateView.as_view(), name="group-update"),
    path("groups/<int:pk>/delete/", views.GroupDeleteView.as_view(), name="group-delete"),
    path("comment/<int:pk>/delete", views.CommentDeleteView.as_view(), name="comment-delete"),
    *activity_urls.urlpatterns,
    path("terms/", views.TermsOfServiceView.as_view(), name="terms-of-service"),
    path("terms/accept/", views.TermsAcceptView.as_view(), name="terms-accept"),
    path("robots.txt", views.RobotsView.as_view(), name="robots_txt"),
    path("favicon.ico", views.FaviconView.as_view(), name="favicon"),
    path("styleguide/", views.StyleguideView.as_view(), name="styleguide"),
    path("admin/", admin.site.urls),
    path("api-auth/", include("tom_common.accounts.api_auth_urls", namespace="rest_framework")),
    *schema.urlpatterns(),
    path("api/token-auth/", TomObtainAuthToken.as_view(), name="api-token-auth"),
    path("api/", include((collect_api_urls(), "api"), namespace="api")),
    *media_urls(),
]
