"""Filter sets whose form filters in place, and what an address may say to them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cached_property
from typing import Any

import django_filters
from django import forms
from django.db import models
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.module_loading import import_string

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

# what an address says beside the filters
STATE_PARAMETERS = ("sort", "page", "per_page", "saved", "_lists", "_table")


class HTMXTableFilterSet(django_filters.FilterSet):
    """A filter set with one general search field, ``query``, answered by ``general_search`` or by the project's own function."""

    query = django_filters.CharFilter(
        method="search",
        label="Search",
        widget=forms.TextInput(
            attrs={**htmx_attributes_delayed, "type": "search", "class": "form-control", "placeholder": "Search", "autocomplete": "off"}
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # copies of the filters are made when somebody asks for them: a list that is not filtered needs none
        self.__dict__["base_filters"] = {}
        super().__init__(*args, **kwargs)
        del self.base_filters, self.filters

    @cached_property
    def filters(self) -> dict[str, Any]:
        found = copy.deepcopy(self.base_filters) | self.added_filters()
        for one in found.values():
            one.model, one.parent = self.queryset.model, self
        return found

    def added_filters(self) -> dict[str, Any]:
        """Filters that the class does not declare, by name."""
        return {}

    def _offered(self) -> dict[str, Any]:
        """The filters by name; those of the class, which must not be changed, where this set has made none of its own yet."""
        return self.__dict__.get("filters") or type(self).base_filters | self.added_filters()

    @property
    def is_as_declared(self) -> bool:
        """Nobody has looked at the filters or the form of this set: they are those of its class."""
        return type(self).__init__ is HTMXTableFilterSet.__init__ and not {"filters", "_form"} & self.__dict__.keys()

    @property
    def has_more_filters(self) -> bool:
        """Is there a filter beside the general search?"""
        return any(name != "query" for name in self._offered())

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
        return active_filters(self)


def active_filters(filterset: Any) -> list[str]:
    """Names of the filters of a bound filter set that are in use, other than the general search."""
    data = filterset.form.cleaned_data if filterset.is_bound and filterset.form.is_valid() else {}
    return [name for name, value in data.items() if name != "query" and value not in (None, "", [], ()) and not is_empty(value)]


def is_empty(value: Any) -> bool:
    if isinstance(value, QuerySet):
        return not value
    if isinstance(value, slice):
        return value.start is None and value.stop is None
    return False


def parameter_names(form: forms.Form) -> set[str]:
    """What an address may name for the fields of a filter form: ``seeing_min`` and ``seeing_max`` for a range ``seeing``."""
    names: set[str] = set()
    for name, field in form.fields.items():
        key = form.add_prefix(name)
        names.add(key)
        widget = field.widget
        if isinstance(widget, forms.MultiWidget):
            suffixes = getattr(widget, "suffixes", None)
            if suffixes:
                names |= {f"{key}_{suffix}" if suffix else key for suffix in suffixes}
            else:
                names |= {f"{key}{suffix}" for suffix in getattr(widget, "widgets_names", ())}
    return names


def filters_alone(query: QueryDict) -> QueryDict:
    """What of a query string filters: without order, page and what belongs to the table's tools, and without empty values."""
    kept = QueryDict(mutable=True)
    for name in query:
        values = [value for value in query.getlist(name) if value != ""]
        if name not in STATE_PARAMETERS and values:
            kept.setlist(name, values)
    return kept


def problems_of(filterset: Any, query: QueryDict) -> list[str]:
    """What of a query string this filter set does not know or does not take, in words."""
    known = parameter_names(filterset.form)
    found = [f'"{name}" is no filter of this page (any more).' for name in filters_alone(query) if name not in known]
    errors = filterset.form.errors if filterset.is_bound else {}
    for name, texts in errors.items():
        field = filterset.form.fields.get(name)
        label = (field.label if field is not None else None) or name
        found += [f"{label}: {text}" for text in texts]
    return found
