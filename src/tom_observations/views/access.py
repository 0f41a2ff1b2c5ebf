"""The one answer that a hidden record and a missing one share."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404

from tom_common.permissions import deny
from tom_targets.models import get_target_model_class
from tom_targets.policy import get_or_deny

from .. import policy
from ..models import ObservationGroup, ObservationRecord


def record_or_deny(request, pk, action: str = "view", queryset=None) -> ObservationRecord:
    """The record; anonymous visitors are sent to login for one that they may not see, others get 404; 403 when only seen."""
    rows = ObservationRecord.objects.select_related("target", "user") if queryset is None else queryset
    record = policy.visible_to(request.user, action, rows.filter(pk=pk)).first()
    if record is not None:
        return record
    deny(request, seen=action != "view" and policy.visible_to(request.user, "view", ObservationRecord.objects.filter(pk=pk)).exists())
    raise Http404


def group_or_deny(request, pk, action: str = "view") -> ObservationGroup:
    group = policy.groups_visible_to(request.user, action, ObservationGroup.objects.filter(pk=pk)).first()
    if group is not None:
        return group
    deny(request, seen=policy.groups_visible_to(request.user, "view", ObservationGroup.objects.filter(pk=pk)).exists())
    raise Http404


def target_or_deny(request, raw):
    """The target of a query or form value; 404 for a value that is no number."""
    try:
        pk = int(raw)
        if not 0 < pk < 2**63:
            raise ValueError
    except (TypeError, ValueError):
        raise Http404("No target is named: the address needs target_id.") from None
    return get_or_deny(request, pk, "view", get_target_model_class().objects.all())


class LoginRequired:
    """Mixin: an anonymous visitor is sent to login, whatever is asked for."""

    def dispatch(self, request, *args, **kwargs):
        if not request.user.is_authenticated:
            deny(request, seen=False)
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)
