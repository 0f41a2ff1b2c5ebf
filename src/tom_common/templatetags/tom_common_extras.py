"""Tags and filters for every page of a TOM."""

from __future__ import annotations

import datetime
import logging
import math
import textwrap
from typing import Any

from django import forms, template
from django.apps import apps
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.module_loading import import_string
from django.utils.safestring import mark_safe

from tom_common.conf import tom_settings
from tom_common.forms.quick_widgets import quicken

logger = logging.getLogger(__name__)
register = template.Library()

THEMES = ("light", "dark", "night")


@register.inclusion_tag("tom_common/partials/navbar_app_addons.html", takes_context=True)
def navbar_app_addons(context: dict, position: str = "left") -> dict:
    """The items that the apps' ``nav_items()`` put on that side of the navigation bar."""
    from tom_common.plugins import integration_items, part_context

    request = context.get("request")
    items = getattr(request, "_nav_items", None)  # asked once for both sides
    if items is None:
        items = [item for item in integration_items("nav_items") if isinstance(item, dict)]
        if request is not None:
            request._nav_items = items
    wanted = []
    for item in items:
        if item.get("position", "left") == position and (shown := part_context(item, {})) is not None:
            wanted.append({"partial": item["partial"], "context": shown})
    names = ("request", "user", "perms", "place")
    return {"nav_items_to_display": wanted, **{name: context.get(name) for name in names if name in context}}


def called_context(item: dict, argument: Any) -> dict:
    """What the item's ``context`` callable (dotted path or callable) answers to ``argument``; {} without one."""
    function = item.get("context")
    if not function:
        return {}
    if isinstance(function, str):
        function = import_string(function)
    return function(argument) or {}


@register.simple_tag
def comments_enabled() -> bool:
    return bool(tom_settings.COMMENTS_ENABLED) and apps.is_installed("django_comments")


@register.simple_tag
def verbose_name(instance: Any, field_name: str) -> str:
    """The title-cased verbose name of a model field; the field's own name when there is no such field."""
    try:
        return str(instance._meta.get_field(field_name).verbose_name).title()
    except Exception:
        return field_name.replace("_", " ").title()


@register.simple_tag
def help_text(instance: Any, field_name: str) -> str:
    """The help text of a model field; empty when there is no such field."""
    try:
        return str(instance._meta.get_field(field_name).help_text)
    except Exception:
        return ""


@register.inclusion_tag("comments/list.html", takes_context=True)
def recent_comments(context: dict, limit: int = 10) -> dict:
    """The newest comments on objects that the viewer may see."""
    request = context.get("request")
    if not comments_enabled():
        return {"comment_list": []}
    from tom_common.comments import visible_comments

    user = request.user if request is not None else None
    return {"comment_list": visible_comments(user, limit=limit), "request": request, "user": user, "with_object": True}


@register.simple_tag
def prepared_comments(comments: Any) -> list:
    """Comments with their attachments and the time of their last edit, for ``comments/list.html``."""
    from tom_common.comments import with_parts

    comments = list(comments or [])
    return comments if all(hasattr(comment, "files") for comment in comments) else with_parts(comments)


@register.inclusion_tag("comments/thread.html", takes_context=True)
def comment_thread(context: dict, obj: Any, heading: bool = True) -> dict:
    """The comments on an object that the page shows, and the form for one more. The page has asked whether the viewer may see the object."""
    from tom_common.comments import newest_on

    shown = newest_on(obj) if comments_enabled() else ([], 0, "")
    return _form_context(context, obj) | {"comment_list": shown[0], "shown_of": shown[1], "more_url": shown[2], "heading": heading}


@register.inclusion_tag("comments/form.html", takes_context=True)
def comment_form_part(context: dict, obj: Any) -> dict:
    """The form to comment on an object."""
    return _form_context(context, obj)


def _form_context(context: dict, obj: Any) -> dict:
    from tom_common.comments import object_url, page_of_comments
    from tom_common.forms.comments import comment_form

    request, user = context.get("request"), context.get("user")
    form = comment_form(obj) if user is not None and user.is_authenticated and comments_enabled() else None
    if form is not None:
        quicken(form)
    shown = {"form": form, "request": request, "user": user, "csrf_token": context.get("csrf_token"), "commented": obj}
    return shown | {"people_url": f"{page_of_comments(obj)}people/", "next": object_url(obj)}


@register.filter
def truncate_value_for_display(value: Any, width: int = 12) -> Any:
    """At most ``width`` characters of a number or text.

    Numbers are cut to the width, or written in scientific notation outside of 1e-3 to 10^width. Texts are wrapped at 1.5 times the
    width over at most five lines.
    """
    text = str(value)
    if len(text) <= width:
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        return "\n".join(textwrap.wrap(text, int(1.5 * width), max_lines=5, placeholder=" …"))
    return truncate_number(number, width)


