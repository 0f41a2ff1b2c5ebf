"""The cells of a table's rows, made fast: what django-tables2 asks anew for each cell is asked once for each column.

The result is the same as that of `BoundRow.get_cell`; columns that do anything unusual still go that way.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from html import escape
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.template.base import render_value_in_context
from django.utils.encoding import force_str
from django.utils.formats import localize
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django_tables2.columns import Column, ManyToManyColumn
from django_tables2.columns.base import LinkTransform
from django_tables2.columns.linkcolumn import BaseLinkColumn
from django_tables2.utils import AttributeDict, signature

from tom_common.kept import addresses_of
from tom_common.tables.table import SelectionColumn


def _reader(column: Any, model: type[Model] | None) -> Callable[[Any], Any] | None:
    """How to read the value of a record; None when the accessor leads over relations, or nobody knows of which model the rows are."""
    name = str(column.accessor)
    if model is None or "." in name or "__" in name or not name:
        return None
    try:
        field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    except FieldDoesNotExist:
        field = None
    display = f"get_{name}_display"
    if field is not None and getattr(field, "choices", None) and hasattr(model, display):
        if not isinstance(inspect.getattr_static(model, display), functools.partialmethod):
            return lambda record: getattr(record, display)()  # a method of the model's own
        labels = {value: str(label) for value, label in field.flatchoices}

        def chosen(record: Any) -> Any:
            value = getattr(record, field.attname)
            return labels[value] if value in labels else force_str(value, strings_only=True)

        return chosen

    def read(record: Any) -> Any:
        found = getattr(record, name)
        return found() if callable(found) else found

    return read


@functools.lru_cache(maxsize=1024)
def _arguments(function: Any) -> tuple[tuple[str, ...], str | None]:
    names, everything = signature(function)
    return tuple(names), everything


def _renderer(column: Any) -> Callable[[Any, Any, Any], Any] | None:
    """(value, record, row) -> what the column shows of it; None when its render method asks for what only django-tables2 knows."""
    render, kind, table = column.render, column.column, column._table
    if getattr(render, "__func__", None) is Column.render:
        return lambda value, record, row: value
    function = getattr(render, "__func__", None)
    names, everything = _arguments(function or render)
    names = names[1:] if function is not None else names
    if everything:
        return lambda value, record, row: render(value=value, record=record, column=kind, bound_column=column, bound_row=row, table=table)
    if names == ("value",):
        return lambda value, record, row: render(value=value)
    if names == ("record",):
        return lambda value, record, row: render(record=record)
    if not set(names) <= {"value", "record", "column", "bound_column", "bound_row", "table"}:
        return None
    fixed = {name: found for name, found in (("column", kind), ("bound_column", column), ("table", table)) if name in names}
    of_row = [name for name in ("value", "record", "bound_row") if name in names]

    def call(value: Any, record: Any, row: Any) -> Any:
        about = {"value": value, "record": record, "bound_row": row}
        return render(**{name: about[name] for name in of_row}, **fixed)

    return call


def _maker(column: Any, model: type[Model] | None) -> Callable[[Any], Any]:
    kind = column.column
    usual = lambda row: row.get_cell(column.name)  # noqa: E731
    read = None if isinstance(kind, BaseLinkColumn | ManyToManyColumn) else _reader(column, model)
    if read is None:
        return usual
    if type(kind) is SelectionColumn and column.render == kind.render:
        made = _selection(column, read)
        return made or usual
    render = _renderer(column)
    if render is None:
        return usual
    link, empty = _link(column, model), kind.empty_values

    def make(row: Any) -> Any:
        record = row.record
        if not isinstance(record, model):  # type: ignore[arg-type]
            return usual(row)
        try:
            value = read(record)
        except Exception:
            return usual(row)
        if value in empty:
            return column.default
        content = render(value, record, row)
        return link(content, value, record, row) if link else content

    return make


def _link(column: Any, model: type[Model] | None) -> Any:
    """What wraps the content in the column's link; attributes that are the same in every row are written once."""
    link, kind = column.link, column.column
    if not link:
        return None
    about = {"column": kind, "bound_column": column, "table": column._table}
    if type(link) is not LinkTransform or any(callable(value) for value in (link.attrs or {}).values()):
        return lambda content, value, record, row: link(content, value=value, record=record, bound_row=row, **about)
    attributes = attributes_html(AttributeDict(link.attrs or {}))
    start = f"<a {attributes} href=" if attributes else "<a href="
    whole = link.url is None and not link.reverse_args and link.accessor is None and "." not in column.name and "__" not in column.name

    of_model = getattr(getattr(model, "get_absolute_url", None), "address_name", None)
    addresses = addresses_of(of_model) if of_model and whole else None

    def make(content: Any, value: Any, record: Any, row: Any) -> Any:
        if addresses is not None and type(record) is model:
            url = addresses(record.pk)
        elif whole and not hasattr(value, "get_absolute_url") and hasattr(record, "get_absolute_url"):
            url = record.get_absolute_url()
        else:
            url = link.compose_url(value=value, record=record, bound_row=row, **about)
        if url is None:
            return content
        return mark_safe(f'{start}"{escape(url)}">{escape(content) if type(content) is str else conditional_escape(content)}</a>')  # noqa: S308

    return make


