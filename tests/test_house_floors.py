"""The floors, as far as import-linter (in `make lint`) does not see them."""

import ast
from pathlib import Path

import pytest
from django.apps import apps

SRC = Path(__file__).resolve().parents[1] / "src"
FLOORS = {
    "tom_astro": 0, "tom_clients": 0, "tom_common": 0, "tom_targets": 1, "tom_observations": 2, "tom_dataproducts": 3,
    "tom_alerts": 4, "tom_catalogs": 4, "tom_dataservices": 4, "tom_streams": 4, "tom_sharing": 4, "tom_calendar": 4, "tom_setup": 5,
}  # fmt: skip


def test_foreign_keys_point_down():
    up = []
    for config in apps.get_app_configs():
        if config.label not in FLOORS:
            continue
        for model in config.get_models(include_auto_created=True):
            for field in model._meta.get_fields():
                if field.is_relation and field.concrete and field.related_model is not None:
                    other = field.related_model._meta.app_label
                    if other in FLOORS and other != config.label and FLOORS[other] >= FLOORS[config.label]:
                        up.append(f"{model._meta.label}.{field.name} -> {other}")
    assert up == []


def test_pure_packages_are_no_apps_and_hold_no_models():
    for package in ("tom_astro", "tom_clients"):
        assert not apps.is_installed(package)
        assert not list((SRC / package).rglob("models.py"))


@pytest.mark.parametrize("package", sorted(FLOORS))
def test_no_package_takes_the_name_of_another_distribution(package):
    assert package not in {"tom_alertstreams", "tom_antares", "tom_scimma", "tom_hermes", "tom_fink", "tom_lt", "tom_tns"}


def test_views_do_not_save():
    """A view calls a service; `.save()` of an object in it would pass by history, grants and events.

    A form's `save(commit=False)` writes nothing, and a form's `save()` may call the service itself.
    """
    found = []
    for path in [*SRC.glob("tom_*/views.py"), *SRC.glob("tom_*/views/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "save":
                receiver = ast.unparse(node.func.value)
                if "form" in receiver or receiver in {"self", "super()"}:  # a method of the view that calls a service
                    continue
                found.append(f"{path.relative_to(SRC)}:{node.lineno}")
    assert found == []


def test_default_settings_and_test_settings_agree_on_apps():
    from tom_common.default_settings import TOMTOOLKIT_INSTALLED_APPS

    assert [name for name in FLOORS if apps.is_installed(name) and name != "tom_setup" and name not in TOMTOOLKIT_INSTALLED_APPS] == []
