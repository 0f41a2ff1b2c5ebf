"""To whom an observation is open and why: `policy`, told for one record. Both must agree; a test asks them of every user and record."""

from __future__ import annotations

from django.contrib.contenttypes.models import ContentType

from tom_common.access import ACTIONS, USER, Given, narrowed, object_rights, on_the_model, superusers
from tom_common.conf import tom_settings
from tom_targets.access import rights_on

from .models import ObservationRecord

OF_TARGET = "of the target: "


def grants_of(record: ObservationRecord) -> list[Given]:
    """What the target gives, the rights on the record, who requested it: a fixed number of queries."""
    of_target, own = rights_on(record.target), object_rights(ContentType.objects.get_for_model(ObservationRecord), record.pk)
    by_target_only = bool(tom_settings.TARGET_PERMISSIONS_ONLY)
    found: list[Given] = []
    if record.user_id:
        found += [Given(USER, record.user_id, action, "requested the observation", visitors=False) for action in ACTIONS]
    if by_target_only:
        found += narrowed(of_target, OF_TARGET, source="view")
    else:
        found += narrowed(own, source="view")
    for action in ("change", "delete"):
        found += narrowed(of_target, OF_TARGET, source=action, visitors=False) + narrowed(own, source=action, visitors=False)
    return [*found, *narrowed(on_the_model({"tom_observations"}, "observationrecord"), visitors=False), *superusers()]
