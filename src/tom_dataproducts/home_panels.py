"""What tom_dataproducts shows on the home page."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Max

from tom_common.panels import Panel, register_panel
from tom_dataproducts import policy
from tom_dataproducts.models import DataProduct, ReducedDatum

# Only so many of the newest rows are looked at, whatever the size of the tables.
NEWEST = 2000
SHOWN = 6


def latest_data(request: Any, obj: Any) -> dict[str, Any] | None:
    """Targets that got measurements last, and the newest files, among what the viewer may see."""
    last = ReducedDatum.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    seen = policy.data_visible_to(request.user, "view", ReducedDatum.objects.filter(pk__gt=last - NEWEST))
    grouped = (
        seen.order_by()
        .values("target_id", "target__name", "data_type")
        .annotate(number=Count("pk"), newest=Max("timestamp"), last=Max("pk"))
    )
    last_file = DataProduct.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    files = (
        policy.visible_to(request.user, "view", DataProduct.objects.filter(pk__gt=last_file - NEWEST))
        .select_related("target")
        .order_by("-pk")
    )
    data, products = list(grouped.order_by("-last")[:SHOWN]), list(files[:SHOWN])
    return {"data": data, "products": products} if data or products else None


register_panel(
    "home", Panel("latest-data", "Latest data", "tom_dataproducts/home/latest_data.html", latest_data, order=30, icon="graph-up")
)
