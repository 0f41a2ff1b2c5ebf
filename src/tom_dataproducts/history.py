"""The history of data: who sees it, and what can be undone."""

from __future__ import annotations

from tom_common.errors import ConflictError
from tom_common.history_kinds import register_history, undoes
from tom_common.services.history_shown import object_of, refuse_if_changed
from tom_dataproducts.models import DataProduct, DataProductGroup, ReducedDatum
from tom_dataproducts.policy import data_visible_to, groups_visible_to, visible_to
from tom_dataproducts.services.changing import change_datum, snapshot
from tom_dataproducts.services.removing import delete_reduced_data, restore_reduced_data
from tom_targets.models import BaseTarget
from tom_targets.policy import visible_to as targets_visible_to

UNITS = {
    "exposure_time": "s", "ra": "deg", "dec": "deg", "brightness": "mag, or as the unit says", "limit": "mag, or as the unit says",
}  # fmt: skip

register_history(DataProduct, parent="target", visible=lambda user: visible_to(user))
register_history(ReducedDatum, parent="target", visible=lambda user: data_visible_to(user), units=UNITS)
register_history(DataProductGroup, visible=lambda user: groups_visible_to(user))


def changeable_targets(user):
    return targets_visible_to(user, "change", BaseTarget.objects.all())


def changeable_products(user):
    return visible_to(user, "change")


def changeable_data(user):
    return data_visible_to(user, "change")


@undoes(ReducedDatum, "changed", may=changeable_data)
def change_back(*, actor, event):
    """What the columns said before, when they still say what the change made of them."""
    datum = object_of(event)
    now = snapshot(datum)
    touched = {**(event.before or {}), **(event.after or {})}
    if any(name not in now for name in touched):
        raise ConflictError("Arrays were changed, and history keeps no arrays.")
    was = refuse_if_changed(event, {name: now[name] for name in touched})
    columns = {name: content for name, content in was.items() if name != "value"}
    change_datum(datum=datum, changes={**columns, **({"value": was["value"]} if "value" in was else {})}, actor=actor)


@undoes(BaseTarget, "data deleted", may=changeable_targets)
@undoes(DataProduct, "data deleted", may=changeable_products)
def restore_data(*, actor, event):
    kept = (event.undo_data or {}).get("rows")
    if not kept:
        raise ConflictError("There was too much for the history to keep: it cannot be undone.")
    restore_reduced_data(kept=kept, actor=actor, obj=object_of(event))


@undoes(BaseTarget, "data added", may=changeable_targets)
@undoes(DataProduct, "data added", may=changeable_products)
def take_data_back(*, actor, event):
    """The rows that were added then go again, as far as they are there."""
    ranges = (event.undo_data or {}).get("keys")
    if not ranges:
        raise ConflictError("The history has not kept which rows these were: it cannot be undone.")
    obj = object_of(event)
    own = ReducedDatum.objects.filter(data_product=obj) if isinstance(obj, DataProduct) else ReducedDatum.objects.filter(target_id=obj.pk)
    own, gone = data_visible_to(actor, "change", own), 0
    for first, last in ranges:
        gone += delete_reduced_data(rows=own.filter(pk__gte=first, pk__lte=last), actor=actor)
    if not gone:
        raise ConflictError("None of these rows is there any more.")
