"""Pages of the API that cost the same however big the table is."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from django.core.exceptions import EmptyResultSet, FieldDoesNotExist, ValidationError
from django.db.models import F, Field, Q, QuerySet
from django.db.models.expressions import OrderBy
from rest_framework.exceptions import ParseError
from rest_framework.pagination import BasePagination, LimitOffsetPagination
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.utils.urls import replace_query_param

from tom_common.conf import tom_settings

FURTHEST = 2**62  # no table has as many rows, every database takes it as an OFFSET


def capped_count(queryset: Any, cap: int) -> int:
    """The number of rows, exact up to `cap`, and `cap` + 1 for all that is more."""
    if isinstance(queryset, list | tuple):
        return len(queryset)
    try:
        return queryset.order_by()[: cap + 1].count()
    except (EmptyResultSet, AttributeError, TypeError):
        return len(queryset)


def default_page_size() -> int:
    return api_settings.PAGE_SIZE or tom_settings.TOM_API_DEFAULT_PAGE_SIZE


def paginated(pager: Any, data: Any, **count: int) -> Response:
    """The body of a page, and the same addresses as Link headers."""
    links = {"next": pager.get_next_link(), "previous": pager.get_previous_link()}
    header = ", ".join(f'<{url}>; rel="{"prev" if rel == "previous" else rel}"' for rel, url in links.items() if url)
    return Response({**count, **links, "results": data}, headers={"Link": header} if header else {})


class CappedLimitOffsetPagination(LimitOffsetPagination):
    """`?limit=&offset=` with `count`, `next`, `previous`, `results`; `count` is exact up to TOM_API_COUNT_CAP.

    `next` stays right beyond the cap: one row more than asked for is read to see whether there are further ones. A `limit` or
    `offset` that is no number counts as not given, as it always did. A view that knows a faster way to some rows than
    `queryset[start:stop]` has it as `rows_of_page(queryset, start, stop)`.
    """

    @property
    def default_limit(self) -> int:
        return default_page_size()

    @property
    def max_limit(self) -> int:
        return tom_settings.TOM_API_MAX_PAGE_SIZE

    def get_count(self, queryset: Any) -> int:
        return capped_count(queryset, tom_settings.TOM_API_COUNT_CAP)

    def get_offset(self, request: Any) -> int:
        return min(super().get_offset(request), FURTHEST)

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list | None:
        self.request = request
        self.limit = self.get_limit(request)
        if self.limit is None:
            return None
        self.offset = self.get_offset(request)
        rows_of_page = getattr(view, "rows_of_page", lambda queryset, start, stop: queryset[start:stop])
        rows = list(rows_of_page(queryset, self.offset, self.offset + self.limit + 1))
        self.has_more = len(rows) > self.limit
        rows = rows[: self.limit]
        if rows and not self.has_more:
            self.count = self.offset + len(rows)
        elif not rows and self.offset == 0:
            self.count = 0
        else:
            self.count = self.get_count(queryset)
            if rows:
                self.count = max(self.count, self.offset + len(rows) + 1)
        self.display_page_controls = self.count > self.limit and self.template is not None
        return rows

    def get_next_link(self) -> str | None:
        if not self.has_more:
            return None
        url = replace_query_param(self.request.build_absolute_uri(), self.limit_query_param, self.limit)
        return replace_query_param(url, self.offset_query_param, self.offset + self.limit)

    def get_paginated_response(self, data: Any) -> Response:
        return paginated(self, data, count=self.count)


class TomCursorPagination(BasePagination):
    """`?cursor=`: pages by the values of the last row (keyset), of constant cost at any depth, without `count`.

    In the order of the queryset, with the primary key as the last word: rows that come and go meanwhile neither repeat nor hide
    others. `limit` is the size of a page.
    """

    cursor_query_param = "cursor"
    page_size_query_param = "limit"

    def get_page_size(self, request: Any) -> int:
        asked = request.query_params.get(self.page_size_query_param, "")
        size = int(asked[:9]) if asked.isascii() and asked.isdigit() and int(asked[:9]) else default_page_size()
        return min(size, tom_settings.TOM_API_MAX_PAGE_SIZE)

    def paginate_queryset(self, queryset: QuerySet, request: Any, view: Any = None) -> list:
        self.request, self.size = request, self.get_page_size(request)
        self.keys = keys_of(queryset)
        backwards, bound = self.decode(request.query_params.get(self.cursor_query_param, ""))
        if bound:
            queryset = queryset.filter(beyond(self.keys, bound, backwards))
        rows = list(queryset.order_by(*(key.expression(backwards) for key in self.keys))[: self.size + 1])
        more = len(rows) > self.size
        rows = rows[: self.size]
        if backwards:
            rows.reverse()
        self.first, self.last = (rows[0], rows[-1]) if rows else (None, None)
        self.has_next, self.has_previous = (bool(rows), more) if backwards else (more, bool(bound) and bool(rows))
        return rows

    def decode(self, cursor: str) -> tuple[bool, list]:
        if not cursor:
            return False, []
        try:
            backwards, values = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
            if not isinstance(values, list) or len(values) != len(self.keys):
                raise ValueError
            return bool(backwards), [key.read(value) for key, value in zip(self.keys, values, strict=True)]
        except (ValueError, TypeError, binascii.Error, ValidationError, RecursionError):
            raise ParseError("This cursor cannot be read: take it from `next` or `previous` of a page in the same order.") from None

    def link(self, row: Any, backwards: bool) -> str:
        values = [key.value(row) for key in self.keys]
        text = json.dumps([int(backwards), values], cls=JSONEncoder, separators=(",", ":"))
        cursor = base64.urlsafe_b64encode(text.encode()).decode("ascii")
        return replace_query_param(self.request.build_absolute_uri(), self.cursor_query_param, cursor)

    def get_next_link(self) -> str | None:
        return self.link(self.last, False) if self.has_next else None

    def get_previous_link(self) -> str | None:
        return self.link(self.first, True) if self.has_previous else None

    def get_paginated_response(self, data: Any) -> Response:
        return paginated(self, data)


class Key:
    """One column of an order."""

    def __init__(self, field: Field, descending: bool) -> None:
        self.field, self.descending = field, descending

    def expression(self, backwards: bool) -> OrderBy:
        # columns that may be empty: these rows come last, on every database
        nulls = {} if not self.field.null else {"nulls_first": True} if backwards else {"nulls_last": True}
        return OrderBy(F(self.field.attname), descending=self.descending != backwards, **nulls)

    def read(self, value: Any) -> Any:
        if value is None:
            if not self.field.null:
                raise ValueError
            return None
        if isinstance(value, dict | list):
            raise ValueError
        read = self.field.to_python(value)
        if isinstance(read, int) and not -(2**63) <= read < 2**63:
            raise ValueError
        return read

    def value(self, row: Any) -> Any:
        value = getattr(row, self.field.attname)
        # JSONEncoder would cut times to milliseconds, and the page would begin anew
        return value.isoformat() if hasattr(value, "isoformat") else value

    def after(self, value: Any, backwards: bool) -> Q:
        name = self.field.attname
        if value is None:
            return Q(**{f"{name}__isnull": False}) if backwards else Q(pk__in=[])
        further = Q(**{f"{name}__{'lt' if self.descending != backwards else 'gt'}": value})
        return further | Q(**{f"{name}__isnull": True}) if self.field.null and not backwards else further

    def same(self, value: Any) -> Q:
        return Q(**({f"{self.field.attname}__isnull": True} if value is None else {self.field.attname: value}))


def keys_of(queryset: QuerySet) -> list[Key]:
    """The columns that a queryset is ordered by, as far as they are its own, and then its primary key."""
    meta, query = queryset.model._meta, queryset.query
    named = query.order_by or (meta.ordering if query.default_ordering else ())
    keys: list[Key] = []
    for item in named:
        descending = isinstance(item, OrderBy) and item.descending
        name = getattr(getattr(item, "expression", item), "name", item)
        if not isinstance(name, str):
            break
        descending, name = (True, name[1:]) if name.startswith("-") else (descending, name)
        try:
            field = meta.pk if name == "pk" else meta.get_field(name)
        except FieldDoesNotExist:
            break
        if not getattr(field, "concrete", False):
            break
        keys.append(Key(field, descending))
        if field.primary_key:
            return keys
    return [*keys, Key(meta.pk, keys[-1].descending if keys else True)]


def beyond(keys: list[Key], bound: list, backwards: bool) -> Q:
    """Rows after `bound` in the order of `keys` (before it: `backwards`)."""
    found, same = Q(pk__in=[]), Q()
    for key, value in zip(keys, bound, strict=True):
        found |= same & key.after(value, backwards)
        same &= key.same(value)
    return found


class CursorOrOffsetPagination(CappedLimitOffsetPagination):
    """Offset pages as always; whoever asks with `?cursor=` (empty for the first page) gets cursor pages."""

    cursor_class = TomCursorPagination

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list | None:
        self._cursor = None
        if "cursor" in request.query_params and isinstance(queryset, QuerySet):
            self._cursor = self.cursor_class()
            return self._cursor.paginate_queryset(queryset, request, view)
        return super().paginate_queryset(queryset, request, view)

    def get_paginated_response(self, data: Any) -> Any:
        return self._cursor.get_paginated_response(data) if self._cursor else super().get_paginated_response(data)

    def to_html(self) -> str:
        return "" if self._cursor else super().to_html()

    def get_paginated_response_schema(self, schema: dict) -> dict:
        address = {"type": "string", "nullable": True, "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "count": {
                    "type": "integer",
                    "description": f"Exact up to {tom_settings.TOM_API_COUNT_CAP}; one more than that stands for all that is more. Not on cursor pages.",
                },
                "next": {**address, "description": "The next page."},
                "previous": {**address, "description": "The page before."},
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict]:
        most = tom_settings.TOM_API_MAX_PAGE_SIZE
        return [
            {
                "name": "limit",
                "in": "query",
                "required": False,
                "description": f"Rows on a page, at most {most}.",
                "schema": {"type": "integer"},
            },
            {"name": "offset", "in": "query", "required": False, "description": "Rows to pass over.", "schema": {"type": "integer"}},
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "description": "Pages by cursor, for long lists: empty for the first page, then as `next` and `previous` have it.",
                "schema": {"type": "string"},
            },
        ]
