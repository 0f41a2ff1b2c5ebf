"""The templates, blocks, tags and static files that others count on."""

import datetime
import importlib.util
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.staticfiles import finders
from django.core.paginator import Paginator
from django.template import Context, Template, TemplateDoesNotExist
from django.template.loader import get_template, render_to_string
from django.test import RequestFactory

TEMPLATES = """
tom_common/base.html tom_common/index.html tom_common/navbar_content.html tom_common/change_user_password.html tom_common/create_user.html
tom_common/user_profile.html tom_common/bootstrap_htmx.html tom_common/terms_accept.html tom_common/terms_of_service.html
tom_common/partials/api_token.html tom_common/partials/app_profiles.html tom_common/partials/confirm_user_delete.html
tom_common/partials/copy_button.html tom_common/partials/htmx_table_partial.html tom_common/partials/include_app_partial.html
tom_common/partials/messages.html tom_common/partials/navbar_app_addons.html tom_common/partials/navbar_login.html
tom_common/partials/revealable_password_input.html tom_common/partials/user_data.html tom_common/partials/clearable_encrypted_input.html
tom_common/partials/security_card.html tom_common/partials/terms_of_service_text.html
auth/group_form.html auth/group_confirm_delete.html auth/user_list.html auth/user_confirm_delete.html auth/user_confirm_change_password.html
auth/partials/app_user_lists.html auth/partials/group_list.html auth/partials/user_list.html auth/partials/pending_users.html
comments/list.html comments/form.html django_comments/comment_confirm_delete.html django_filters/widgets/multiwidget.html
400.html 403.html 404.html 500.html registration/login.html bootstrap4_overrides/pagination.html bootstrap5_overrides/pagination.html
account/login.html account/signup_closed.html account/account_inactive.html
account/email/registration_requested_subject.txt account/email/registration_requested_message.txt
account/email/registration_approved_subject.txt account/email/registration_approved_message.txt
allauth/layouts/base.html allauth/elements/alert.html allauth/elements/button.html allauth/elements/button_group.html
allauth/elements/field.html allauth/elements/fields.html allauth/elements/panel.html
mfa/totp/deactivate_form.html mfa/recovery_codes/index.html
tom_common/ui/page_header.html tom_common/ui/empty_state.html tom_common/ui/badge.html tom_common/ui/field.html tom_common/ui/copyable.html
tom_common/ui/toolbar.html tom_common/ui/card.html
""".split()


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_template_is_ours(name):
    template = get_template(name)
    assert "tom_common" in template.origin.name


def request_for(user=None, path="/", **data):
    request = RequestFactory().get(path, data)
    request.user = user or AnonymousUser()
    return request


def render(text, request=None, **context):
    request = request or request_for()
    return Template(text).render(Context({"request": request, "user": request.user, **context}))


@pytest.mark.django_db
def test_base_has_the_blocks_that_others_fill():
    page = render(
        "{% extends 'tom_common/base.html' %}"
        + "".join(
            f"{{% block {name} %}}<x-{name}>{{% endblock %}}" for name in ["title", "additional_css", "content", "javascript", "extra_javascript"]
        )
    )
    order = [page.index(f"<x-{name}>") for name in ["title", "additional_css", "content", "javascript", "extra_javascript"]]
    assert order == sorted(order)


def test_a_page_for_a_server_error_needs_nothing():
    assert "Something went wrong" in render_to_string("500.html")
    assert "not understood" in render_to_string("400.html")


def test_names_and_help_of_fields():
    user = User(username="x")
    assert render("{% load tom_common_extras %}{% verbose_name u 'first_name' %}", u=user) == "First Name"
    assert "Required" in render("{% load tom_common_extras %}{% help_text u 'username' %}", u=user)


@pytest.mark.parametrize(
    ("value", "shown"),
    [("short", "short"), (1.5, "1.5"), (1234.5678901234567, "1234.5678901"), (0.00001234567890123, "1.234568e-05"),
     (12345678901234567, "1.234568e+16"), (-0.123456789012345, "-0.123456789")],
)  # fmt: skip
def test_truncating_values(value, shown):
    from tom_common.templatetags.tom_common_extras import truncate_value_for_display

    found = str(truncate_value_for_display(value))
    assert found == shown
    assert len(found) <= 12


