"""Keeping observing parameters under a name."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from tom_common.services.history import record_history

from ..models import ObservationTemplate
from .parameters import as_json


def save_template(*, name: str, facility: str, parameters: dict, template_id: int | None = None, actor: Any = None) -> ObservationTemplate:
    """A new template, or that of `template_id` with these values. ``ObservationTemplate.DoesNotExist`` when it is not there."""
    with transaction.atomic():
        template = ObservationTemplate() if template_id is None else ObservationTemplate.objects.get(pk=template_id)
        template.name, template.facility, template.parameters = name, facility, as_json(parameters)
        template.save()
        record_history(actor=actor, verb="create" if template_id is None else "update", obj=template, summary=name)
    return template


def delete_template(*, actor: Any, template: ObservationTemplate) -> None:
    with transaction.atomic():
        record_history(actor=actor, verb="delete", obj=template, summary=template.name)
        template.delete()
