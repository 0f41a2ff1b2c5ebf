"""Places from which targets are observed: those of the setting, and those of the facilities that are installed above."""

from __future__ import annotations

from typing import Any

from django.apps import apps

from tom_common.conf import tom_settings

# Las Cumbres Observatory publishes these of its sites (latitude and longitude of the 1 m telescopes, height above the sea).
DEFAULT_SITES = [
    {"name": "Cerro Tololo", "latitude_deg": -30.167331, "longitude_deg": -70.804661, "elevation_m": 2198.0},
    {"name": "Teide", "latitude_deg": 28.300308, "longitude_deg": -16.511703, "elevation_m": 2330.0},
    {"name": "Siding Spring", "latitude_deg": -31.272932, "longitude_deg": 149.070648, "elevation_m": 1116.0},
]


def sites_tonight() -> list:
    """Sites of a target's plot of tonight: the setting VISIBILITY_SITES, else three that share out the night."""
    from tom_astro.visibility import Site

    return [Site(**entry) for entry in (tom_settings.VISIBILITY_SITES or DEFAULT_SITES)]


def _facilities() -> dict[str, dict[str, dict[str, Any]]]:
    """Sites of every facility: {facility: {site: {sitecode, latitude, longitude, elevation}}}; those that answer."""
    if not apps.is_installed("tom_observations"):
        return {}
    # The contract puts target selection by facility on this floor; the facilities stand on the next one.
    from tom_observations.facility import get_service_classes

    found = {}
    for name, facility in get_service_classes().items():
        try:
            sites = facility().get_observing_sites()
        except Exception:  # noqa: BLE001, S112  (a facility that is not configured has no sites to offer)
            continue
        sites = {site: place for site, place in (sites or {}).items() if place.get("latitude") is not None}
        if sites:
            found[name] = sites
    return found


def _general() -> dict[str, dict[str, Any]]:
    if not apps.is_installed("tom_observations"):
        return {}
    Facility = apps.get_model("tom_observations", "Facility")
    rows = Facility.objects.filter(location="ground", latitude__isnull=False, longitude__isnull=False)
    return {str(f): {"latitude": f.latitude, "longitude": f.longitude, "elevation": f.elevation or 0.0} for f in rows}


def choices() -> list[tuple[str, str]]:
    """Observatories as choices of a form."""
    names = [*_facilities(), *_general()] or [entry["name"] for entry in (tom_settings.VISIBILITY_SITES or DEFAULT_SITES)]
    return [(name, name) for name in dict.fromkeys(names)]


def sites_of(observatory: str) -> list:
    """Sites of the observatory that a person chose."""
    from tom_astro.visibility import Site

    places = _facilities().get(observatory)
    if places is None:
        general = _general()
        if observatory not in general:
            return [site for site in sites_tonight() if site.name == observatory]
        places = {observatory: general[observatory]}
    return [Site(n, float(p["latitude"]), float(p["longitude"]), float(p.get("elevation") or 0.0)) for n, p in places.items()]


def places() -> dict[str, Any]:
    """Every place that this TOM knows, by the name under which a form offers it: sites of the setting, of facilities, and entered ones."""
    from tom_astro.visibility import Site

    found = {site.name: site for site in sites_tonight()}
    known = {f"{facility}: {name}": place for facility, sites in _facilities().items() for name, place in sites.items()}
    for name, place in {**known, **_general()}.items():
        try:
            found.setdefault(name, Site(name, float(place["latitude"]), float(place["longitude"]), float(place.get("elevation") or 0.0)))
        except (KeyError, TypeError, ValueError):
            continue  # a facility that says where it is in other words
    return found