def _selection(column: Any, read: Callable[[Any], Any]) -> Callable[[Any], Any] | None:
    attrs = {**column.column.attrs.get("input", {}), **column.column.attrs.get("td__input", {})}
    if any(callable(value) for value in attrs.values()) or column.column.checked:
        return None
    fixed = {"type": "checkbox", "name": column.name, "class": "form-check-input", **attrs}
    start = "<input data-table-select-row" + "".join(f' {escape(key)}="{escape(str(value))}"' for key, value in fixed.items())

    def make(row: Any) -> SafeString:
        record = row.record
        return mark_safe(f'{start} aria-label="{escape(f"Select {record}")}" value="{escape(str(read(record)))}">')  # noqa: S308

    return None if "aria-label" in fixed or "value" in fixed else make


def attributes_html(attributes: AttributeDict) -> str:
    """``attributes.as_html()``, without a template for every one of them."""
    return " ".join([f'{escape(name)}="{conditional_escape(value)}"' for name, value in attributes._iteritems()])


def _attributes(column: Any) -> str | None:
    """The attributes of the column's cells as HTML; None when they differ from row to row."""
    found = [attrs.get(kind) for attrs in (column.column.attrs, column._table.attrs) for kind in ("td", "cell")]
    if any(callable(value) for attrs in found if attrs for value in (attrs.values() if hasattr(attrs, "values") else [attrs])):
        return None
    return attributes_html(column.attrs["td"])


def _columns(table: Any) -> list[tuple[Any, Callable[[Any], Any], str | None]]:
    """(column, what makes its cell of a row, what the cell begins with; None where that differs from row to row)."""
    model = getattr(getattr(table.data, "data", None), "model", None)
    found = []
    for column in table.columns:
        attributes = _attributes(column)
        start = None if attributes is None else f"<td {attributes}>" if attributes else "<td>"
        found.append((column, _maker(column, model), start))
    return found


def cells_of(row: Any, context: Any) -> SafeString:
    """All cells of a row, as HTML."""
    table = row.table
    columns = table.__dict__.get("_cell_makers")
    if columns is None:
        columns = table._cell_makers = _columns(table)
    parts = []
    for column, make, start in columns:
        cell = make(row)
        if start is None:
            column.current_value, column.current_record = cell, row.record
            start = f"<td {attributes_html(column.attrs['td'])}>"
        if column.localize is not None:
            shown: str = conditional_escape(localize(cell) if column.localize else str(cell))
        elif type(cell) is SafeString:
            shown = cell
        else:
            shown = escape(cell) if type(cell) is str else render_value_in_context(cell, context)
        parts.append(f"{start}{shown}</td>")
    return mark_safe("".join(parts))  # noqa: S308  (each part is escaped above)
