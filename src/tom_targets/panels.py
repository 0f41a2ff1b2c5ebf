"""Tabs and panels that this app puts on pages."""

from __future__ import annotations

from django.utils import timezone

from tom_common.panels import Panel, register_panel, register_tab

FIELD_ARCMIN = 10.0
NEARBY_DEG = 0.5
MOST_NEARBY = 10


def _placed(request, target):
    return target.eccentricity is not None if target.type == "NON_SIDEREAL" else target.ra is not None and target.dec is not None


def visibility(request, target):
    """Tonight at the sites, the distance of the Moon, and a form for another window."""
    from tom_targets.observatories import sites_tonight
    from tom_targets.visibility import motion_now, tonight

    now = timezone.now()
    shown = tonight(target, sites_tonight(), now)
    motion = motion_now(target, now) if shown and target.type == "NON_SIDEREAL" else None
    return {"target": target, "tonight": shown or None, "motion": motion, "own_plots": True}


def groups(request, target):
    """Lists that hold the target."""
    return {"target": target}


def finder(request, target):
    """The chart around the target: targets of this TOM, and stars where they were fetched."""
    from tom_common.conf import tom_settings
    from tom_targets.finder import chart

    found = chart(request.user, target, timezone.now(), FIELD_ARCMIN)
    if found is None:
        return None
    return {**found, "target": target, "hips_servers": list(tom_settings.TOM_HIPS_SERVERS or [])}


def nearby(request, target):
    """Other targets within half a degree, with separation and position angle."""
    from tom_targets.finder import nearby as around

    found = around(request.user, target, timezone.now(), NEARBY_DEG, MOST_NEARBY + 1)
    if found is None:
        return None
    return {
        "target": target,
        "nearby": found[:MOST_NEARBY],
        "more": len(found) > MOST_NEARBY,
        "radius_arcmin": round(NEARBY_DEG * 60),
        "radius_deg": NEARBY_DEG,
    }


register_tab(
    "target_detail",
    Panel("visibility", "Visibility", "tom_targets/panels/visibility.html", context=visibility, order=10, icon="moon-stars"),
)


def may_change(request, target):
    from tom_targets.policy import can

    if not request.user.is_authenticated:
        return False
    known = getattr(request, "target_actions", {}).get(target.pk)  # what the header of this page asked already
    return can(request.user, "change", target) if known is None else "change" in known


def access(request, target):
    """Who may see, change and delete the target, and why."""
    from django.urls import reverse

    from tom_common.access import explain

    return {"target": target, "explanation": explain(target, request.user), "update_url": reverse("targets:rights", args=[target.pk])}


register_tab(
    "target_detail", Panel("groups", "Manage Groups", "tom_targets/panels/groups.html", context=groups, order=60, icon="collection")
)
register_tab(
    "target_detail", Panel("access", "Access", "tom_targets/panels/access.html", context=access, order=90, visible=may_change, icon="key")
)
register_panel("target_detail", Panel("finder", "Finder", "tom_targets/panels/finder.html", context=finder, order=50, visible=_placed))
register_panel(
    "target_detail", Panel("nearby", "Nearby targets", "tom_targets/panels/nearby.html", context=nearby, order=55, visible=_placed)
)


def latest_targets(request, obj):
    """The newest targets that the viewer sees."""
    from tom_targets.templatetags.targets_extras import recent_targets

    return recent_targets({"request": request, "user": request.user})


register_panel(
    "home",
    Panel(
        "latest-targets",
        "Latest targets",
        "tom_targets/partials/recent_targets.html",
        context=latest_targets,
        order=10,
        lazy=False,
        icon="stars",
    ),
)

import tom_targets.home_panels  # noqa: E402, F401  (it registers)


def history(request, target):
    """Who did what with the target, and with what belongs to it."""
    from tom_common.history_page import history_panel

    return history_panel(request, target)


register_tab(
    "target_detail", Panel("history", "History", "tom_common/partials/history_panel.html", context=history, order=90, icon="clock-history")
)
