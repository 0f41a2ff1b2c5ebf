"""The menu of catalogues."""

import pytest
from django.apps import apps
from django.template import Context, Engine

from tom_catalogs.apps import TomCatalogsConfig


def test_the_menu_lists_the_catalogues():
    engine = Engine(app_dirs=True, libraries={"menu": "tom_catalogs.tags.dataservices_extras"})
    page = engine.from_string("{% load menu %}{% catalog_query_menu %}").render(Context())
    assert "Simbad" in page
    assert "?service=NED" in page


@pytest.mark.parametrize("installed", [True, False])
def test_the_library_steps_back_for_that_of_the_data_services(settings, monkeypatch, installed):
    settings.TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
    monkeypatch.setattr(apps, "is_installed", lambda name: installed)
    config = apps.get_app_config("tom_catalogs")
    assert isinstance(config, TomCatalogsConfig)
    config.ready()
    libraries = settings.TEMPLATES[0].get("OPTIONS", {}).get("libraries", {})
    assert ("dataservices_extras" in libraries) is not installed
