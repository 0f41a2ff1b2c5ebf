"""Fills the port by which a target's page applies observation templates (`tom_targets.ports.observation_templates`)."""

from __future__ import annotations

from typing import Any


class ObservationTemplates:
    def form(self, target: Any) -> Any:
        from .observation_template import ApplyObservationTemplateForm

        return ApplyObservationTemplateForm(initial={"target": target})

    def address(self, target: Any, query: Any) -> str | None:
        from django.urls import reverse
        from django.utils.http import urlencode

        from .models import ObservationTemplate

        pk = query.get("observation_template", "")
        template = ObservationTemplate.objects.filter(pk=pk).first() if pk.isdecimal() and len(pk) < 19 else None
        if template is None:
            return None
        given = {key: query[key] for key in ("cadence_strategy", "cadence_frequency") if query.get(key)}
        asked = urlencode({"target_id": target.pk, "observation_template": template.pk, **given})
        return f"{reverse('observations:create', args=(template.facility,))}?{asked}"
