"""Who did what, when, and what it was before and after."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.generic import View

from tom_common.errors import NotFoundError, TomError
from tom_common.history_kinds import model_of, visible_objects
from tom_common.history_page import COLUMNS, as_row, events, narrowed, newest_of
from tom_common.models.history import HistoryEvent
from tom_common.permissions import deny
from tom_common.services.history_shown import _keys_among, shown_events, undo_event
from tom_common.views.keyset import key_of, older, word
from tom_common.views.tasks import back

PAGE = 50
EXPORT_AT_ONCE = 500
EXPORT_AT_MOST = 100_000
FILTERS = ("verb", "user", "kind", "name", "since", "until")


class HistoryBase(View):
    """Of an object (``?object=app.model:key``) for whoever sees that; else of everything for superusers, of their own doings for others."""

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        kind, _, key = word(request, "object").partition(":")
        self.about = (kind, key) if key else None
        self.asked = {name: word(request, name) for name in FILTERS}

    def check(self, request: Any) -> None:
        if self.about is None:
            if not request.user.is_authenticated:
                deny(request, seen=False)
            return
        kind, key = self.about
        if getattr(request.user, "is_superuser", False):
            return
        if key not in _keys_among(visible_objects(kind, request.user), kind, [key]):
            deny(request, seen=False)

    def batch(self, request: Any, before: int | None, size: int) -> list[HistoryEvent]:
        rows = narrowed(events(), self.asked)
        if before is not None:
            rows = rows.filter(pk__lt=before)
        if self.about is not None:
            return newest_of(*self.about, rows, size)
        if not request.user.is_superuser:
            rows = rows.filter(actor=request.user)
        return list(rows[:size])


class HistoryListView(HistoryBase):
    def get(self, request: Any) -> HttpResponse:
        self.check(request)
        found = self.batch(request, key_of(request), PAGE + 1)
        rows = shown_events(request.user, found[:PAGE])
        label = ""
        if self.about is not None:
            model = model_of(self.about[0])
            named = next((row.event.object_label for row in rows if row.event.object_id == self.about[1]), self.about[1])
            label = f"{model._meta.verbose_name if model is not None else self.about[0]} {named}"
        export = request.GET.copy()
        export.pop("before", None)
        context = {
            "rows": rows,
            "next_page": older(request, found[PAGE - 1].pk) if len(found) > PAGE else "",
            "asked": self.asked,
            "about": word(request, "object"),
            "label": label,
            "filtered": any(self.asked.values()),
            "export": export.urlencode(),
            "back": request.get_full_path(),
        }
        return render(request, "tom_common/history_list.html", context)


class _Echo:
    def write(self, value: str) -> str:
        return value


class HistoryExportView(HistoryBase):
    """The same as CSV, all pages of it."""

    def get(self, request: Any) -> Any:
        self.check(request)
        answer = StreamingHttpResponse(self.lines(request), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="history.csv"'
        return answer

    def lines(self, request: Any) -> Iterator[str]:
        writer = csv.writer(_Echo())
        yield writer.writerow(COLUMNS)
        before, written = None, 0
        while written < EXPORT_AT_MOST and (found := self.batch(request, before, EXPORT_AT_ONCE)):
            for shown in shown_events(request.user, found):
                yield writer.writerow([_harmless(cell) for cell in as_row(shown)])
            before, written = found[-1].pk, written + len(found)


def _harmless(cell: str) -> str:
    # a spreadsheet would take such a cell for a formula
    return f"'{cell}" if cell[:1] in ("=", "+", "@", "\t", "\r") else cell


class HistoryUndoView(LoginRequiredMixin, View):
    http_method_names = ["post"]

    def post(self, request: Any, pk: int) -> HttpResponse:
        event = HistoryEvent.objects.filter(pk=pk).first()
        if event is None:
            deny(request, seen=False)
        try:
            undo_event(actor=request.user, event=event)
        except NotFoundError:
            deny(request, seen=False)
        except TomError as error:
            messages.error(request, f"Not undone: {error}")
        else:
            messages.success(request, f"Undone: {event.object_label} is as it was.")
        return back(request, "history-list")
