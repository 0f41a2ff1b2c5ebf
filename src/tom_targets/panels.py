"""Tabs and panels that this app puts on pages."""

from __future__ import annotations

from django.utils import timezone

from tom_common.panels import Panel, register_panel, register_tab

FIELD_DEG = 10.0 / 60.0
MOST_NEIGHBOURS = 50


def _fixed(request, target):
    return target.type == "SIDEREAL" and target.ra is not None and target.dec is not None


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
    """Targets of this TOM around a target, projected on the tangent plane: x to the west, y to the south, 0 to 200."""
    from tom_common.conf import tom_settings
    from tom_targets.models import BaseTarget
    from tom_targets.policy import visible_to
    from tom_targets.queries import cone

    near = cone(BaseTarget.objects.exclude(pk=target.pk), target.ra, target.dec, FIELD_DEG / 2.0 * 1.4143)
    rows = visible_to(request.user, "view", near).order_by("separation")[:MOST_NEIGHBOURS]
    points = [point for point in (_projected(target, row) for row in rows) if point is not None]
    return {
        "target": target,
        "neighbours": points,
        "field_arcmin": round(FIELD_DEG * 60.0),
        "hips_servers": list(tom_settings.TOM_HIPS_SERVERS or []),
    }


def _projected(centre, row):
    from math import cos, radians, sin

    d_ra, dec, dec0 = radians(row.ra - centre.ra), radians(row.dec), radians(centre.dec)
    depth = sin(dec0) * sin(dec) + cos(dec0) * cos(dec) * cos(d_ra)
    if depth <= 0:
        return None
    half = radians(FIELD_DEG / 2.0)
    xi = cos(dec) * sin(d_ra) / depth / half
    eta = (cos(dec0) * sin(dec) - sin(dec0) * cos(dec) * cos(d_ra)) / depth / half
    if abs(xi) > 1 or abs(eta) > 1:
        return None
    return {"target": row, "x": round(100 - 100 * xi, 2), "y": round(100 - 100 * eta, 2), "arcsec": round(row.separation * 3600, 1)}


register_tab(
    "target_detail", Panel("visibility", "Visibility", "tom_targets/panels/visibility.html", context=visibility, order=10, icon="moon-stars")
)
register_tab("target_detail", Panel("groups", "Manage Groups", "tom_targets/panels/groups.html", context=groups, order=60, icon="collection"))
register_panel("target_detail", Panel("finder", "Finder", "tom_targets/panels/finder.html", context=finder, order=50, visible=_fixed))


def latest_targets(request, obj):
    """The newest targets that the viewer sees."""
    from tom_targets.templatetags.targets_extras import recent_targets

    return recent_targets({"request": request, "user": request.user})


register_panel(
    "home",
    Panel("latest-targets", "Latest targets", "tom_targets/partials/recent_targets.html", context=latest_targets, order=10, lazy=False, icon="stars"),
)
