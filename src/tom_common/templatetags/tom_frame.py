"""Tags of the frame around every page."""

from __future__ import annotations

import datetime
from typing import Any, NamedTuple

from django import template
from django.conf import settings
from django.template.base import token_kwargs
from django.utils.safestring import mark_safe

from tom_common.kept import address, whereabouts
from tom_common.kept import kept as kept_once

register = template.Library()
MOST = 256


class KeptNode(template.Node):
    """A part of a page that is the same whenever the values named in the tag are: made once for the process.

    Nothing else of the page can be seen inside, so that nothing of one viewer gets into the page of another.
    """

    def __init__(self, nodelist: template.NodeList, values: dict[str, Any]) -> None:
        self.nodelist, self.values = nodelist, values
        self.made: dict[Any, str] = {}

    def render(self, context: template.Context) -> str:
        seen = {name: value.resolve(context) for name, value in self.values.items()}
        if settings.DEBUG:
            return self.nodelist.render(context.new(seen))
        key = (*whereabouts(), *seen.values())
        try:
            found = self.made.get(key)
        except TypeError:  # a value that is no key: made each time
            return self.nodelist.render(context.new(seen))
        if found is None:
            if len(self.made) >= MOST:
                self.made.clear()
            found = self.made[key] = self.nodelist.render(context.new(seen))
        return found


@register.tag
def kept(parser: Any, token: Any) -> KeptNode:
    """``{% kept place=place known=user.is_authenticated %}...{% endkept %}``: made once for each set of values. The values must be hashable."""
    bits = token.split_contents()[1:]
    values = token_kwargs(bits, parser)
    if bits:
        raise template.TemplateSyntaxError(f"kept takes name=value, not {bits[0]!r}")
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    return KeptNode(nodelist, values)


class NavPlace(NamedTuple):
    """The address that is open, if the menus have it, and the addresses of those entries below which it lies."""

    here: str = ""
    below: tuple[str, ...] = ()


ENTRIES = (
    "home", "targets:list", "targets:targetgrouping", "targets:target-selection", "observations:list", "observations:group-list",
    "observations:template-list", "observations:facility-status", "dataproducts:list", "tom_catalogs:query", "user-list", "user-profile",
    "task-list", "history-list", "outbox-list",
)  # fmt: skip
# entries that stand for all pages whose address begins with the same word, though their own is longer
SECTIONS = {"observations:list", "dataproducts:list"}


@kept_once
def _entries(where: Any) -> list[tuple[str, str]]:
    """(address, what the addresses of the pages below it begin with) of each entry that this TOM has."""
    found = []
    for name in ENTRIES:
        if url := address(name):
            found.append((url, f"/{url.strip('/').split('/')[0]}/" if name in SECTIONS else url))
    return found


@register.simple_tag(takes_context=True)
def nav_place(context: Any) -> NavPlace:
    """Where in the menus the page is: all of a request's path that they depend on."""
    path = getattr(context.get("request"), "path", "")
    entries = _entries(whereabouts())
    return NavPlace(path if any(path == url for url, _ in entries) else "", tuple(url for url, start in entries if path.startswith(start)))


@register.simple_tag
def utc_clock() -> str:
    """The time of now in UTC, to the minute, which the page's script keeps going."""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return mark_safe(f'<time class="num" data-clock="utc" datetime="{now}">{now[:10]} {now[11:16]}</time>')  # noqa: S308
