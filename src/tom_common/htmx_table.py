"""Tables that sort, filter and page in place: a django-tables2 table, a django-filter set and a view, joined by htmx.

A page of such a list costs a fixed number of queries whatever its size: one count that stops at ``count_cap``, one page of rows, and
what the rows prefetch. A view is a declaration:

>>> class SpectrographListView(HTMXTableViewMixin, FilterView):
...     model = Spectrograph
...     table_class = SpectrographTable
...     filterset_class = SpectrographFilterSet
...     template_name = "my_app/spectrograph_list.html"
...     paginate_by = 20

Its template includes ``tom_common/ui/table_page.html``, or puts ``{% render_table table %}`` where the table shall be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

import django_filters
import django_tables2 as tables
from django import forms
from django.core.paginator import EmptyPage, Page, PageNotAnInteger, Paginator
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.cache import patch_vary_headers
from django.utils.html import format_html, format_html_join
from django.utils.module_loading import import_string
from django_tables2.utils import call_with_appropriate
from django_tables2.views import SingleTableMixin

# Attributes for the widgets of a filter form. The values of the whole form are sent, the table alone is replaced.
htmx_attributes: dict[str, str] = {
    "hx-get": "",
    "hx-target": "div.table-container",
    "hx-swap": "outerHTML",
    "hx-include": "closest form",
    "hx-indicator": ".htmx-table-progress",
    "hx-push-url": "true",
}
htmx_attributes_instant: dict[str, str] = {**htmx_attributes, "hx-trigger": "change"}
# a text input reports `change` at Enter and when it is left; a filter expression on keyup would need eval, which the CSP forbids
htmx_attributes_onenter: dict[str, str] = {**htmx_attributes, "hx-trigger": "change, search"}
htmx_attributes_delayed: dict[str, str] = {**htmx_attributes, "hx-trigger": "input changed delay:200ms, search"}

COUNT_CAP = 10_000
PROPERTY_ORDERING_CAP = 10_000


class CappedPage(Page):
    """A page of a list whose end may be unknown: it has a next page when one more row was found."""

    def __init__(self, object_list: Any, number: int, paginator: CappedPaginator, more: bool) -> None:
        super().__init__(object_list, number, paginator)
        self._more = more

    def has_next(self) -> bool:
        return self._more

    def next_page_number(self) -> int:
        if not self._more:
            raise EmptyPage("That page contains no results")
        return self.number + 1

    def end_index(self) -> int:
        return self.start_index() + len(self.object_list) - 1 if len(self.object_list) else 0

    def start_index(self) -> int:
        return (self.number - 1) * self.paginator.per_page + 1 if len(self.object_list) else 0


class CappedPaginator(Paginator):
    """Counts no further than ``count_cap`` rows: past it, ``is_capped`` is true and ``count`` is the cap.

    Pages past the cap can be reached one after the other. A page number out of range gives the last page known.
    """

    count_cap = COUNT_CAP

    def __init__(self, object_list: Any, per_page: int, orphans: int = 0, allow_empty_first_page: bool = True, **kwargs: Any) -> None:
        super().__init__(object_list, per_page, 0, allow_empty_first_page)

    @property
    def _rows(self) -> Any:
        """The list itself, also when django-tables2 wrapped it."""
        data = getattr(self.object_list, "data", None)
        return data.data if data is not None and hasattr(data, "data") else self.object_list

    @cached_property
    def _counted(self) -> int:
        return capped_count(self._rows, self.count_cap)

    @property
    def is_capped(self) -> bool:
        return self._counted > self.count_cap

    @property
    def count(self) -> int:
        return min(self._counted, self.count_cap)

    @cached_property
    def num_pages(self) -> int:
        if self.count == 0 and not self.allow_empty_first_page:
            return 0
        return max(1, -(-self.count // self.per_page))

    def validate_number(self, number: Any) -> int:
        try:
            if isinstance(number, float) and not number.is_integer():
                raise ValueError
            number = int(number)
        except (TypeError, ValueError):
            raise PageNotAnInteger("That page number is not an integer") from None
        if number < 1:
            raise EmptyPage("That page number is less than 1")
        return number

    def page(self, number: Any) -> CappedPage:
        number = self.validate_number(number)
        if number > self.num_pages and not self.is_capped:
            raise EmptyPage("That page contains no results")
        bottom = (number - 1) * self.per_page
        known_end = not self.is_capped or bottom + self.per_page < self.count
        if known_end:
            rows = self.object_list[bottom : bottom + self.per_page]
            return CappedPage(rows, number, self, more=number < self.num_pages or (self.is_capped and number == self.num_pages))
        # past what was counted: one row more tells whether there is another page
        found = list(self.object_list[bottom : bottom + self.per_page + 1])
        if not found and number > 1:
            raise EmptyPage("That page contains no results")
        return CappedPage(found[: self.per_page], number, self, more=len(found) > self.per_page)

    def get_page(self, number: Any) -> CappedPage:
        try:
            return self.page(number)
        except PageNotAnInteger:
            return self.page(1)
        except EmptyPage:
            return self.page(self.num_pages)


def capped_count(rows: Any, cap: int = COUNT_CAP) -> int:
    """The number of rows, but ``cap + 1`` as soon as there are more than ``cap``."""
    if isinstance(rows, QuerySet):
        if rows._result_cache is not None:
            return min(len(rows._result_cache), cap + 1)
        return rows.order_by()[: cap + 1].count() if not rows.query.is_sliced else min(rows.count(), cap + 1)
    return min(len(rows), cap + 1)


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


def computed_attrs(attributes: dict[str, Any], **about: Any) -> dict[str, Any]:
    return {key: call_with_appropriate(item, about) if callable(item) else item for key, item in attributes.items()}


class HTMXTable(tables.Table):
    """A table whose headers and pages load over htmx. Subclasses inherit ``Meta`` too: ``class Meta(HTMXTable.Meta)``."""

    partial_template_name = "tom_common/partials/htmx_table_partial.html"

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

    def get_partial_template_name(self) -> str:
        """The template with which a view answers an htmx request for this table."""
        return self.partial_template_name

    @property
    def has_selection(self) -> bool:
        return "selection" in self.columns.names()

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


class HTMXTableFilterSet(django_filters.FilterSet):
    """A filter set with one general search field, ``query``, answered by ``general_search`` or by the project's own function."""

    query = django_filters.CharFilter(
        method="search",
        label="Search",
        widget=forms.TextInput(
            attrs={**htmx_attributes_delayed, "type": "search", "class": "form-control", "placeholder": "Search", "autocomplete": "off"}
        ),
    )

    def search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        value = (value or "").replace("\x00", "").strip()
        return self.get_general_search_function()(queryset, name, value) if value else queryset

    def get_general_search_function(self) -> Callable[[QuerySet, str, str], QuerySet]:
        """The function of ``GENERAL_SEARCH_FUNCTIONS['app.Model']`` (callable or dotted path), else ``general_search``."""
        from tom_common.conf import tom_settings

        model = self.queryset.model if self.queryset is not None else self._meta.model
        if model is not None:
            functions = tom_settings.GENERAL_SEARCH_FUNCTIONS or {}
            found = functions.get(f"{model._meta.app_label}.{model.__name__}")
            if found is not None:
                return import_string(found) if isinstance(found, str) else found
        return self.general_search

    def general_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """Rows that have every word of ``value`` in one of their short text fields."""
        fields = [
            field.name
            for field in queryset.model._meta.concrete_fields
            if isinstance(field, models.CharField) and not field.choices and not field.is_relation
        ]
        if not fields:
            return queryset
        for word in value.split()[:10]:
            wanted = Q()
            for field in fields:
                wanted |= Q(**{f"{field}__icontains": word})
            queryset = queryset.filter(wanted)
        return queryset

    @property
    def active_filters(self) -> list[str]:
        """Names of the filters in use, other than the general search."""
        data = self.form.cleaned_data if self.is_bound and self.form.is_valid() else {}
        return [name for name, value in data.items() if name != "query" and value not in (None, "", [], ()) and not is_empty(value)]


