"""Plugins that are broken in the ways in which plugins break."""

from django.apps import AppConfig


class BrokenConfig(AppConfig):
    name = "tests.plugins.broken"
    label = "broken"
    path = __file__.rsplit("/", 1)[0]

    def nav_items(self):
        return self.no_such_attribute

    def target_detail_tabs(self):
        return [{"partial": "dummy/tab.html", "context": "tests.plugins.nowhere.context", "label": "Broken tab"}]

    def data_services(self):
        return [{"class": "tests.plugins.nowhere.Service"}]

    def observation_facilities(self):
        return None
