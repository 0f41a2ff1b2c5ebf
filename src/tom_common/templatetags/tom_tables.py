"""Tags of tables."""

from __future__ import annotations

from typing import Any

from django import template
from django.forms import TextInput
from django.forms.utils import flatatt
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tom_common.kept import kept
from tom_common.tables.cells import cells_of
from tom_common.tables.filters import HTMXTableFilterSet
from tom_common.tables.html import head_of, pager_of, rows_of
from tom_common.tables.paging import CappedPaginator, count_text
from tom_common.templatetags.tom_common_extras import render_field

register = template.Library()


@register.simple_tag(takes_context=True)
def table_cells(context: Any, row: Any) -> SafeString:
    """The cells of a row."""
    return cells_of(row, context)


@register.simple_tag
def row_attributes(row: Any) -> str:
    """The attributes of a row."""
    return row.attrs.as_html()


@register.simple_tag(takes_context=True)
def table_head(context: Any, table: Any) -> SafeString:
    """The heading cells of a table."""
    return head_of(table, context.get("request"))


@register.simple_tag(takes_context=True)
def table_rows(context: Any, table: Any, block: str = "") -> SafeString:
    """All rows of a table; "" where there is none, or where a template has its own for `block`, the block of one row."""
    blocks = context.render_context.get(BLOCK_CONTEXT_KEY)
    if blocks is not None and len(blocks.blocks.get(block, ())) > 1:
        return SafeString("")
    return rows_of(table, context)


@register.simple_tag(takes_context=True)
def table_pager(context: Any, table: Any) -> SafeString:
    """What stands below the rows of a table that has pages."""
    return pager_of(table, context.get("request"))


@register.simple_tag(takes_context=True)
def show_table(context: Any, table: Any) -> SafeString:
    """The table by its own template, within the page: as ``render_table``, which makes a whole new context for it."""
    names = table.template_name
    engine = context.template.engine
    template = engine.get_template(names) if isinstance(names, str) else engine.select_template(names)
    table.context = context  # for columns that are templates
    try:
        table.before_render(context.get("request"))
        with context.push(table=table):
            return template.render(context)
    finally:
        del table.context


@register.simple_tag
def kept_state(query: Any, *names: str) -> SafeString:
    """Hidden inputs for what an address says under `names`."""
    return format_html_join(
        "", '<input type="hidden" name="{}" value="{}">', [(name, value) for name in names for value in query.getlist(name)]
    )


@register.simple_tag
def table_state_text(table: Any) -> str:
    """What the table shows, in words: ``1–20 of 35 targets, sorted by Name, ascending``."""
    page, paginator = getattr(table, "page", None), getattr(table, "paginator", None)
    what = getattr(table.data, "verbose_name_plural", "rows")
    if page is None or paginator is None:
        return f"{len(table.rows):,} {what}"
    if not len(page.object_list):
        return f"No {what}"
    counted = paginator._counted if isinstance(paginator, CappedPaginator) else paginator.count
    cap = getattr(paginator, "count_cap", counted)
    text = f"{page.start_index():,} to {page.end_index():,} of {count_text(counted, cap)} {what}"
    order = getattr(table, "order_text", "")
    return f"{text}, sorted by {order}" if order else text


@register.simple_tag
def has_more_filters(filterset: Any) -> bool:
    """Does a filter set have filters beside the general search?"""
    known = getattr(filterset, "has_more_filters", None)
    return len(filterset.form.fields) > 1 if known is None else known


@register.simple_tag
def search_box(filterset: Any) -> SafeString | str:
    """The field of the general search of a filter set; nothing where it has none."""
    if isinstance(filterset, HTMXTableFilterSet) and not filterset.is_bound and filterset.is_as_declared:
        return _empty_search_box(type(filterset), filterset.queryset.model, filterset.form_prefix)
    field = filterset.form.fields.get("query")
    if field is None:
        return ""
    if type(field.widget) is not TextInput or (filterset.is_bound and filterset.form["query"].errors):
        return _boxed(field, filterset.form["query"].auto_id, render_field(filterset.form["query"]))
    return _input(field, filterset.form_prefix, filterset.data.get(filterset.form.add_prefix("query"), "") if filterset.is_bound else "")


@kept
def _empty_search_box(kind: type[HTMXTableFilterSet], model: Any, prefix: str | None) -> SafeString | str:
    filterset = kind(queryset=model._base_manager.none(), prefix=prefix)
    field = filterset.form.fields.get("query")
    if field is None:
        return ""
    return (
        _input(field, prefix, "")
        if type(field.widget) is TextInput
        else _boxed(field, filterset.form["query"].auto_id, str(filterset.form["query"]))
    )


def _input(field: Any, prefix: str | None, value: str) -> SafeString:
    name = f"{prefix}-query" if prefix else "query"
    attributes = {"type": "text", **field.widget.attrs, "name": name, "id": f"id_{name}"}
    return _boxed(field, f"id_{name}", format_html("<input{}>", flatatt(attributes | ({"value": value} if value else {}))))


def _boxed(field: Any, key: str, shown: str) -> SafeString:
    return format_html(
        '<div class="filter-query"><i class="bi bi-search" aria-hidden="true"></i><label class="visually-hidden" for="{}">{}</label>{}</div>',
        key, field.label, shown,
    )  # fmt: skip
