"""What list pages offer beside their rows: the column chooser, filters under names, actions on many rows, and how a big one goes on."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.models import Group
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.generic import DetailView

from tom_common.errors import InvalidInputError, NotAllowedError, TomError
from tom_common.models import SavedFilter, TaskRun
from tom_common.permissions import deny
from tom_common.services import saved_filters, table_preferences
from tom_common.services.bulk import run_bulk_task, start_bulk
from tom_common.tables.bulk import BulkResult, Selection, bulk_action, selected_rows, with_newest
from tom_common.tables.filters import filters_alone, parameter_names, problems_of
from tom_common.tables.paging import COUNT_CAP, capped_count, count_text

TITLES = {"columns": "Columns", "filters": "Saved filters", "search": "Filters"}


def _state(view: Any) -> str:
    query = view.request.GET.copy()
    query.pop("_table", None)
    return query.urlencode()


def _back(view: Any, query: str | None = None) -> str:
    query = _state(view) if query is None else query
    return f"{view.request.path}?{query}" if query else view.request.path


def show_tool(view: Any, tool: str) -> HttpResponse:
    """The fields of the filters, the column chooser or the saved filters: a part of the page for htmx, else a page of its own."""
    if tool not in TITLES or (tool == "search" and not hasattr(view, "get_filterset_class")):
        raise Http404
    context = {"columns": columns_context, "filters": filters_context, "search": search_context}[tool](view)
    context |= {
        "tool": tool,
        "tool_template": f"tom_common/ui/table_{tool}.html",
        "tool_title": TITLES[tool],
        "table_state": _state(view),
        "back": _back(view),
    }
    response = render(view.request, context["tool_template"] if view.is_partial else "tom_common/ui/table_tool_page.html", context)
    response["Vary"] = "HX-Request, Cookie"
    return response


def columns_context(view: Any) -> dict[str, Any]:
    table_class = view.get_table_class()
    labels = table_class.choosable_columns()
    preference = view.table_preference
    shown = [name for name in preference.columns or table_class.default_columns() or list(labels) if name in labels]
    shown = [*(name for name in table_class.required_columns if name not in shown), *shown]
    others = sorted((name for name in labels if name not in shown), key=lambda name: labels[name].lower())
    offered = [
        {"name": name, "label": labels[name], "shown": name in shown, "required": name in table_class.required_columns, "place": place}
        for place, name in enumerate([*shown, *others], 1)
    ]
    gone = [name for name in preference.columns or [] if name not in labels]
    return {"offered_columns": offered, "gone_columns": gone, "page_sizes": view.page_sizes, "kept_per_page": preference.per_page,
            "is_own": preference.columns is not None or preference.per_page is not None}  # fmt: skip


def search_context(view: Any) -> dict[str, Any]:
    return {"filter": _filterset(view, view.request.GET)}


def filters_context(view: Any) -> dict[str, Any]:
    user, path = view.request.user, view.request.path
    if not user.is_authenticated:
        return {"saved_filters": [], "needs_login": True}
    filterset = _filterset(view, view.request.GET)
    known = parameter_names(filterset.form) if filterset is not None else set()
    found = []
    for saved in saved_filters.visible_filters(user, view.table_page):
        gone = [name for name in filters_alone(QueryDict(saved.query)) if name not in known]
        found.append(
            {
                "row": saved,
                "url": f"{path}?{saved.query}&saved={saved.pk}",
                "mine": saved.owner_id == user.pk or user.is_superuser,
                "is_default": saved.pk == view.table_preference.default_filter_id,
                "gone": gone,
            }
        )
    current = filters_alone(view.request.GET)
    return {
        "saved_filters": found,
        "shareable_groups": list(_groups(user)[:200]),
        "current_filter": current.urlencode(),
        "current_problems": problems_of(filterset, current) if filterset is not None and current else [],
        "has_default": view.table_preference.default_filter_id is not None,
    }


def _groups(user: Any) -> Any:
    return (Group.objects.all() if user.is_superuser else user.groups.all()).order_by("name")


def _filterset(view: Any, query: QueryDict) -> Any:
    if not hasattr(view, "get_filterset_class"):
        return None
    return view.get_filterset_class()(query or None, queryset=view.get_queryset(), request=view.request)


def change_tool(view: Any, tool: str) -> HttpResponse:
    """Keep columns, or do something with a saved filter; then back to the list as it was."""
    if tool not in ("columns", "filters"):
        raise Http404
    try:
        back = _change_columns(view) if tool == "columns" else _change_filters(view)
    except InvalidInputError as error:
        messages.error(view.request, "; ".join(str(one) for one in error.errors) or error.message)
        return HttpResponseRedirect(_back(view))
    except NotAllowedError as error:
        messages.error(view.request, error.message)
        return HttpResponseRedirect(_back(view))
    return HttpResponseRedirect(back)


def _change_columns(view: Any) -> str:
    data, table_class = view.request.POST, view.get_table_class()
    choosable = table_class.choosable_columns()
    columns: list[str] | None = None
    per_page: int | None = None
    if data.get("do") != "reset":

        def place(name: str) -> float:
            number = data.get(f"place-{name}", "")
            return int(number) if number.isdigit() and len(number) < 9 else 1e9

        columns = sorted(data.getlist("column"), key=place)
        asked = data.get("per_page", "")
        per_page = int(asked) if asked.isdigit() and len(asked) < 6 else None
    table_preferences.keep_preference(
        user=view.request.user, session=view.request.session, page=view.table_page, columns=columns, per_page=per_page,
        choosable=choosable, page_sizes=view.page_sizes,
    )  # fmt: skip
    query = view.request.GET.copy()
    query.pop("_table", None)
    query.pop("per_page", None)
    return _back(view, query.urlencode())


def _change_filters(view: Any) -> str:
    user, data, page = view.request.user, view.request.POST, view.table_page
    if not user.is_authenticated:
        deny(view.request, seen=False)
    do = data.get("do", "")
    if do == "save":
        query = _checked(view, QueryDict(data.get("query", "")[:8000]))
        saved = saved_filters.save_filter(actor=user, page=page, name=data.get("name", ""), query=query, group=_group(user, data))
        if data.get("begin"):
            saved_filters.begin_with(actor=user, page=page, saved=saved)
        messages.success(view.request, f'The filter "{saved.name}" is saved.')
        return _back(view, f"{saved.query}&saved={saved.pk}")
    if do == "begin-none":
        saved_filters.begin_with(actor=user, page=page, saved=None)
        messages.success(view.request, "The list opens without a filter.")
        return _back(view)
    key = data.get("filter", "")
    found = saved_filters.visible_filters(user, page).filter(pk=key).first() if key.isdigit() and len(key) < 19 else None
    if found is None and user.is_superuser and key.isdigit() and len(key) < 19:
        found = SavedFilter.objects.filter(pk=key, page=page).first()
    if found is None:
        raise Http404
    if do == "begin":
        saved_filters.begin_with(actor=user, page=page, saved=found)
        messages.success(view.request, f'The list opens with "{found.name}".')
    elif do == "change":
        saved_filters.change_filter(actor=user, saved=found, name=data.get("name", ""), group=_group(user, data, found.group))
        messages.success(view.request, f'The filter "{found.name}" is changed.')
    elif do == "delete":
        saved_filters.delete_filter(actor=user, saved=found)
        messages.success(view.request, f'The filter "{found.name}" is deleted.')
    else:
        raise InvalidInputError("Choose what to do with the filter.")
    return _back(view)


def _group(user: Any, data: QueryDict, present: Any = None) -> Any:
    key = data.get("group", "")
    if not key:
        return None
    if present is not None and key == str(present.pk):
        return present
    found = _groups(user).filter(pk=key).first() if key.isdigit() and len(key) < 10 else None
    if found is None:
        raise InvalidInputError("Choose one of your own groups to share with.")
    return found


def _checked(view: Any, query: QueryDict) -> str:
    """The filter as the page's own form takes it; its order is kept with it."""
    kept = filters_alone(query)
    filterset = _filterset(view, kept)
    problems = problems_of(filterset, kept) if filterset is not None else []
    if problems:
        raise InvalidInputError("This filter cannot be saved: " + " ".join(problems))
    if kept and query.getlist("sort"):
        kept.setlist("sort", query.getlist("sort")[:4])
    return kept.urlencode()