def truncate_number(number: float, width: int = 12) -> str:
    """``number`` in at most ``width`` characters where that is possible."""
    if not math.isfinite(number):
        return str(number)
    size = abs(number)
    if number and not 1e-3 <= size < 10**width:
        for digits in range(max(width - 6, 0), -1, -1):
            text = f"{number:.{digits}e}"
            if len(text) <= width:
                return text
        return f"{number:.0e}"
    whole = len(f"{int(number)}") + (1 if -1 < number < 0 else 0)
    return f"{number:.{max(width - whole - 1, 0)}f}"


@register.filter
def multiplyby(value: Any, factor: Any) -> Any:
    return value * factor


@register.filter
def addstr(first: Any, second: Any) -> str:
    return str(first) + str(second)


@register.simple_tag
def tom_name() -> str:
    return tom_settings.TOM_NAME


@register.inclusion_tag("tom_common/partials/copy_button.html")
def copy_button(text_to_copy: Any = "", help_text: str = "Copy") -> dict:
    return {"text_to_copy": text_to_copy, "help_text": help_text, "copy_text": text_to_copy}


@register.simple_tag(takes_context=True)
def show_individual_app_partial(context: template.Context, app_partial_data: dict) -> str:
    """The partial of one integration item, ``{"partial", "context"}``, within the context of the page."""
    try:
        with context.push(**(app_partial_data.get("context") or {})):
            partial = context.template.engine.get_template(app_partial_data["partial"])
            return partial.render(context)
    except Exception as error:
        from tom_common.plugins import report_part

        report_part(app_partial_data, error)
        return ""


@register.simple_tag
def get_theme() -> str | None:
    """Static path of the style sheet that ``CSS_THEME`` names, None without one. light and night are part of every page."""
    theme = (tom_settings.CSS_THEME or "").lower()
    if not theme or theme in {"light", "night", "auto"}:
        return None
    return f"tom_common/css/{theme}.css"


@register.simple_tag
def theme_mode() -> str:
    """The theme with which a page starts before the reader chose one: light, dark, night, or auto."""
    theme = (tom_settings.CSS_THEME or "").lower()
    return theme if theme in THEMES else ("light" if theme and theme != "auto" else "auto")


@register.simple_tag
def bootstrap4_compat() -> bool:
    """Whether pages bring what templates written for Bootstrap 4 need."""
    return apps.is_installed("bootstrap4") or apps.is_installed("tom_common.bootstrap4_compat")


@register.simple_tag
def custom_css() -> str:
    """Address of the project's own ``tom_common/css/custom.css``, empty when there is none."""
    name = "tom_common/css/custom.css"
    try:
        present = finders.find(name) is not None or staticfiles_storage.exists(name)
    except Exception:
        present = False
    return staticfiles_storage.url(name) if present else ""


@register.simple_tag
def utc_now() -> datetime.datetime:
    return timezone.now().astimezone(datetime.UTC)


@register.simple_tag
def utc_time(when: Any, form: str = "minute") -> str:
    """A time element in UTC, with the reader's local time on hover. ``form``: minute, second or date."""
    if not when:
        return "–"
    if isinstance(when, datetime.datetime):
        when = timezone.make_aware(when, datetime.UTC) if timezone.is_naive(when) else when.astimezone(datetime.UTC)
        patterns = {"minute": "%Y-%m-%d %H:%M", "second": "%Y-%m-%d %H:%M:%S", "date": "%Y-%m-%d", "day": "%Y-%m-%d"}
        suffix = "" if form in ("date", "day") else ' <span class="unit">UTC</span>'
        return mark_safe(f'<time class="num" data-utc datetime="{when.isoformat()}">{when.strftime(patterns[form])}{suffix}</time>')  # noqa: S308
    return format_html('<time class="num" datetime="{}">{}</time>', when.isoformat(), when.isoformat())


@register.filter
def utc(when: Any) -> str:
    return utc_time(when)


@register.filter
def thousands(number: Any) -> str:
    """12345 as 12,345."""
    try:
        return f"{int(number):,}"
    except (TypeError, ValueError):
        return str(number)


@register.simple_tag
def capped_number(paginator: Any) -> str:
    """The number of rows of a paginator; "more than N" where it stopped counting."""
    return ("more than " if getattr(paginator, "is_capped", False) else "") + thousands(paginator.count)


@register.simple_tag
def grouped_messages(messages: Any) -> list:
    """Messages of a kind together; see ``tom_common.messages_shown``."""
    from tom_common.messages_shown import grouped

    return grouped(messages)


@register.filter
def is_long(text: Any) -> bool:
    """A message that would fill the page: hundreds of names, say."""
    from tom_common.messages_shown import LONG

    return len(str(text)) > LONG


