"""What plugins this TOM has, and what is wrong with those that are left out: for its superusers."""

from __future__ import annotations

from typing import Any

from django.views.generic import TemplateView

from tom_common.mixins import SuperuserRequiredMixin
from tom_common.plugin_report import kinds_and_their_sources, rows


class PluginListView(SuperuserRequiredMixin, TemplateView):
    template_name = "tom_common/plugins.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = rows()
        kinds = [
            {"name": name, "source": source, "help": text, "rows": [row for row in found if row.kind == name and row.ok]}
            for name, source, text in kinds_and_their_sources()
        ]
        return super().get_context_data(broken=[row for row in found if not row.ok], kinds=kinds, **kwargs)