def do_bulk(view: Any) -> HttpResponseBase:
    """Ask whether to do it, then do it: at once, or as a task when there is much to do."""
    request = view.request
    if not request.user.is_authenticated:
        deny(request, seen=False)
    data = request.POST
    back = _back(view, filters_and_place(data.get("query_string", "")))
    try:
        action = bulk_action(view.bulk_actions, data["bulk"], request.user)
        selection = Selection.from_post(request.path, data, _field_names(view))
        rows = selected_rows(view, selection)
        if action.respond is not None:
            allowed = rows if action.allowed is None else action.allowed(request.user, rows)
            return action.respond(request=request, rows=allowed, options=data)
        confirmed = "confirmed" in data or (not action.confirm and action.form is None)
        form = action.form_for(request.user, data if confirmed else None)
        if not confirmed or (form is not None and not form.is_valid()):
            return _confirm(view, action, with_newest(selection, rows), rows, form, back)
        result = start_bulk(actor=request.user, table=view.bulk_actions, action=action, selection=selection, rows=rows, options=data)
    except TomError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(back)
    if isinstance(result, TaskRun):
        return HttpResponseRedirect(reverse("table-bulk-run", kwargs={"pk": result.pk}))
    for level, text in result_texts(action.past, result):
        messages.add_message(request, level, text)
    return HttpResponseRedirect(back)


