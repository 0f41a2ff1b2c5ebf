"""What tom_targets shows on the home page."""

from __future__ import annotations

from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from tom_common.panels import Panel, register_panel

MOST_SITES = 6


def _when(mjd: float | None) -> Any:
    from tom_astro.times import mjd_to_datetime

    return None if mjd is None else mjd_to_datetime(mjd).replace(microsecond=0)


def tonight_sky(request: Any, obj: Any) -> dict[str, Any]:
    """Sun, twilight and Moon at the sites of this TOM in the night that is or that comes, and how dark it is there now."""
    from tom_astro.times import datetime_to_mjd
    from tom_astro.visibility import moon, night, sun_altitude
    from tom_targets.observatories import sites_tonight

    now = timezone.now().replace(second=0, microsecond=0)
    mjd = float(datetime_to_mjd(now))
    rows = []
    for site in sites_tonight()[:MOST_SITES]:
        this = night(site, mjd)
        if this.sunrise_mjd is not None and this.sunrise_mjd < mjd:
            this = night(site, this.next_noon_mjd + 0.01)
        above = float(sun_altitude(mjd, site))
        rows.append(
            {
                "site": site.name,
                "now": _light(above),
                "sun_deg": round(above),
                "sunset": _when(this.sunset_mjd),
                "dusk": _when(this.astronomical_dusk_mjd),
                "dawn": _when(this.astronomical_dawn_mjd),
                "sunrise": _when(this.sunrise_mjd),
                "dark_hours": round(this.dark_hours, 1),
                "moonrise": _when(this.moonrise_mjd),
                "moonset": _when(this.moonset_mjd),
            }
        )
    shown = moon(mjd)
    return {"sites": rows, "moon_percent": round(100 * float(shown.illumination)), "moon_phase": _phase(float(shown.phase)), "now": now}


def _light(sun_altitude_deg: float) -> tuple[str, str, str]:
    """(word, tone, icon) for how dark it is with the Sun at that altitude."""
    if sun_altitude_deg < -18:
        return "Night", "ok", "moon-stars"
    if sun_altitude_deg < -0.833:
        kind = "Astronomical" if sun_altitude_deg < -12 else "Nautical" if sun_altitude_deg < -6 else "Civil"
        return f"{kind} twilight", "info", "sunset"
    return "Day", "quiet", "sun"


def _phase(phase: float) -> str:
    """The Moon's phase in words: new, quarters and full within half a day of the moment, else what lies between."""
    near = 0.5 / 29.53
    for place, word in ((0.0, "new moon"), (0.25, "first quarter"), (0.5, "full moon"), (0.75, "last quarter"), (1.0, "new moon")):
        if abs(phase - place) <= near:
            return word
    return ("waxing crescent", "waxing gibbous", "waning gibbous", "waning crescent")[int(phase * 4) % 4]


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def getting_started(request: Any, obj: Any) -> dict[str, Any] | None:
    """The first steps in a TOM without targets; nothing once there is one."""
    from tom_targets.models import get_target_model_class

    if get_target_model_class().objects.exists():
        return None
    user = request.user
    steps = [
        ("plus-circle", "Create a target", "by hand, with name and coordinates", _address("targets:create")),
        ("upload", "Import targets", "from a CSV file", _address("targets:import")),
        ("search", "Look one up", "in Simbad, NED, the Minor Planet Center, TNS and others", _address("tom_catalogs:query")),
        ("broadcast", "Query an alert broker", "and make targets of its alerts", _address("tom_alerts:list")),
        ("cloud-download", "Query a data service", "by position or by name", _address("dataservices:query_list")),
    ]
    people = [("people", "Invite people", "make accounts and groups", _address("user-create"))] if user.is_superuser else []
    return {"steps": [step for step in [*steps, *people] if step[3]], "seed_url": _address("targets:seed")}


def _person(request: Any, obj: Any) -> bool:
    return bool(request.user.is_authenticated)


def latest_of_lists(request: Any, obj: Any) -> dict[str, Any] | None:
    """Lists of targets that the viewer may see and that got targets last."""
    from tom_targets.comment_rights import lists_seen_by

    lists = list(lists_seen_by(request.user).order_by("-modified", "-pk")[:6])
    return {"lists": lists} if lists else None


register_panel(
    "home",
    Panel(
        "getting-started",
        "Getting started",
        "tom_targets/home/getting_started.html",
        getting_started,
        order=1,
        lazy=False,
        visible=_person,
        icon="signpost",
    ),
)
register_panel("home", Panel("tonight", "Tonight's sky", "tom_targets/home/tonight.html", tonight_sky, order=15, icon="moon-stars"))
register_panel(
    "home",
    Panel("target-lists", "Target lists", "tom_targets/home/lists.html", latest_of_lists, order=60, visible=_person, icon="collection"),
)
