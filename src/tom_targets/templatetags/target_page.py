"""Tags of our own target pages: tabs, panels, map projection."""

from __future__ import annotations

import functools
import math

from django import template
from django.apps import apps
from django.template import engines
from django.utils.safestring import mark_safe

from tom_common.panels import panels_for, render_panel, tabs_for

register = template.Library()


@register.simple_tag(takes_context=True)
def target_tabs(context):
    """Tabs of the page that this viewer may see; also sets `active_tab`."""
    tabs = tabs_for("target_detail", context["request"], context["target"])
    wanted = context["request"].GET.get("tab", "")
    slugs = [tab.slug for tab in tabs]
    context["active_tab"] = wanted if wanted in slugs else (slugs[0] if slugs else "")
    return tabs


@register.inclusion_tag("tom_targets/partials/card.html", takes_context=True)
def target_card(context, panel):
    """A card of the left column; nothing when it has nothing to show."""
    return {"panel": panel, "html": render_panel(panel, context["request"], context["target"])}


@register.simple_tag(takes_context=True)
def target_panels(context):
    """Cards in the left column."""
    return panels_for("target_detail", context["request"], context["target"])


@register.simple_tag(takes_context=True)
def target_facts(context):
    """One-line facts in the header (how bright, seen when), which upper floors register for the page `target_header`."""
    return panels_for("target_header", context["request"], context["target"])


def mollweide(ra: float, dec: float) -> tuple[float, float]:
    """Place on an ellipse of 360 by 180, RA 0 in the middle and growing to the left, y down."""
    lon, lat = math.radians((ra + 180.0) % 360.0 - 180.0), math.radians(dec)
    theta = lat
    if abs(dec) < 89.99:
        for _ in range(20):
            step = (2 * theta + math.sin(2 * theta) - math.pi * math.sin(lat)) / (2 + 2 * math.cos(2 * theta))
            theta -= step
            if abs(step) < 1e-7:
                break
    return round(-180.0 * lon / math.pi * math.cos(theta), 2), round(-90.0 * math.sin(theta), 2)


@register.simple_tag
def skymap_xy(ra, dec):
    x, y = mollweide(float(ra), float(dec))
    return {"x": x, "y": y}


@register.simple_tag
@functools.cache
def skymap_grid():
    """Meridians and parallels as the points of SVG polylines."""
    lines = [[mollweide(ra, dec) for dec in range(-90, 91, 10)] for ra in (-179.99, -120, -60, 0, 60, 120, 180)]
    lines += [[mollweide(ra, dec) for ra in (-179.99, *range(-170, 171, 10), 179.99)] for dec in (-60, -30, 0, 30, 60)]
    return [" ".join(f"{x},{y}" for x, y in line) for line in lines]


@register.simple_tag(takes_context=True)
def observation_table(context, target):
    """The observations of a target, as the app of observations shows them."""
    if not apps.is_installed("tom_observations"):
        return ""
    source = "{% load observation_extras %}{% observation_list target %}"
    request = context.get("request")
    return mark_safe(engines["django"].from_string(source).render({"target": target, "object": target}, request))  # noqa: S308




@register.simple_tag
def comment_form_for(obj):
    """An unbound comment form about `obj`, or None where comments are not installed."""
    if not apps.is_installed("django_comments"):
        return None
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's form is older than Django's change of URL fields
        from django_comments import get_form

        form = get_form()
    return form(obj)


SECTIONS = (
    ("What it is", ("name", "type", "scheme")),
    ("Where it is", ("ra", "dec", "epoch", "galactic_lng", "galactic_lat")),
    ("Motion and distance", ("pm_ra", "pm_dec", "parallax", "distance", "distance_err")),
    (
        "Orbit",
        (
            "epoch_of_elements", "eccentricity", "inclination", "lng_asc_node", "arg_of_perihelion", "mean_anomaly", "semimajor_axis",
            "perihdist", "epoch_of_perihelion", "mean_daily_motion",
        ),
    ),
    ("Brightness", ("abs_mag", "slope")),
    ("Ephemeris", ("ephemeris_period", "ephemeris_period_err", "ephemeris_epoch", "ephemeris_epoch_err")),
)  # fmt: skip


@register.simple_tag
def form_sections(form):
    """(title, bound fields) of a form of targets, in the order in which one fills them in; what a project adds stands under "More"."""
    placed = {name for _, names in SECTIONS for name in names} | {"permissions", "groups"}
    found = [(title, [form[name] for name in names if name in form.fields]) for title, names in SECTIONS]
    found.append(("More", [form[name] for name in form.fields if name not in placed]))
    found.append(("Who sees it", [form["permissions"]] if "permissions" in form.fields else []))
    return [(title, fields) for title, fields in found if fields]


@register.filter
def unit_of(name):
    """The unit of a column of targets, "" where it has none."""
    from tom_targets.history import UNITS

    return UNITS.get(name, "")


@register.simple_tag
def galactic_of(target):
    """Galactic longitude and latitude in degrees as texts, computed where the target has a place and does not state them."""
    if target.ra is None or target.dec is None or target.galactic_lng is not None or target.galactic_lat is not None:
        return None
    from tom_astro.coords import icrs_to_galactic

    lng, lat = icrs_to_galactic(target.ra, target.dec)
    return {"lng": f"{float(lng):.5f}", "lat": f"{float(lat):+.5f}"}
