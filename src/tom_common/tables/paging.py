"""Pages of a list that is never counted to its end."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.core.paginator import EmptyPage, Page, PageNotAnInteger, Paginator
from django.db.models import QuerySet

COUNT_CAP = 10_000
REACH = 100_000


class CappedPage(Page):
    """A page of a list whose end may be unknown: it has a next page when one more row was found."""

    paginator: CappedPaginator

    def __init__(self, object_list: Any, number: int, paginator: CappedPaginator, more: bool) -> None:
        super().__init__(object_list, number, paginator)
        self._more = more

    def has_next(self) -> bool:
        return self._more and not self.is_cut_short

    @property
    def is_cut_short(self) -> bool:
        """The list goes on, but further than pages lead: a filter or the other order has to help."""
        return self._more and self.number * self.paginator.per_page >= self.paginator.reach

    def next_page_number(self) -> int:
        if not self.has_next():
            raise EmptyPage("That page contains no results")
        return self.number + 1

    def end_index(self) -> int:
        return self.start_index() + len(self.object_list) - 1 if len(self.object_list) else 0

    def start_index(self) -> int:
        return (self.number - 1) * self.paginator.per_page + 1 if len(self.object_list) else 0


class CappedPaginator(Paginator):
    """Counts no further than ``count_cap`` rows: past it, ``is_capped`` is true and ``count`` is the cap.

    Pages past the cap can be reached one after the other, up to ``reach`` rows from the first. A page number out of range gives
    the last page known.
    """

    count_cap = COUNT_CAP
    reach = REACH

    def __init__(self, object_list: Any, per_page: int, orphans: int = 0, allow_empty_first_page: bool = True, **kwargs: Any) -> None:
        super().__init__(object_list, per_page, 0, allow_empty_first_page)
        # a faster way to the count up to one more than the cap, where a view knows one
        self._counter: Callable[[int], int] | None = kwargs.get("counter")

    @property
    def _rows(self) -> Any:
        """The list itself, also when django-tables2 wrapped it."""
        data = getattr(self.object_list, "data", None)
        return data.data if data is not None and hasattr(data, "data") else self.object_list

    @cached_property
    def _counted(self) -> int:
        return self._counter(self.count_cap) if self._counter is not None else capped_count(self._rows, self.count_cap)

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
        bottom = (number - 1) * self.per_page
        if number > self.num_pages and (not self.is_capped or bottom >= self.reach):
            raise EmptyPage("That page contains no results")
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


def count_text(count: int, cap: int = COUNT_CAP) -> str:
    """A capped count for people: ``"1,234"``, or ``"more than 10,000"``."""
    return f"more than {cap:,}" if count > cap else f"{count:,}"
