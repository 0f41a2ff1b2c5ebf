"""The widgets that forms are made of, without a template each: byte for byte what Django's own templates give.

A form of fifteen fields goes through some two hundred template nodes for its `<input>`s alone. Where a project has templates of
its own for widgets, and for every other kind of widget, the templates are used.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import django.forms
import django_filters
from django.forms.renderers import DjangoTemplates
from django.utils.formats import localize
from django.utils.functional import Promise
from django.utils.html import conditional_escape
from django.utils.safestring import mark_safe

from tom_common.kept import kept

_HOME, _FILTERS = Path(django.forms.__file__).parent, Path(django_filters.__file__).parent
_INPUTS = "text number email url password hidden date datetime time search tel color checkbox input".split()


def _attributes(widget: dict[str, Any]) -> str:
    parts = []
    for name, value in widget["attrs"].items():
        if value is not False:
            parts.append(f" {conditional_escape(name)}" if value is True else f' {conditional_escape(name)}="{conditional_escape(value)}"')
    return "".join(parts)


def _text(value: Any) -> str:
    shown: Any = value if isinstance(value, str | Promise) else localize(value)
    return conditional_escape(shown)


def _input(widget: dict[str, Any]) -> str:
    value = "" if widget["value"] is None else f' value="{conditional_escape(widget["value"])}"'
    return f'<input type="{_text(widget["type"])}" name="{_text(widget["name"])}"{value}{_attributes(widget)}>'


def _textarea(widget: dict[str, Any]) -> str:
    return f'<textarea name="{_text(widget["name"])}"{_attributes(widget)}>\n{_text(widget["value"]) if widget["value"] else ""}</textarea>'


def _option(widget: dict[str, Any]) -> str:
    return f'<option value="{conditional_escape(widget["value"])}"{_attributes(widget)}>{_text(widget["label"])}</option>\n'


def _select(widget: dict[str, Any]) -> str | None:
    parts = [f'<select name="{_text(widget["name"])}"{_attributes(widget)}>']
    for group, options, _ in widget["optgroups"]:
        if group:
            parts.append(f'\n  <optgroup label="{_text(group)}">')
        for option in options:
            if option["template_name"] != "django/forms/widgets/select_option.html":
                return None
            parts.append(f"\n  {_option(option)}")
        if group:
            parts.append("\n  </optgroup>")
    parts.append("\n</select>")
    return "".join(parts)


def _range(widget: dict[str, Any]) -> str | None:
    parts = []
    for one in widget["subwidgets"]:
        make = _MAKERS.get(one["template_name"])
        if make is None or not _is_original(one["template_name"]):
            return None
        parts.append(make(one))
    return f"{parts[0]}-{''.join(parts[1:])}" if parts and None not in parts else None


_RANGE = "django_filters/widgets/multiwidget.html"
_MAKERS: dict[str, Any] = {f"django/forms/widgets/{name}.html": _input for name in _INPUTS}
_MAKERS |= {"django/forms/widgets/select.html": _select, "django/forms/widgets/textarea.html": _textarea}
_MAKERS |= {_RANGE: _range}
_BEHIND = {_input: ("input", "attrs"), _textarea: ("attrs",), _select: ("attrs", "select_option"), _range: ()}


class QuickWidgets(DjangoTemplates):
    """Django's usual renderer of forms, that makes the commonest widgets itself."""

    def render(self, template_name: str, context: Any, request: Any = None) -> str:
        make = _MAKERS.get(template_name)
        if make is not None and _is_original(template_name):
            made = make(context["widget"])
            if made is not None:
                return mark_safe(made)  # noqa: S308  (each part is escaped above)
        return super().render(template_name, context, request)


@kept
def _is_original(template_name: str) -> bool:
    """Is the widget's template, with those that it includes, that of Django or django-filter and not one that a project put in its place?"""
    names = [template_name, *(f"django/forms/widgets/{name}.html" for name in _BEHIND[_MAKERS[template_name]])]
    home = _FILTERS if template_name == _RANGE else _HOME
    return all(home in Path(renderer().get_template(name).template.origin.name).parents for name in names)


@kept
def renderer() -> QuickWidgets:
    return QuickWidgets()


def quicken(form: Any) -> None:
    """Let `form` make its widgets without templates, unless it has a renderer of its own."""
    if type(getattr(form, "renderer", None)) is DjangoTemplates:
        form.renderer = renderer()
