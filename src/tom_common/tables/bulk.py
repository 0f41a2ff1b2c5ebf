"""Actions on many rows of a list: on those that are ticked, or on everything that the filters find.

An app declares what can be done with its rows, and a list view says whose actions it offers:

>>> register_bulk_action("targets", BulkAction(slug="delete", label="Delete", run=..., allowed=...))  # in AppConfig.ready, or in the
>>> class MyConfig(AppConfig):  # `register()` of a module which the app names, and which is imported when a list is first asked for
...     bulk_actions = ("my_app.bulk",)
>>> class TargetListView(HTMXTableViewMixin, FilterView):
...     bulk_actions = "targets"

What is acted on is always looked up again on the server as the person who asks sees it: keys that were sent narrow it, never widen it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any

from django import forms
from django.apps import apps
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.urls import Resolver404, resolve
from django.utils.module_loading import import_string

from tom_common.errors import ConflictError, InvalidInputError, NotAllowedError
from tom_common.tables.filters import filters_alone

BATCH = 500
# more rows than this are done by a task, with progress
AT_ONCE = 500
MOST_KEYS = 10_000
KEPT_FAILURES = 100


@dataclass(frozen=True)
class BulkResult:
    """What became of the rows: how many were done, not allowed, passed over (nothing to do), and (row, why) of those that failed."""

    done: int = 0
    not_allowed: int = 0
    passed_over: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    failed_count: int = 0

    def __add__(self, other: BulkResult) -> BulkResult:
        return BulkResult(
            self.done + other.done,
            self.not_allowed + other.not_allowed,
            self.passed_over + other.passed_over,
            [*self.failed, *other.failed][:KEPT_FAILURES],
            self.failures + other.failures,
        )

    @property
    def failures(self) -> int:
        return max(self.failed_count, len(self.failed))

    def as_dict(self) -> dict[str, Any]:
        return {
            "done": self.done,
            "not_allowed": self.not_allowed,
            "passed_over": self.passed_over,
            "failed": [list(pair) for pair in self.failed],
            "failed_count": self.failures,
        }


@dataclass(frozen=True)
class BulkAction:
    """One thing that can be done with many rows.

    `run(actor=, rows=, options=)` gets at most `BATCH` rows, all of them allowed, and calls the service; it gives a `BulkResult`.
    `allowed(user, queryset)` narrows to the rows with which the user may do it (None: with all that are seen).
    `respond(request=, rows=, options=)` in place of `run` answers with a file.
    `form` (class or dotted path) asks for what else it needs to know; it is built with `user=`.
    `consequences(user, queryset)` gives (what, how many in words) for the confirmation.
    `offered(user)` says who is shown the button.
    """

    slug: str
    label: str
    run: Callable[..., BulkResult] | None = None
    icon: str = "check2-square"
    danger: bool = False
    allowed: Callable[[Any, QuerySet], QuerySet] | None = None
    respond: Callable[..., HttpResponseBase] | None = None
    form: type[forms.Form] | str | None = None
    confirm: bool = True
    question: str = ""
    past: str = "done"
    consequences: Callable[[Any, QuerySet], Sequence[tuple[str, str]]] | None = None
    offered: Callable[[Any], bool] = lambda user: user.is_authenticated
    needs_login: bool = True
    at_once: int = AT_ONCE
    order: int = 100

    def form_for(self, user: Any, data: Any = None) -> forms.Form | None:
        if self.form is None:
            return None
        made: Any = import_string(self.form) if isinstance(self.form, str) else self.form
        return made(data, user=user)


_actions: dict[str, dict[str, BulkAction]] = {}
_awaited = True


def _meet_modules() -> None:
    """The modules that apps name in `AppConfig.bulk_actions` register theirs, once and before anybody else."""
    global _awaited
    if _awaited:
        _awaited = False
        for config in apps.get_app_configs():
            for name in getattr(config, "bulk_actions", ()):
                import_module(name).register()


def register_bulk_action(table: str, action: BulkAction) -> None:
    """Offer `action` in the lists whose ``bulk_actions`` is `table`. Call it in `AppConfig.ready`; the same slug again replaces it."""
    _meet_modules()
    if (action.run is None) == (action.respond is None):
        raise InvalidInputError(f"the bulk action {action.slug} of {table} needs run or respond, one of them")
    _actions.setdefault(table, {})[action.slug] = action


def unregister_bulk_action(table: str, slug: str) -> None:
    _meet_modules()
    _actions.get(table, {}).pop(slug, None)


def bulk_actions(table: str, user: Any) -> list[BulkAction]:
    """The actions that `user` is offered, in order."""
    _meet_modules()
    found = sorted(_actions.get(table, {}).values(), key=lambda action: (action.order, action.label))
    return [action for action in found if (user.is_authenticated or not action.needs_login) and action.offered(user)]


def bulk_action(table: str, slug: str, user: Any) -> BulkAction:
    """The action of that slug; NotAllowedError where there is none for this user."""
    for action in bulk_actions(table, user):
        if action.slug == slug:
            return action
    raise NotAllowedError("This list offers no such action to you.")


@dataclass(frozen=True)
class Selection:
    """Which rows of which list: `keys`, or with None all that `query` finds on the page at `path`, no newer than `newest`."""

    path: str
    query: str = ""
    keys: tuple[int, ...] | None = None
    newest: int | None = None

    def as_dict(self) -> dict[str, Any]:
        return {"path": self.path, "query": self.query, "keys": None if self.keys is None else list(self.keys), "newest": self.newest}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Selection:
        keys = data["keys"]
        return cls(data["path"], data["query"], None if keys is None else tuple(keys), data["newest"])

    @classmethod
    def from_post(cls, path: str, data: QueryDict, names: Sequence[str]) -> Selection:
        """What a list page posts: `isSelectAll` with `query_string`, or the ticked rows under one of `names`."""
        query = filters_alone(QueryDict(data.get("query_string", "")[:8000].lstrip("?"))).urlencode()
        if data.get("isSelectAll", "").lower() in ("true", "on", "1"):
            newest = data.get("newest", "")
            return cls(path, query, None, int(newest) if newest.isdigit() and len(newest) < 19 else None)
        sent = [key for name in names for key in data.getlist(name)]
        keys = tuple(dict.fromkeys(int(key) for key in sent if key.isdigit() and len(key) < 19))
        if not keys:
            raise InvalidInputError("Nothing was selected: tick rows first.")
        if len(keys) > MOST_KEYS:
            raise InvalidInputError(f"At most {MOST_KEYS:,} rows can be ticked; select all that match instead.")
        return cls(path, query, keys)


def selected_rows(view: Any, selection: Selection) -> QuerySet:
    """The rows of a selection as the view shows them to its user: of the view's own queryset, through its own filters."""
    rows = view.get_queryset()
    if selection.keys is not None:
        return rows.filter(pk__in=selection.keys).order_by("pk")
    filter_class = view.get_filterset_class() if hasattr(view, "get_filterset_class") else None
    if filter_class is not None:
        query = QueryDict(selection.query)
        filterset = filter_class(query or None, queryset=rows, request=view.request)
        if filterset.is_bound and not filterset.is_valid():
            raise InvalidInputError("The filters are not valid, so it is not clear what matches: " + _errors(filterset.form))
        rows = filterset.qs
    if selection.newest is not None:
        rows = rows.filter(pk__lte=selection.newest)
    return rows.order_by("pk")


