"""What tom_observations shows on the home page."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.utils import timezone

from tom_common.panels import Panel, register_panel

NEWEST = 500
SHOWN = 6


def my_observations(request: Any, obj: Any) -> dict[str, Any] | None:
    """The states of the viewer's newest requests, what runs or comes next, and what was asked last. Two queries."""
    from tom_observations.policy import visible_to

    own = visible_to(request.user).filter(user_id=request.user.pk).order_by("-created", "-pk")
    rows = list(own.values("pk", "status", "facility", "scheduled_start", "scheduled_end", "created", "target__name")[:NEWEST])
    if not rows:
        return None
    now = timezone.now()
    states = Counter(row["status"] for row in rows)
    planned = [row for row in rows if row["scheduled_end"] and row["scheduled_end"] >= now and row["scheduled_start"]]
    planned.sort(key=lambda row: row["scheduled_start"])
    for row in planned:
        row["is_running"] = row["scheduled_start"] <= now
    return {
        "states": states.most_common(),
        "is_capped": len(rows) == NEWEST,
        "newest": NEWEST,
        "planned": planned[:SHOWN],
        "latest": rows[:SHOWN],
    }


register_panel(
    "home",
    Panel(
        "observations",
        "My observations",
        "tom_observations/home/my_observations.html",
        my_observations,
        order=20,
        visible=lambda request, obj: request.user.is_authenticated,
        icon="binoculars",
    ),
)
