"""Asking every facility for the states of what is not finished."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib.auth import get_user_model

from tom_targets.models import BaseTarget

from ..facility import get_service_classes

logger = logging.getLogger(__name__)


def update_statuses(*, target_id: int | None = None, user_id: int | None = None) -> dict[str, list]:
    """By facility, the observations that could not be updated and why; facilities that report nothing by themselves are passed over.

    ``BaseTarget.DoesNotExist`` / ``User.DoesNotExist`` for what is not there.
    """
    target = BaseTarget.objects.get(pk=target_id) if target_id is not None else None
    user = get_user_model().objects.get(pk=user_id) if user_id is not None else None
    failed: dict[str, list] = {}
    for name, facility_class in get_service_classes().items():
        try:
            facility: Any = facility_class()
            if not hasattr(facility, "update_all_observation_statuses"):
                continue
            if user is not None:
                facility.set_user(user)
            rows = facility.update_all_observation_statuses(target=target)
        except Exception as error:  # one facility's trouble must not keep the others from being updated
            logger.exception("the statuses at %s could not be updated", name)
            rows = [("", str(error))]
        if rows:
            failed[name] = [list(row) if isinstance(row, tuple | list) else [str(row), ""] for row in rows]
    return failed