@register.filter
def under(path: Any, url: Any) -> bool:
    """Whether a path is the address ``url`` or lies below it."""
    return bool(path and url and str(path).startswith(str(url)))


@register.filter
def in_section(path: Any, url: Any) -> bool:
    """Whether a path lies below the first part of the address ``url``: ``/observations/12/`` in that of ``/observations/list/``."""
    first = str(url or "").strip("/").split("/")[0]
    return bool(first) and str(path or "").startswith(f"/{first}/")


@register.simple_tag(takes_context=True)
def nav_entry(context: dict, url: str, label: str) -> str:
    """An entry of a menu of the navigation bar; nothing where the address is not there. The page that is open says so."""
    if not url:
        return ""
    place = context.get("place")  # within a part of the page that is kept
    here = (place.here if place is not None else getattr(context.get("request"), "path", "")) == url
    return format_html(
        '<li><a class="dropdown-item{}" href="{}"{}>{}</a></li>',
        *((" active", url, mark_safe(' aria-current="page"'), label) if here else ("", url, "", label)),
    )


@register.simple_tag
def pagination_info_enabled() -> bool:
    return bool(tom_settings.SHOW_PAGINATION_INFO)


# word -> tone, icon; a state is told by its word and icon, the colour only helps
STATES = {
    "COMPLETED": ("ok", "check-circle"),
    "SUBMITTED": ("info", "send"),
    "SCHEDULED": ("info", "calendar-check"),
    "PENDING": ("info", "hourglass-split"),
    "IN PROGRESS": ("info", "arrow-repeat"),
    "RUNNING": ("info", "arrow-repeat"),
    "NEW": ("info", "plus-circle"),
    "READY": ("info", "hourglass"),
    "SENT": ("ok", "check-circle"),
    "TO SEND": ("info", "hourglass-split"),
    "SUCCESSFUL": ("ok", "check-circle"),
    "SUCCEEDED": ("ok", "check-circle"),
    "ACTIVE": ("ok", "check-circle"),
    "CANCELED": ("quiet", "slash-circle"),
    "CANCELLED": ("quiet", "slash-circle"),
    "INACTIVE": ("quiet", "slash-circle"),
    "EXPIRED": ("warn", "clock-history"),
    "WINDOW_EXPIRED": ("warn", "clock-history"),
    "REFUSED": ("bad", "x-octagon"),
    "REJECTED": ("bad", "x-octagon"),
    "FAILED": ("bad", "x-octagon"),
    "FAILURE_LIMIT_REACHED": ("bad", "x-octagon"),
    "NOT_ATTEMPTED": ("warn", "dash-circle"),
    "UNKNOWN": ("warn", "question-circle"),
    "OPEN": ("quiet", "globe2"),
    "PUBLIC": ("quiet", "people"),
    "PRIVATE": ("quiet", "lock"),
    "SIDEREAL": ("quiet", "star"),
    "NON_SIDEREAL": ("quiet", "asterisk"),
}


@register.simple_tag
def state_badge(state: Any, tone: str = "", icon: str = "") -> str:
    """A badge that tells a state by word and icon. Known states have their tone and icon; others may be given them."""
    word = str(state or "")
    known_tone, known_icon = STATES.get(word.upper(), STATES.get(word.upper().replace("_", " "), ("quiet", "circle")))
    shown = word.replace("_", " ")
    shown = shown.capitalize() if shown.isupper() and word.upper() in STATES else shown
    return format_html(
        '<span class="tom-badge tom-badge-{}"><i class="bi bi-{}" aria-hidden="true"></i> {}</span>',
        tone or known_tone,
        icon or known_icon,
        shown,
    )


def _widget(field: Any) -> Any:
    return getattr(getattr(field, "field", None), "widget", None)


@register.filter
def is_checkbox(field: Any) -> bool:
    return isinstance(_widget(field), forms.CheckboxInput)


@register.filter
def is_choice_group(field: Any) -> bool:
    return isinstance(_widget(field), forms.RadioSelect | forms.CheckboxSelectMultiple)


