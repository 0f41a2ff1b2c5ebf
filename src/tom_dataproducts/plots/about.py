"""What plots need to know of a target: redshift, distance modulus, E(B-V)."""

from __future__ import annotations

import math
from typing import Any

REDSHIFT_NAMES = ("redshift", "z", "host_redshift")
COLOUR_EXCESS_NAMES = ("ebv", "e_bv", "e(b-v)", "mw_ebv", "ebv_mw")


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def numbers_of(target: Any) -> dict[str, Any]:
    """``redshift``, ``ebv`` (magnitudes), ``distance_modulus`` (magnitudes) and ``distance_from``, in words; None for what is not known.

    A field of the project's own target model comes before an extra of that name (upper or lower case). The modulus is that of the target's
    `distance` (pc), else that of the redshift in the Planck 2018 cosmology. One query.
    """
    extras = {}
    if getattr(target, "pk", None):
        for key, value, number in target.targetextra_set.values_list("key", "value", "float_value"):
            extras[key.lower()] = number if number is not None else value

    def first(names: tuple[str, ...]) -> float | None:
        found = (_number(getattr(target, name, None)) for name in names if name.isidentifier())
        return next((n for n in (*found, *(_number(extras.get(name)) for name in names)) if n is not None), None)

    redshift, ebv = first(REDSHIFT_NAMES), first(COLOUR_EXCESS_NAMES)
    modulus, source = None, ""
    distance = _number(getattr(target, "distance", None))
    if distance and distance > 0:
        modulus, source = 5.0 * math.log10(distance) - 5.0, f"distance {distance:g} pc"
    elif redshift is not None and redshift > 0:
        from tom_astro.cosmology import distance_modulus_of_redshift

        modulus, source = float(distance_modulus_of_redshift(redshift)), f"redshift {redshift:g}, Planck 2018 cosmology"
    return {"redshift": redshift, "ebv": ebv, "distance_modulus": modulus, "distance_from": source}
