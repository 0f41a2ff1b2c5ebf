"""The parts of a table that are many: its headings, its rows and the links to its pages, put together without a template.

What `tom_common/bootstrap_htmx.html` shows of them is this; a template that extends it may still have rows of its own.
"""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import urlencode

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django_tables2.rows import BoundRow
from django_tables2.templatetags.django_tables2 import table_page_range

from tom_common.conf import tom_settings
from tom_common.tables.cells import attributes_html, cells_of


def _link(request: Any, *without: str) -> str:
    """What an address on this page begins with, as HTML: all parameters but `without`; the one that changes is put behind it."""
    if request is None:
        return "?"
    kept = urlencode([(name, value) for name, values in request.GET.lists() for value in values if name not in without])
    return escape(f"?{kept}&") if kept else "?"


def head_of(table: Any, request: Any, part: tuple[str, str] | None = None) -> SafeString:
    """The heading cells; a click on one sorts by it, or the other way round.

    `part` (address, id) of a table inside another page: it comes anew from that address in place of the element with that id.
    """
    order = table.order_by or ()
    first = order[0].lstrip("-") if order else ""
    places = [alias.lstrip("-") for alias in order] if len(order) > 1 else []
    link = _link(request, table.prefixed_order_by_field, table.prefixed_page_field)
    parts: list[str] = []
    for column in table.columns:
        attributes, heading = attributes_html(column.attrs["th"]), conditional_escape(column.header)
        start = f'<th {attributes} scope="col"' if attributes else '<th scope="col"'
        if not column.orderable:
            parts.append(f"{start}>{heading}</th>")
            continue
        alias = column.order_by_alias
        way = "descending" if alias.is_descending else "ascending"
        icon = {"": "chevron-expand", "ascending": "caret-up-fill", "descending": "caret-down-fill"}[way if column.is_ordered else ""]
        following = escape(alias.next)
        place = ""
        if column.name in places:
            number = places.index(column.name) + 1
            place = f'<span class="table-sort-place num"><span class="visually-hidden">order </span>{number}</span>'
        to = f"{link}{escape(urlencode({table.prefixed_order_by_field: alias.next}))}"
        attributes = f'data-table-link data-sort-by="{following}" href="{to}"' if part is None else part_link(part, to)
        parts.append(
            f'{start} aria-sort="{way if column.name == first else "none"}"><a class="table-sort" {attributes}>{heading}'
            f'<i class="bi bi-{icon} table-sort-icon" aria-hidden="true"></i>{place}</a></th>'
        )
    return mark_safe("".join(parts))  # noqa: S308


def part_link(part: tuple[str, str], to: str) -> str:
    """The attributes of a link inside a part of a page; `to` is the query as HTML."""
    address, key = map(escape, part)
    return f'href="{address}{to}" hx-get="{address}{to}" hx-target="#{key}" hx-swap="outerHTML"'


def rows_of(table: Any, context: Any) -> SafeString:
    """All rows of the page; "" when there is none."""
    plain, parts = not table.row_attrs, []
    for row in table.paginated_rows:
        attributes = f'class="{row.get_even_odd_css_class()}"' if plain and type(row) is BoundRow else attributes_html(row.attrs)
        parts.append(f"<tr {attributes}>{cells_of(row, context)}</tr>\n")
    return mark_safe("".join(parts))  # noqa: S308


def pager_of(table: Any, request: Any) -> SafeString:
    """Below a table: which rows these are, how many stand on a page, and the links to the other pages."""
    page, paginator, info, sizes = table.page, table.paginator, "", ""
    if tom_settings.SHOW_PAGINATION_INFO and page.object_list:
        number = f"{'more than ' if getattr(paginator, 'is_capped', False) else ''}{paginator.count:,}"
        info = f"{page.start_index()}–{page.end_index()} of {number}"
    if getattr(page, "is_cut_short", False):
        info += ' <span class="table-cut-short">Pages end here: filter, or turn the order round, to see the rest.</span>'
    if offered := getattr(table, "page_sizes", ()):
        field = escape(table.prefixed_per_page_field)
        kept = hidden_inputs(request.GET, table.prefixed_page_field, table.prefixed_per_page_field, "_table") if request is not None else ""
        options = "".join(f"<option{' selected' if size == paginator.per_page else ''}>{size}</option>" for size in offered)
        sizes = (
            f'<form class="table-page-size" method="get" data-table-page-size>{kept}<label>Rows <select class="form-select form-select-sm"'
            f' name="{field}">{options}</select></label><button class="btn btn-sm btn-outline-secondary no-js-only">Show</button></form>'
        )
    pages = pages_of(table, request)
    return mark_safe(f'<nav class="table-pager" aria-label="Pages"><span class="table-pager-info num">{info}</span>{sizes}{pages}</nav>')  # noqa: S308


def part_pager_of(table: Any, request: Any, part: tuple[str, str]) -> SafeString:
    """Below a table inside another page (see `head_of`): which rows these are, the page before and the page behind; "" when it has one page."""
    page, paginator = table.page, table.paginator
    if not page.has_other_pages():
        return SafeString("")
    link = f"{_link(request, table.prefixed_page_field)}{table.prefixed_page_field}="
    around = [("prev", "Previous", page.previous_page_number())] if page.has_previous() else []
    around += [("next", "Next", page.next_page_number())] if page.has_next() else []
    links = "".join(
        f'<li class="page-item"><a class="page-link" rel="{rel}" {part_link(part, f"{link}{number}")}>{side} page</a></li>' for rel, side, number in around
    )
    number = f"{'more than ' if getattr(paginator, 'is_capped', False) else ''}{paginator.count:,}"
    return mark_safe(  # noqa: S308
        f'<nav class="table-pager" aria-label="Pages of measurements"><span class="table-pager-info num">{page.start_index()}–{page.end_index()}'
        f' of {number}</span>\n<ul class="pagination pagination-sm">{links}</ul></nav>'
    )


def hidden_inputs(query: Any, *without: str) -> str:
    """Hidden inputs for everything that an address says, but for the names `without`."""
    pairs = [(name, value) for name, values in query.lists() for value in values if name not in without]
    return "".join(f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in pairs)


def pages_of(table: Any, request: Any) -> str:
    """Links to the pages of a table; "" when it has one."""
    page = table.page
    if not page.has_other_pages():
        return ""
    link = f"{_link(request, table.prefixed_page_field)}{table.prefixed_page_field}="

    def step(side: str, rel: str, icon: str, there: bool, number: Any) -> str:
        to = f'href="{link}{number()}" data-table-link rel="{rel}"' if there else 'aria-disabled="true"'
        words = f'<i class="bi bi-chevron-{icon}" aria-hidden="true"></i><span class="visually-hidden">{side.capitalize()} page</span>'
        return f'<li class="page-item {side}{"" if there else " disabled"}"><a class="page-link" {to}>{words}</a></li>'

    parts = [step("previous", "prev", "left", page.has_previous(), page.previous_page_number)]
    for number in table_page_range(page, table.paginator):
        if number == "...":
            parts.append('<li class="page-item disabled"><span class="page-link">…</span></li>')
            continue
        item, current = (" active", ' aria-current="page"') if number == page.number else ("", "")
        parts.append(
            f'<li class="page-item{item}"><a class="page-link num" href="{link}{number}" data-table-link{current}>'
            f'<span class="visually-hidden">Page </span>{number}</a></li>'
        )
    parts.append(step("next", "next", "right", page.has_next(), page.next_page_number))
    return f'<ul class="pagination pagination-sm">{"".join(parts)}</ul>'
