"""A plugin as an outside author would write it: it uses every extension point, and nothing but what is documented."""

from django.apps import AppConfig
from django.urls import include, path


class DummyConfig(AppConfig):
    name = "tests.plugins.dummy"
    label = "dummy"
    default_auto_field = "django.db.models.BigAutoField"
    declares_tom_settings = True

    def include_url_paths(self):
        return [path("dummy/", include("tests.plugins.dummy.urls", namespace="dummy"))]

    def nav_items(self):
        return [
            {"partial": "dummy/nav.html"},
            {"partial": "dummy/nav.html", "context": "tests.plugins.dummy.contexts.nav", "position": "right"},
            "dummy/nav_plain.html",
        ]

    def target_detail_buttons(self):
        return [{"partial": "dummy/button.html", "context": "tests.plugins.dummy.contexts.of_page"}]

    def target_detail_tabs(self):
        return [{"partial": "dummy/tab.html", "context": "tests.plugins.dummy.contexts.of_page", "label": "Dummy things"}]

    def profile_details(self):
        return [{"partial": "dummy/profile.html", "context": "tests.plugins.dummy.contexts.of_user"}]

    def user_lists(self):
        return [{"partial": "dummy/users.html", "context": "tests.plugins.dummy.contexts.of_page"}]

    def data_services(self):
        return [{"class": "tests.plugins.dummy.services.DummyDataService"}]

    def observation_facilities(self):
        return [{"class": "tests.plugins.dummy.facility.DummyFacility"}]

    def harvester_classes(self):
        return ["tests.plugins.dummy.services.DummyHarvester"]