def filters_and_place(query: str) -> str:
    """A query string that came with a form, as far as it may stand in an address of the same page."""
    kept = QueryDict(query[:8000].lstrip("?"), mutable=True)
    kept.pop("_table", None)
    return kept.urlencode()


def _field_names(view: Any) -> list[str]:
    column = view.get_table_class().base_columns.get("selection")
    return list(dict.fromkeys([getattr(column, "field_name", "selected-row"), "selected-row"]))


def _confirm(view: Any, action: Any, selection: Selection, rows: Any, form: Any, back: str) -> HttpResponse:
    user = view.request.user
    count = capped_count(rows)
    allowed_rows = rows if action.allowed is None else action.allowed(user, rows)
    allowed = count if action.allowed is None else capped_count(allowed_rows)
    names = [str(row) for row in allowed_rows[:6]]
    model = rows.model._meta
    return render(
        view.request,
        "tom_common/ui/table_bulk_confirm.html",
        {
            "action": action,
            "form": form,
            "selection": selection,
            "count": count_text(count),
            "allowed": allowed,
            "allowed_text": count_text(allowed),
            "some_are_not": allowed < count or (allowed > COUNT_CAP and action.allowed is not None),
            "names": names[:5],
            "more_names": len(names) > 5,
            "what": model.verbose_name if allowed == 1 else model.verbose_name_plural,
            "consequences": action.consequences(user, allowed_rows) if action.consequences and allowed else [],
            "as_task": count > action.at_once,
            "field_name": _field_names(view)[0],
            "query_string": filters_and_place(view.request.POST.get("query_string", "")),
            "back": back,
        },
    )


def result_texts(past: str, result: BulkResult) -> list[tuple[int, str]]:
    """What became of the rows, as messages."""
    found = []
    if result.done or not (result.not_allowed or result.failures or result.passed_over):
        found.append((messages.SUCCESS if result.done else messages.WARNING, f"{result.done:,} {past}."))
    if result.passed_over:
        found.append((messages.INFO, f"{result.passed_over:,} passed over: nothing was to be done with them."))
    if result.not_allowed:
        found.append((messages.WARNING, f"{result.not_allowed:,} left as they are: you may see but not change them."))
    if result.failures:
        first = "; ".join(f"{name}: {why}" for name, why in result.failed[:5])
        found.append((messages.ERROR, f"{result.failures:,} failed. {first}{' ...' if result.failures > 5 else ''}"))
    return found


class BulkRunView(LoginRequiredMixin, DetailView):
    """How far an action on many rows is, and what became of it; for who started it and for superusers."""

    template_name = "tom_common/ui/table_bulk_run.html"
    context_object_name = "run"

    def get_queryset(self) -> Any:
        runs = TaskRun.objects.filter(name=run_bulk_task.path)
        return runs if self.request.user.is_superuser else runs.filter(actor_id=self.request.user.pk)

    def get_template_names(self) -> list[str]:
        partial = self.request.headers.get("HX-Request") == "true" and not self.request.headers.get("HX-History-Restore-Request")
        return ["tom_common/ui/table_bulk_progress.html"] if partial else [self.template_name]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        run = self.object
        selection = Selection.from_dict(run.args[2])
        context["back"] = f"{selection.path}?{selection.query}".rstrip("?")
        if isinstance(run.result, dict):
            found: dict[str, Any] = {key: run.result.get(key) for key in ("done", "not_allowed", "passed_over", "failed_count")}
            result = BulkResult(failed=[tuple(pair) for pair in run.result.get("failed", [])], **found)
            context["result"] = result
            context["texts"] = [text for _, text in result_texts(run.result.get("past", "done"), result)]
        return context

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        from tom_common.tasks import cancel

        run = self.get_object()
        cancel(run)
        messages.info(request, "Asked to stop: what is done so far stays done.")
        return HttpResponseRedirect(request.path)
