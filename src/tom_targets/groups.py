"""Contract paths of list changes from pages: each says in messages what happened."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from tom_common.errors import InvalidInputError, TomError
from tom_targets.filters import TargetFilterSet
from tom_targets.models import BaseTarget, get_target_model_class
from tom_targets.policy import visible_to
from tom_targets.services import add_to_list, move_to_list, remove_from_list

SHOWN = 10
MANY = 10_000  # more targets than these are dealt with by a worker, where there is one


def _filtered(filter_data, request):
    model = get_target_model_class()
    found = TargetFilterSet(filter_data or None, queryset=visible_to(request.user, "view", model.objects.all()), request=request)
    if found.is_bound and not found.is_valid():
        # a filter that is not understood must not be taken for none: it would widen what is changed
        messages.error(request, "The filters are not valid, so it is not clear which targets are meant: nothing was changed.")
        return model.objects.none()
    return found.qs


def _change(service, targets, grouping_object, request, done: str, already: str, selected: bool = False):
    try:
        change = service(actor=request.user, grouping=grouping_object, targets=targets)
    except TomError as error:
        messages.error(request, error.message)
        return
    if change.done:
        messages.success(request, f"{change.done} target(s) successfully {done} group '{grouping_object.name}'.")
    if change.already:
        names = ", ".join(change.already_names[:SHOWN])
        more = f" and {change.already - SHOWN} more" if change.already > SHOWN else ""
        messages.warning(request, f"{change.already} target(s) {already} group '{grouping_object.name}': {names}{more}")
    if not change.done and not change.already and not selected:
        messages.warning(request, "No target was selected.")


def _change_all(verb, filter_data, grouping_object, request):
    """What the filters select; very many of them by a worker, whose progress the page of tasks shows."""
    from tom_common.tables import capped_count
    from tom_common.tasks import backend_is_immediate, enqueue
    from tom_targets.tasks import change_list_task

    service, done, already = VERBS[verb]
    targets = _filtered(filter_data, request)
    if backend_is_immediate() or capped_count(targets, MANY) <= MANY:
        _change(service, targets, grouping_object, request, done, already)
        return
    query = filter_data.urlencode() if hasattr(filter_data, "urlencode") else urlencode(filter_data or {}, doseq=True)
    title = f"All that match {done} {grouping_object.name}"[:200]
    link = reverse("targets:group-detail", args=[grouping_object.pk])
    enqueue(change_list_task, verb, query, grouping_object.pk, request.user.pk, actor=request.user, title=title, link=link)
    messages.info(
        request,
        f"More than {MANY:,} targets match: they are being {done} group '{grouping_object.name}'. The page Tasks shows how far it is.",
    )


VERBS = {
    "add": (add_to_list, "added to", "already in"),
    "remove": (remove_from_list, "removed from", "not in"),
    "move": (move_to_list, "moved to", "already in"),
}


def all_that_match(verb, query, grouping_object, user):
    """Do it, outside of a request; how many were changed."""
    request = HttpRequest()
    request.user, request.GET = user, QueryDict(query)
    found = TargetFilterSet(request.GET or None, queryset=visible_to(user, "view", get_target_model_class().objects.all()), request=request)
    if found.is_bound and not found.is_valid():
        raise InvalidInputError("The filters are not valid any more: nothing was changed.")
    return VERBS[verb][0](actor=user, grouping=grouping_object, targets=found.qs)


def add_all_to_grouping(filter_data, grouping_object, request):
    _change_all("add", filter_data, grouping_object, request)


def add_selected_to_grouping(targets_ids, grouping_object, request):
    _change_selected("add", targets_ids, grouping_object, request)


def remove_all_from_grouping(filter_data, grouping_object, request):
    _change_all("remove", filter_data, grouping_object, request)


def remove_selected_from_grouping(targets_ids, grouping_object, request):
    _change_selected("remove", targets_ids, grouping_object, request)


def move_all_to_grouping(filter_data, grouping_object, request):
    _change_all("move", filter_data, grouping_object, request)


def move_selected_to_grouping(targets_ids, grouping_object, request):
    _change_selected("move", targets_ids, grouping_object, request)


def _change_selected(verb, ids, grouping_object, request):
    """What these keys name; a key of no target that the user sees is told, and hinders no other."""
    service, done, already = VERBS[verb]
    keys = {str(value)[:20]: _key(value) for value in ids}
    rows = visible_to(request.user, "view", BaseTarget.objects.filter(pk__in=[key for key in keys.values() if key]))
    seen = set(rows.values_list("pk", flat=True))
    _change(service, seen, grouping_object, request, done, already, selected=bool(keys))
    for text in [text for text, key in keys.items() if key not in seen][:SHOWN]:
        messages.error(request, f"Target {text} was not {done} group '{grouping_object.name}': there is no such target.")


def _key(value):
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
