"""Keeping observing parameters under a name."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from tom_common.services.history import changed_fields, record_history

from ..models import ObservationTemplate
from .parameters import as_json


def save_template(*, name: str, facility: str, parameters: dict, template_id: int | None = None, actor: Any = None) -> ObservationTemplate:
    """A new template, or that of `template_id` with these values. ``ObservationTemplate.DoesNotExist`` when it is not there."""
    with transaction.atomic():
        template = ObservationTemplate() if template_id is None else ObservationTemplate.objects.get(pk=template_id)
        before = {} if template_id is None else _kept(template)
        template.name, template.facility, template.parameters = name, facility, as_json(parameters)
        template.save()
        before, after = changed_fields(before, _kept(template))
        if template_id is None:
            record_history(actor=actor, verb="create", obj=template, after=after, summary=name)
        elif after:
            record_history(actor=actor, verb="update", obj=template, before=before, after=after, summary=name)
    return template


def _kept(template: ObservationTemplate) -> dict[str, Any]:
    """What history keeps: each parameter by its name."""
    return {"name": template.name, "facility": template.facility, **{f"parameters: {key}": value for key, value in template.parameters.items()}}


def delete_template(*, actor: Any, template: ObservationTemplate) -> None:
    with transaction.atomic():
        record_history(actor=actor, verb="delete", obj=template, before=_kept(template), summary=template.name)
        template.delete()
