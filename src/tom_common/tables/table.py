"""The table: a django-tables2 table that knows its choosable columns, sorts alike on every database, and has check boxes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import django_tables2 as tables
from django.db.models import QuerySet
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django_tables2.utils import call_with_appropriate

from tom_common.tables.ordering import settled

PROPERTY_ORDERING_CAP = 10_000
MOST_ORDERS = 4


class SelectionColumn(tables.CheckBoxColumn):
    """Check boxes of the rows, each with a name that a screen reader can say, and one for the page in the header."""

    @property
    def header(self) -> Any:
        return format_html(
            '<input type="checkbox" class="form-check-input" data-table-select-page aria-label="{}">', "Select all rows of this page"
        )

    def render(self, value: Any, bound_column: Any, record: Any) -> Any:
        attributes = {"type": "checkbox", "name": bound_column.name, "class": "form-check-input", "aria-label": f"Select {record}"}
        attributes |= computed_attrs(self.attrs.get("input", {}), record=record, value=value)
        attributes |= computed_attrs(self.attrs.get("td__input", {}), record=record, value=value)
        attributes["value"] = value
        if self.is_checked(value, record):
            attributes["checked"] = "checked"
        return format_html("<input data-table-select-row{}>", format_html_join("", ' {}="{}"', attributes.items()))

    @property
    def field_name(self) -> str:
        """The name under which the keys of the chosen rows are posted."""
        return (self.attrs.get("input", {}) | self.attrs.get("td__input", {})).get("name", "selection")


def computed_attrs(attributes: dict[str, Any], **about: Any) -> dict[str, Any]:
    return {key: call_with_appropriate(item, about) if callable(item) else item for key, item in attributes.items()}


@dataclass(frozen=True)
class AddedColumn:
    """A column that another app adds to a table: ``values(user, rows)`` gives {key of the row: what to show}, in one query a page."""

    name: str
    label: str
    values: Callable[[Any, Sequence[Any]], dict[Any, Any]]
    numeric: bool = True


_added: dict[str, dict[str, AddedColumn]] = {}


def register_table_column(table: str, column: AddedColumn) -> None:
    """Offer `column` in the tables whose ``added_columns`` is `table`, such as ``"targets"``. For the chooser: nobody sees it unasked."""
    _added.setdefault(table, {})[column.name] = column


class AddedTableColumn(tables.Column):
    """Shows what an `AddedColumn` says of the rows of the page."""

    empty_values = ()

    def __init__(self, added: AddedColumn) -> None:
        attrs = {"td": {"class": "num text-end"}, "th": {"class": "text-end"}} if added.numeric else {}
        super().__init__(accessor="pk", orderable=False, verbose_name=added.label, attrs=attrs)
        self.added = added

    def render(self, record: Any, table: Any) -> Any:
        found = table.added_values(self.added).get(record.pk)
        return "–" if found is None else found


def _first_few(order: Any) -> Any:
    """Each column once, and no more than `MOST_ORDERS` of them."""
    names = order.split(",") if isinstance(order, str) else list(order or ())
    return list({str(name).lstrip("-"): name for name in reversed(names)}.values())[::-1][:MOST_ORDERS] if names else order


class HTMXTable(tables.Table):
    """A table whose headers and pages load over htmx. Subclasses inherit ``Meta`` too: ``class Meta(HTMXTable.Meta)``.

    Which columns are shown: those that the viewer chose (`shown`), else `default_columns`, else all that are declared.
    """

    partial_template_name = "tom_common/partials/htmx_table_partial.html"
    # shown always and outside the chooser: at the left, and at the right
    leading_columns: tuple[str, ...] = ("selection",)
    trailing_columns: tuple[str, ...] = ()
    # in the chooser, but never without
    required_columns: tuple[str, ...] = ()
    # under which name other apps add columns
    added_columns = ""

    selection = SelectionColumn(
        accessor="pk",
        orderable=False,
        attrs={
            "input": {"name": "selected-row", "class": "form-check-input"},
            "th": {"class": "col-selection"},
            "td": {"class": "col-selection"},
        },
    )

    class Meta:
        template_name = "tom_common/bootstrap_htmx.html"
        attrs = {"class": "table table-hover tom-table"}
        per_page = 20

    def __init__(self, *args: Any, shown: Iterable[str] | None = None, **kwargs: Any) -> None:
        wanted = list(shown) if shown is not None else self.default_columns()
        self._added_values: dict[str, dict[Any, Any]] = {}
        if wanted is not None:
            kwargs = self._arranged(wanted, kwargs)
        super().__init__(*args, **kwargs)
        if isinstance(getattr(self.data, "data", None), QuerySet):
            self.data.data = self.prepared(self.data.data)
        self._settle()

    def prepared(self, queryset: QuerySet) -> QuerySet:
        """The rows with what the columns of this table need besides: override it to prefetch for those that are shown."""
        return queryset

    def _arranged(self, wanted: list[str], kwargs: dict[str, Any]) -> dict[str, Any]:
        base, optional = type(self).base_columns, self.optional_columns()
        fixed = (*self.leading_columns, *self.trailing_columns)
        names = [name for name in dict.fromkeys(wanted) if name not in fixed and (name in base or name in optional)]
        names = [*(name for name in self.required_columns if name not in names), *names]
        given = list(kwargs.get("extra_columns") or [])
        kwargs["extra_columns"] = [*given, *((name, copy.deepcopy(optional[name])) for name in names if name not in base)]
        left_out = [name for name in base if name not in names and name not in fixed]
        kwargs["exclude"] = (*(kwargs.get("exclude") or self._meta.exclude or ()), *left_out)
        if kwargs.get("sequence") is None:
            middle = [*names, *(name for name, _ in given if name not in names and name not in fixed)]
            leading = [name for name in self.leading_columns if name in base]
            kwargs["sequence"] = [*leading, *middle, *(name for name in self.trailing_columns if name in base), "..."]
        return kwargs

    @classmethod
    def default_columns(cls) -> list[str] | None:
        """The columns for who chose none, in order; None: all that are declared."""
        return None

    @classmethod
    def optional_columns(cls) -> dict[str, tables.Column]:
        """Columns that are not declared but can be chosen, by name. A table takes copies of those that it shows."""
        return {name: AddedTableColumn(added) for name, added in _added.get(cls.added_columns, {}).items()}

    @classmethod
    def choosable_columns(cls) -> dict[str, str]:
        """All that the column chooser offers: name to heading."""
        found: dict[str, str] = {}
        fields = {field.name: field for field in cls._meta.model._meta.concrete_fields} if cls._meta.model is not None else {}
        for name, column in {**cls.base_columns, **cls.optional_columns()}.items():
            if name in cls.leading_columns or name in cls.trailing_columns:
                continue
            label = column.verbose_name or getattr(fields.get(name), "verbose_name", None) or name.replace("_", " ")
            found[name] = capfirst(str(label))
        return found

    @property
    def shown_columns(self) -> list[str]:
        """Names of the choosable columns in the table, in order."""
        return [name for name in self.columns.names() if name not in self.leading_columns and name not in self.trailing_columns]

    def added_values(self, added: AddedColumn) -> dict[Any, Any]:
        """What an added column shows in the rows of this page, asked for once."""
        if added.name not in self._added_values:
            records = [row.record for row in self.paginated_rows]
            user = getattr(getattr(self, "request", None), "user", None)
            self._added_values[added.name] = added.values(user, records)
        return self._added_values[added.name]

    @property
    def order_by(self) -> Any:
        return self._order_by

    @order_by.setter
    def order_by(self, value: Any) -> None:
        tables.Table.order_by.fset(self, _first_few(value))
        self._settle()

    def _settle(self) -> None:
        rows = getattr(self.data, "data", None)
        if isinstance(rows, QuerySet):
            self.data.data = settled(rows)

    def get_partial_template_name(self) -> str:
        """The template with which a view answers an htmx request for this table."""
        return self.partial_template_name

    @property
    def has_selection(self) -> bool:
        return "selection" in self.columns.names()

    @property
    def selection_form(self) -> str:
        """The id of the form to which the check boxes belong; "" when they belong to the form around them."""
        attrs = self.columns["selection"].column.attrs if self.has_selection else {}
        return ({**attrs.get("input", {}), **attrs.get("td__input", {})}).get("form", "")

    @property
    def order_text(self) -> str:
        """The order in words, for who hears the page: ``Name, descending``."""
        found = []
        for alias in self.order_by or ():
            name = alias.lstrip("-")
            if name in self.columns.names():
                found.append(f"{self.columns[name].header}, {'descending' if alias.startswith('-') else 'ascending'}")
        return "; ".join(found)

    def model_property_ordering(self, queryset: QuerySet, is_descending: bool, model_property: str) -> tuple[Any, bool]:
        """Order rows by a Python property, for an ``order_<column>`` method. Rows without a value come last.

        The rows are read to be sorted, so lists longer than ``PROPERTY_ORDERING_CAP`` keep their order.
        """
        rows = list(queryset[: PROPERTY_ORDERING_CAP + 1])
        if len(rows) > PROPERTY_ORDERING_CAP:
            return queryset, False

        def value(row: Any) -> Any:
            found = getattr(row, model_property)
            return found() if callable(found) else found

        decorated = [(value(row), row) for row in rows]
        known = [pair for pair in decorated if pair[0] is not None]
        try:
            known.sort(key=lambda pair: pair[0], reverse=is_descending)
        except TypeError:
            known.sort(key=lambda pair: str(pair[0]), reverse=is_descending)
        ordered = [row for _, row in known] + [row for found, row in decorated if found is None]
        return SortedRows(ordered, queryset), True


class SortedRows(list):
    """Rows in an order that the database cannot give, with what a table asks of a queryset."""

    def __init__(self, rows: Iterable[Any], queryset: QuerySet) -> None:
        super().__init__(rows)
        self.model = queryset.model
        self.query = queryset.query

    def count(self, *args: Any) -> int:
        return super().count(*args) if args else len(self)

    def exists(self) -> bool:
        return bool(self)