def is_empty(value: Any) -> bool:
    if isinstance(value, QuerySet):
        return not value
    if isinstance(value, slice):
        return value.start is None and value.stop is None
    return False


class HTMXTableViewMixin(SingleTableMixin):
    """Mix into a list or filter view. Adds ``record_count``, ``record_count_is_capped``, ``empty_database`` to the context.

    An htmx request for the table is answered with the table alone, anything else (also going back) with the whole page.
    """

    paginator_class = CappedPaginator
    paginate_by = 20

    @property
    def is_partial(self) -> bool:
        htmx = getattr(self.request, "htmx", None)
        if htmx is None:
            headers = self.request.headers
            return headers.get("HX-Request") == "true" and not headers.get("HX-Boosted") and not headers.get("HX-History-Restore-Request")
        return bool(htmx) and not htmx.boosted and not htmx.history_restore_request

    def get_template_names(self) -> list[str]:
        if self.is_partial:
            table = self.__dict__.get("_table")
            if table is not None and hasattr(table, "get_partial_template_name"):
                return [table.get_partial_template_name()]
            return [getattr(self.get_table_class(), "partial_template_name", HTMXTable.partial_template_name)]
        return super().get_template_names()

    def get_table(self, **kwargs: Any) -> Any:
        table = super().get_table(**kwargs)
        self._table = table
        return table

    def paginate_queryset(self, queryset: Any, page_size: int) -> tuple[Any, Any, Any, bool]:
        # the table pages its own rows, in its own order: a second pager would ask the database twice
        return None, None, queryset, False

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        table = context[self.get_context_table_name(self._table)]
        paginator = getattr(table, "paginator", None)
        page = getattr(table, "page", None)
        context["paginator"], context["page_obj"] = paginator, page
        context["is_paginated"] = bool(page and page.has_other_pages())
        context["record_count"] = paginator.count if paginator is not None else len(table.rows)
        context["record_count_is_capped"] = bool(getattr(paginator, "is_capped", False))
        context["empty_database"] = context["record_count"] == 0 and self.is_database_empty()
        context["is_htmx_partial"] = self.is_partial
        return context

    def is_database_empty(self) -> bool:
        """True when this viewer has no rows at all, filters or not."""
        if not hasattr(self, "get_queryset"):
            return True
        rows = self.get_queryset()
        return not (rows.exists() if hasattr(rows, "exists") else bool(rows))

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> Any:
        response = super().render_to_response(context, **kwargs)
        patch_vary_headers(response, ["HX-Request"])
        return response
