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