@register.simple_tag
def render_field(field: Any) -> str:
    """A bound field with the classes and aria attributes of our forms, whatever crispy pack is in force."""
    widget = _widget(field)
    if widget is None:
        return str(field)
    wanted = ""
    if isinstance(widget, forms.CheckboxInput):
        wanted = "form-check-input"
    elif isinstance(widget, forms.Select) and not isinstance(widget, forms.RadioSelect):
        wanted = "form-select"
    elif isinstance(widget, forms.widgets.Input | forms.Textarea) and getattr(widget, "input_type", "") not in {"hidden", "radio"}:
        wanted = "form-control"
    elif isinstance(widget, forms.MultiWidget):
        wanted = "form-control"
    present = widget.attrs.get("class", "").split()
    classes = [*present, *([wanted] if wanted and wanted not in present else []), *(["is-invalid"] if field.errors else [])]
    attributes: dict[str, Any] = {"class": " ".join(classes)} if classes else {}
    described = []
    if field.help_text:
        described.append(f"{field.auto_id}_helptext")
    if field.errors:
        described.append(f"{field.auto_id}_error")
        attributes["aria-invalid"] = "true"
    if described and field.auto_id:
        attributes["aria-describedby"] = " ".join(described)
    quicken(field.form)
    return field.as_widget(attrs=attributes)


@register.simple_tag
def form_field(field: Any, hide_label: Any = False, optional: Any = False) -> str:
    """A bound field with its label, errors and help; what ``tom_common/ui/field.html`` is."""
    if not isinstance(field, forms.BoundField):
        return ""
    if field.is_hidden:
        quicken(field.form)
        return str(field)
    key, errors, label, shown = conditional_escape(field.auto_id), field.errors, conditional_escape(field.label), render_field(field)
    required = bool(field.field.required)
    parts = [f'<div class="tom-field{" has-error" if errors else ""}" id="div_{key}">']
    if is_checkbox(field):
        parts.append(f'<div class="form-check">{shown} <label class="form-check-label" for="{conditional_escape(field.id_for_label)}">{label}</label></div>')
    else:
        if not hide_label and is_choice_group(field):
            mark = ' <span class="field-required" title="required">*</span>' if required else ""
            parts.append(f'<div class="form-label" id="label_{key}">{label}{mark}</div>')
        elif not hide_label:
            mark = ' <span class="field-required" title="required" aria-hidden="true">*</span>' if required and not optional else ""
            parts.append(f'<label class="form-label" for="{conditional_escape(field.id_for_label)}">{label}{mark}</label>')
        parts.append(shown)
    if errors:
        said = "".join(f'<div><i class="bi bi-exclamation-circle" aria-hidden="true"></i> {conditional_escape(error)}</div>' for error in errors)
        parts.append(f'<div class="field-errors" id="{key}_error" role="alert">{said}</div>')
    if field.help_text:
        parts.append(f'<div class="form-text" id="{key}_helptext">{field.help_text}</div>')
    return mark_safe("\n".join([*parts, "</div>"]))  # noqa: S308  (what is not the form's own text is escaped above)


@register.filter
def data_attributes(mapping: dict) -> str:
    return format_html_join("", ' data-{}="{}"', (mapping or {}).items())


@register.simple_tag(takes_context=True)
def home_panels(context: dict) -> list:
    """The panels of the home page, as the viewer arranged them."""
    from tom_common.home import arranged

    return arranged(context.get("request"))[0]


@register.simple_tag(takes_context=True)
def show_panel(context: dict, panel: Any, obj: Any = None) -> str:
    """The HTML of a panel, at once."""
    from tom_common.home import AppPanel, panel_html
    from tom_common.panels import render_panel

    request = context.get("request")
    return panel_html(panel, request) if isinstance(panel, AppPanel) else render_panel(panel, request, obj)


@register.simple_tag
def markdown(text: str) -> str:
    """Markdown as sanitised HTML."""
    from tom_common.markup import markdown_to_html

    return markdown_to_html(text)


@register.filter(name="markdown")
def markdown_filter(text: str) -> str:
    return markdown(text)


@register.simple_tag
def ui(name: str, **context: Any) -> str:
    """One of the parts in ``tom_common/ui``, by name."""
    return render_to_string(f"tom_common/ui/{name}.html", context)


@register.simple_tag(takes_context=True)
def app_cards(context: dict, method: str) -> list[dict]:
    """What the apps' integration method of that name adds to the page, with its context prepared."""
    from tom_common.plugins import integration_items, part_context

    found = []
    for item in integration_items(method):
        if isinstance(item, dict) and "partial" in item and (shown := part_context(item, context)) is not None:
            found.append({"partial": item["partial"], "context": shown, "label": item.get("label", "")})
    return found


@register.inclusion_tag("tom_common/ui/figure.html")
def plotly_figure(figure: Any, label: str = "Figure") -> dict:
    """A Plotly figure (object, dict or JSON) without inline script: its data as JSON, drawn in the theme of the page by the shared library."""
    import json
    from uuid import uuid4

    from django.utils.html import json_script

    if hasattr(figure, "to_json"):
        figure = figure.to_json()
    content = json.loads(figure) if isinstance(figure, str | bytes) else figure
    key = f"figure-{uuid4().hex[:12]}"
    return {"data": json_script({name: content.get(name) for name in ("data", "layout", "config")}, key), "key": key, "label": label}
