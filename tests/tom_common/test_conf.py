"""The settings table and what `check` says about settings."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.test import override_settings

from tom_common import checks
from tom_common.conf import collect, tom_settings


def ids(found):
    return [message.id for message in found]


def test_default_override_and_unknown():
    with override_settings():
        from django.conf import settings

        if hasattr(settings, "TOM_NAME"):
            del settings.TOM_NAME
        assert tom_settings.TOM_NAME == "TOM Toolkit"
        assert tom_settings.HOOKS == {}
        tom_settings.HOOKS["x"] = 1
        assert tom_settings.HOOKS == {}  # a default is never shared
    with override_settings(TOM_NAME="Mine"):
        assert tom_settings.TOM_NAME == "Mine"
    with pytest.raises(AttributeError, match="NO_SUCH"):
        _ = tom_settings.NO_SUCH


def test_settings_that_old_projects_leave_unset_have_defaults():
    table = collect()
    assert table["TARGET_PERMISSIONS_ONLY"].default is True
    assert table["EXTRA_FIELDS"].default == []


def test_every_setting_has_help_and_a_default_of_its_kind():
    for row in collect().values():
        assert row.help, row.name
        assert checks._is_kind(row.default, row.kind) or row.default is None, row.name
        assert not row.choices or row.default in row.choices, row.name


@override_settings(AUTH_STRATEGI="LOCKED")
def test_a_typing_error_is_reported():
    found = [message for message in checks.check_settings() if message.id == "tom_common.W005"]
    assert any("AUTH_STRATEGI " in message.msg and "AUTH_STRATEGY" in message.hint for message in found)


@override_settings(HINTS_ENABLED="yes", OPEN_URLS="/about")
def test_wrong_kinds_are_errors():
    found = [message for message in checks.check_settings() if message.id == "tom_common.E001"]
    assert {message.msg.split()[0] for message in found} >= {"HINTS_ENABLED", "OPEN_URLS"}


@override_settings(AUTH_STRATEGY="CLOSED")
def test_a_value_outside_the_choices_is_reported():
    assert "tom_common.W004" in ids(checks.check_settings())


@override_settings(FORCED_PHOTOMETRY_SERVICES={})
def test_an_old_name_is_reported():
    assert any(
        "SINGLE_TARGET_DATA_SERVICES" in (message.hint or "") for message in checks.check_settings() if message.id == "tom_common.W006"
    )


@override_settings(TOM_NAME="A|B", HOOKS={"token": "secret-value-123"})
def test_tomsettings_lists_and_hides_secrets():
    out = StringIO()
    call_command("tomsettings", stdout=out)
    assert "TOM_NAME = 'A|B'" in out.getvalue()
    assert "secret-value-123" not in out.getvalue()
    out = StringIO()
    call_command("tomsettings", format="markdown", stdout=out)
    assert "## tom_common" in out.getvalue()
    assert "| `AUTH_STRATEGY` | `'READ_ONLY'` |" in out.getvalue()


def told(number):
    return [message for message in checks.check_settings() if message.id == f"tom_common.{number}"]


@pytest.mark.parametrize(
    ("name", "value", "where", "mend"),
    [
        ("FACILITIES", {"LCO": {"portal_url": "observe.lco.global"}}, "FACILITIES['LCO']['portal_url']", "whole address"),
        ("FACILITIES", {"LCO": "key"}, "FACILITIES['LCO'] is str", "Give a dict"),
        ("FACILITIES", {"GEM": {"portal_url": {"GS": 5}}}, "FACILITIES['GEM']['portal_url']['GS']", "whole address"),
        ("DATA_SHARING", {"other": {"BASEURL": "https://tom.example.org"}}, "DATA_SHARING['other'] has no 'BASE_URL'", "'BASEURL'"),
        (
            "DATA_SHARING",
            {"hermes": {"BASE_URL": "https://a.b", "USER_TOPICS": "t"}},
            "DATA_SHARING['hermes']['USER_TOPICS'] is str",
            "a list",
        ),
        ("SINGLE_TARGET_DATA_SERVICES", {"ATLAS": {"url": "https://a.b"}}, "SINGLE_TARGET_DATA_SERVICES['ATLAS'] has no 'class'", "class"),
        ("DATA_PRODUCT_TYPES", {"photometry": "Photometry"}, "DATA_PRODUCT_TYPES['photometry'] is str", "a list"),
        ("DATA_PROCESSORS", {"photometry": 5}, "DATA_PROCESSORS['photometry'] is no dotted path", "dotted path"),
        ("HOOKS", {"target_post_save": "post_save"}, "HOOKS['target_post_save'] is no dotted path", "dotted path"),
        ("EXTRA_FIELDS", [{"name": "z", "type": "float"}], "EXTRA_FIELDS[0]['type'] is none of", "'number'"),
        ("EXTRA_FIELDS", ["redshift"], "EXTRA_FIELDS[0] is str", "a dict"),
        ("ALERT_STREAMS", [{"ACTIVE": "yes", "NAME": "a.B"}], "ALERT_STREAMS[0]['ACTIVE'] is str", "a bool"),
        ("ALERT_STREAMS", [{"OPTIONS": {}}], "ALERT_STREAMS[0] has no 'NAME'", "NAME"),
        ("ALERT_STREAMS", [{"NAME": "a.B", "OPTIONS": {"TOPIC_HANDLERS": ["t"]}}], "['OPTIONS']['TOPIC_HANDLERS'] is list", "a dict"),
        ("BROKERS", {"LASAIR": "key-of-lasair"}, "BROKERS['LASAIR'] is str", "a dict"),
        ("HARVESTERS", {"TNS": ["key"]}, "HARVESTERS['TNS'] is list", "a dict"),
        ("DATA_SERVICES", {"TNS": "key"}, "DATA_SERVICES['TNS'] is str", "a dict"),
        ("TOM_FACILITY_CLASSES", ["LCOFacility"], "TOM_FACILITY_CLASSES[0] is no dotted path", "dotted path"),
        (
            "VISIBILITY_SITES",
            [{"name": "x", "latitude_deg": "10", "longitude_deg": 1}],
            "VISIBILITY_SITES[0]['latitude_deg'] is str",
            "float",
        ),
        ("TOM_API_RATES", {"user": "600 per minute"}, "TOM_API_RATES['user'] is no rate", "600/min"),
        ("TOM_API_RATES", {"token": 600}, "TOM_API_RATES['token'] is no rate", "600/min"),
        ("TOM_API_TOKEN_RATE", "0/min", "TOM_API_TOKEN_RATE is no rate", "600/min"),
        ("TOM_HTTP_TIMEOUT_S", (1, 2, 3), "TOM_HTTP_TIMEOUT_S has 3 items, not 2", "2 items"),
    ],
)
def test_what_is_wrong_inside_a_setting_is_told_with_its_place_and_mend(settings, name, value, where, mend):
    setattr(settings, name, value)
    (message,) = told("E002")
    assert where in message.msg
    assert mend in message.hint
    assert "key-of-lasair" not in message.msg + message.hint


def test_a_misspelt_key_is_told(settings):
    settings.FACILITIES = {"LCO": {"portal_ulr": "https://a.b", "api_key": ""}, "MINE": {"anything": 1, "site": {}}}
    (message,) = told("W010")
    assert "FACILITIES['LCO'] has 'portal_ulr'" in message.msg
    assert "'portal_url'" in message.hint


def test_settings_as_projects_have_them_are_right(settings):
    settings.FACILITIES = {
        "LCO": {"portal_url": "https://observe.lco.global", "api_key": ""},
        "GEM": {
            "portal_url": {"GS": "https://a.b:8443", "GN": "https://a.b:8443"},
            "api_key": {"GS": "x", "GN": None},
            "programs": {"P": {"a": "b"}},
        },
    }
    settings.DATA_SHARING = {
        "hermes": {
            "DISPLAY_NAME": "Hermes",
            "BASE_URL": "https://hermes.lco.global/",
            "HERMES_API_KEY": None,
            "USER_TOPICS": ["hermes.test"],
        },
        "tom-demo-dev": {"DISPLAY_NAME": "TOM", "BASE_URL": "http://127.0.0.1:8000/", "USERNAME": "u", "PASSWORD": "p"},
    }
    settings.EXTRA_FIELDS = [{"name": "redshift", "type": "number", "default": 0}, {"name": "seen", "type": "boolean", "hidden": True}]
    settings.BROKERS = {"TNS": {"api_key": "", "bot_id": 5}, "LASAIR": {"api_key": "x"}}
    settings.HOOKS = {"target_post_save": "tom_common.hooks.target_post_save", "data_product_post_upload": None}
    settings.TOM_ALERT_CLASSES = None
    settings.ALERT_STREAMS = [
        {
            "ACTIVE": True,
            "NAME": "tom_alertstreams.alertstreams.hopskotch.HopskotchAlertStream",
            "OPTIONS": {"URL": "kafka://kafka.scimma.org/", "USERNAME": "", "PASSWORD": "", "TOPIC_HANDLERS": {"sys.heartbeat": "a.b.c"}},
        }
    ]
    assert [message for message in checks.check_settings() if message.id.startswith(("tom_common.E", "tom_common.W010"))] == []


@pytest.mark.parametrize("name", ["TARGET_TYP", "TARGET_TYPES_", "TOM_FACILITY_CLASES", "HOOKZ_", "TOM_ALERT_CLASS", "DATA_PROCESSOR"])
def test_nearly_a_name_of_ours(settings, name):
    for real in ("TARGET_TYPE", "TOM_FACILITY_CLASSES", "TOM_ALERT_CLASSES", "DATA_PROCESSORS"):
        if hasattr(settings, real):
            delattr(settings, real)
    setattr(settings, name, [])
    assert bool(told("W005")) == (name != "HOOKZ_")


@pytest.mark.parametrize(
    "name",
    [
        "CELERY_BROKERS",
        "MY_HOOKS",
        "PLOTLY_DASH",
        "STATICFILES_DIRS",
        "MFA_FORMS",
        "BOOTSTRAP4",
        "AWS_S3_KEY",
        "Q_CLUSTER",
        "DUMMY_DEPTH",
        "THUMBNAIL_ALIASES",
    ],
)
def test_names_of_others_are_none_of_our_business(settings, name):
    setattr(settings, name, {})
    assert [message for message in checks.check_settings() if name in message.msg and message.id == "tom_common.W005"] == []


def test_names_that_nothing_reads_any_more(settings):
    settings.RSP_TOKEN = "x"
    (message,) = told("W011")
    assert "RSP_TOKEN" in message.msg
    assert message.hint


def test_the_template_pack_of_2_32_without_its_app(settings):
    settings.CRISPY_TEMPLATE_PACK = "bootstrap4"
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app != "crispy_bootstrap4"]
    assert ids(checks.check_template_pack()) == ["tom_common.W012"]


def test_defaults_have_the_shape_that_they_declare():
    from tom_common.shapes import faults

    for row in collect().values():
        assert list(faults(row.default, row.shape, row.name)) == [] or row.default is None, row.name


def test_the_page_of_settings_has_every_setting_with_its_help():
    import runpy
    from pathlib import Path

    page = runpy.run_path(str(Path(__file__).resolve().parents[2] / "docs" / "generate.py"))["settings_page"]()
    for row in collect().values():
        assert f"| `{row.name}` |" in page
        assert row.help.replace("|", "\\|") in page, row.name


# read once, at import: names of the contract that are constants there
READ_AT_IMPORT = {
    ("tom_dataproducts/models/products.py", "THUMBNAIL_DEFAULT_SIZE"),
    ("tom_observations/facility.py", "AUTO_THUMBNAILS"),
    ("tom_observations/facilities/gemini.py", "FACILITIES"),
    ("tom_observations/facilities/manual.py", "FACILITIES"),
}


def test_settings_are_read_when_they_are_needed():
    """A setting read while a module is imported would not follow `override_settings`, nor a change in a test of a project."""
    import ast
    from pathlib import Path

    source = Path(checks.__file__).resolve().parents[1]
    found = set()

    def look(node, path):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                for part in [*child.decorator_list, *child.args.defaults, *filter(None, child.args.kw_defaults)]:
                    note(part, path)
                    look(part, path)
                continue
            if not isinstance(child, ast.Lambda):
                note(child, path)
                look(child, path)

    def note(node, path):
        names = {"settings", "tom_settings"}
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names:
            found.add((path, node.attr))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "getattr" and getattr(node.args[0], "id", "") in names:
            found.add((path, getattr(node.args[1], "value", "?")))

    for file in source.glob("tom_*/**/*.py"):
        if "migrations" not in file.parts and "tests" not in file.parts:
            look(ast.parse(file.read_text()), str(file.relative_to(source)))
    assert {(path, name) for path, name in found if name != "AUTH_USER_MODEL"} == READ_AT_IMPORT