def _errors(form: forms.Form) -> str:
    return "; ".join(f"{name}: {text}" for name, texts in form.errors.items() for text in texts)


def view_at(path: str, user: Any, query: str = "") -> Any:
    """The list view at `path`, set up for `user` as if that address had been asked for."""
    try:
        match: Any = resolve(path)
    except Resolver404 as error:
        raise ConflictError(f"There is no page {path} any more.") from error
    made = getattr(match.func, "view_class", None)
    if made is None or not getattr(made, "bulk_actions", ""):
        raise ConflictError(f"The page {path} offers no actions on many rows.")
    request: Any = HttpRequest()
    request.method, request.path, request.path_info, request.GET = "GET", path, path, QueryDict(query)
    request.user, request.resolver_match, request.session = user, match, {}
    view = made(**match.func.view_initkwargs)
    view.setup(request, *match.args, **match.kwargs)
    return view


def batches(rows: QuerySet, size: int = BATCH) -> Iterator[list[Any]]:
    """Primary keys in runs of `size`, by key, so that it does no harm when the action changes what matches."""
    last = None
    while True:
        some = rows if last is None else rows.filter(pk__gt=last)
        keys = list(dict.fromkeys(some.order_by("pk").values_list("pk", flat=True)[:size]))
        if not keys:
            return
        yield keys
        last = keys[-1]


def newest_of(rows: QuerySet) -> int | None:
    """The largest key among the rows."""
    return rows.order_by("-pk").values_list("pk", flat=True).first()


def with_newest(selection: Selection, rows: QuerySet) -> Selection:
    return selection if selection.keys is not None else replace(selection, newest=newest_of(rows) or 0)