def test_truncating_text_wraps_over_five_lines_at_most():
    from tom_common.templatetags.tom_common_extras import truncate_value_for_display

    lines = truncate_value_for_display("word " * 100).split("\n")
    assert len(lines) <= 5
    assert max(map(len, lines)) <= 18


def test_small_filters_and_tags(settings):
    settings.TOM_NAME = "My <TOM>"
    assert render("{% load tom_common_extras %}{{ 3|multiplyby:4 }} {{ 'a'|addstr:1 }} {% tom_name %}") == "12 a1 My &lt;TOM&gt;"
    settings.CSS_THEME = "Dark"
    assert render("{% load tom_common_extras %}{% get_theme %}") == "tom_common/css/dark.css"
    assert finders.find("tom_common/css/dark.css")
    settings.CSS_THEME = None
    assert render("{% load tom_common_extras %}{% get_theme as t %}{{ t }}") == "None"


def test_copy_button_escapes():
    assert 'data-copy="a&quot;&gt;&lt;b"' in render("{% load tom_common_extras %}{% copy_button t 'Copy it' %}", t='a"><b')


def test_times_are_utc_and_say_so():
    when = datetime.datetime(2020, 5, 1, 23, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    shown = render("{% load tom_common_extras %}{% utc_time w %}", w=when)
    assert "2020-05-01 21:30" in shown
    assert "UTC" in shown


def test_a_state_is_told_by_word_and_icon():
    shown = render("{% load tom_common_extras %}{% state_badge 'WINDOW_EXPIRED' %}")
    assert "Window expired" in shown
    assert "bi-clock-history" in shown


@pytest.mark.parametrize("library", ["bootstrap4_overrides", "bootstrap5_overrides"])
def test_pagination_tags(library):
    page = Paginator(range(95), 10).page(3)
    shown = render(f"{{% load {library} %}}{{% bootstrap_pagination page extra='a=1' %}}", request_for(path="/", q="x", page="3"), page=page)
    assert "21–30 of 95" in shown
    assert "?q=x&amp;a=1&amp;page=4" in shown


@pytest.mark.parametrize("path", [
    "tom_common/css/main.css", "tom_common/css/tokens.css", "tom_common/js/tom.js", "tom_common/vendor/bootstrap/bootstrap.min.css",
    "tom_common/vendor/htmx/htmx.min.js", "tom_common/vendor/uplot/uPlot.iife.min.js", "tom_common/vendor/plotly/plotly-cartesian.min.js",
    "tom_common/vendor/aladin/aladin.js", "tom_common/vendor/tom-select/tom-select.complete.min.js",
])  # fmt: skip
def test_static_files_are_ours(path):
    assert finders.find(path)


def test_vendored_files_are_what_their_checksums_say():
    path = Path(__file__).resolve().parents[2] / "scripts" / "vendor_assets.py"
    spec = importlib.util.spec_from_file_location("vendor_assets", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["vendor_assets"] = module
    spec.loader.exec_module(module)
    assert module.check(module.VENDOR) == []
    assert all((module.VENDOR / folder / "LICENSE").is_file() for folder in module.FILES)


def test_custom_css_is_linked_only_where_a_project_has_it(tmp_path, settings):
    from tom_common.templatetags.tom_common_extras import custom_css

    assert custom_css() == ""
    (tmp_path / "tom_common/css").mkdir(parents=True)
    (tmp_path / "tom_common/css/custom.css").write_text(":root{}")
    settings.STATICFILES_DIRS = [tmp_path]
    finders.get_finder.cache_clear()
    try:
        assert custom_css() == "/static/tom_common/css/custom.css"
    finally:
        finders.get_finder.cache_clear()


def test_unknown_template_is_still_an_error():
    with pytest.raises(TemplateDoesNotExist):
        get_template("tom_common/never.html")


@pytest.mark.parametrize(
    ("text", "absent", "present"),
    [
        ("<script>alert(1)</script>hello", "<script", "hello"),
        ("[x](javascript:alert(1))", "javascript:", "x"),
        ("<img src=x onerror=alert(1)>y", "<img", "y"),
        ("**bold**", "**", "<strong>bold</strong>"),
    ],
)
def test_markdown_is_sanitised(text, absent, present):
    shown = render("{% load tom_common_extras %}{{ t|markdown }}", t=text)
    assert absent not in shown
    assert present in shown
