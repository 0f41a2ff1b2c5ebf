"""Contract paths of list changes from pages: each says in messages what happened."""

from __future__ import annotations

from django.contrib import messages

from tom_common.errors import TomError
from tom_targets.filters import TargetFilterSet
from tom_targets.models import get_target_model_class
from tom_targets.policy import visible_to
from tom_targets.services import add_to_list, move_to_list, remove_from_list

SHOWN = 10


def _filtered(filter_data, request):
    model = get_target_model_class()
    return TargetFilterSet(filter_data, queryset=visible_to(request.user, "view", model.objects.all()), request=request).qs


def _change(service, targets, grouping_object, request, done: str, already: str):
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
    if not change.done and not change.already:
        messages.warning(request, "No target was selected.")


def add_all_to_grouping(filter_data, grouping_object, request):
    _change(add_to_list, _filtered(filter_data, request), grouping_object, request, "added to", "already in")


def add_selected_to_grouping(targets_ids, grouping_object, request):
    _change(add_to_list, _ids(targets_ids), grouping_object, request, "added to", "already in")


def remove_all_from_grouping(filter_data, grouping_object, request):
    _change(remove_from_list, _filtered(filter_data, request), grouping_object, request, "removed from", "not in")


def remove_selected_from_grouping(targets_ids, grouping_object, request):
    _change(remove_from_list, _ids(targets_ids), grouping_object, request, "removed from", "not in")


def move_all_to_grouping(filter_data, grouping_object, request):
    _change(move_to_list, _filtered(filter_data, request), grouping_object, request, "moved to", "already in")


def move_selected_to_grouping(targets_ids, grouping_object, request):
    _change(move_to_list, _ids(targets_ids), grouping_object, request, "moved to", "already in")


def _ids(values):
    return [int(value) for value in values if str(value).isdigit()]
