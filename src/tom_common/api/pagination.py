"""Pages of the API that cost the same however big the table is."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import EmptyResultSet
from rest_framework.pagination import CursorPagination, LimitOffsetPagination

from tom_common.conf import tom_settings


def capped_count(queryset: Any, cap: int) -> int:
    """The number of rows, exact up to `cap`, and `cap` + 1 for all that is more."""
    if isinstance(queryset, list | tuple):
        return len(queryset)
    try:
        return queryset.order_by()[: cap + 1].count()
    except (EmptyResultSet, AttributeError, TypeError):
        return len(queryset)


class CappedLimitOffsetPagination(LimitOffsetPagination):
    """`?limit=&offset=` with `count`, `next`, `previous`, `results`; `count` is exact up to TOM_API_COUNT_CAP.

    `next` stays right beyond the cap: one row more than asked for is read to see whether there are further ones.
    """

    @property
    def default_limit(self) -> int:
        from rest_framework.settings import api_settings

        return api_settings.PAGE_SIZE or tom_settings.TOM_API_DEFAULT_PAGE_SIZE

    @property
    def max_limit(self) -> int:
        return tom_settings.TOM_API_MAX_PAGE_SIZE

    def get_count(self, queryset: Any) -> int:
        return capped_count(queryset, tom_settings.TOM_API_COUNT_CAP)

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list | None:
        self.request = request
        self.limit = self.get_limit(request)
        if self.limit is None:
            return None
        self.offset = self.get_offset(request)
        rows = list(queryset[self.offset : self.offset + self.limit + 1])
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
        from rest_framework.utils.urls import replace_query_param

        url = replace_query_param(self.request.build_absolute_uri(), self.limit_query_param, self.limit)
        return replace_query_param(url, self.offset_query_param, self.offset + self.limit)


class TomCursorPagination(CursorPagination):
    """`?cursor=`: constant cost at any depth, no `count`."""

    page_size_query_param = "limit"
    ordering = "-pk"

    def get_page_size(self, request: Any) -> int:
        asked = request.query_params.get(self.page_size_query_param, "")
        size = int(asked) if asked.isdigit() and int(asked) else tom_settings.TOM_API_DEFAULT_PAGE_SIZE
        return min(size, tom_settings.TOM_API_MAX_PAGE_SIZE)


class CursorOrOffsetPagination(CappedLimitOffsetPagination):
    """Offset pages as always; whoever asks with `?cursor=` (empty for the first page) gets cursor pages."""

    cursor_class = TomCursorPagination

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list | None:
        self._cursor = None
        if "cursor" in request.query_params:
            self._cursor = self.cursor_class()
            return self._cursor.paginate_queryset(queryset, request, view)
        return super().paginate_queryset(queryset, request, view)

    def get_paginated_response(self, data: Any) -> Any:
        return self._cursor.get_paginated_response(data) if self._cursor else super().get_paginated_response(data)
