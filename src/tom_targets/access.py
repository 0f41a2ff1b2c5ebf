"""To whom a target is open and why: `policy`, told for one target. Both must agree; a test asks them of every user and target."""

from __future__ import annotations

from tom_common.access import EVERYONE, GROUP, USER, VISITORS, Given, on_the_model, superusers
from tom_targets.constants import OPEN, PUBLIC
from tom_targets.models import TargetGroupObjectPermission, TargetUserObjectPermission, get_target_model_app_label

CODES = {"view_target": "view", "change_target": "change", "delete_target": "delete"}


def grants_of(target) -> list[Given]:
    """Five queries, whatever the number of rights."""
    return [*rights_on(target), *superusers()]


def rights_on(target) -> list[Given]:
    """To whom the target is open, but for superusers."""
    found = []
    if target.permissions in (PUBLIC, OPEN):
        found.append(Given(EVERYONE, None, "view", f"the target is {target.permissions}"))
    if target.permissions == OPEN:
        found.append(Given(VISITORS, None, "view", "the target is OPEN"))
    of = {"content_object_id": target.pk, "permission__codename__in": CODES}
    for key, code in TargetUserObjectPermission.objects.filter(**of).order_by("pk").values_list("user_id", "permission__codename"):
        found.append(Given(USER, key, CODES[code], "a right on this target"))
    for key, code in TargetGroupObjectPermission.objects.filter(**of).order_by("pk").values_list("group_id", "permission__codename"):
        found.append(Given(GROUP, key, CODES[code], "a right on this target"))
    return [*found, *on_the_model({"tom_targets", get_target_model_app_label()}, "target")]
