"""What units of measurements mean."""

MAGNITUDE_SYSTEMS = {"", "ab", "vega", "st", "landolt", "bessell", "asinh"}


def is_magnitude(unit: str) -> bool:
    """Whether a brightness of this unit is a magnitude: "AB" and "AB mag" alike; without a unit it is one."""
    return "mag" in unit.lower() or unit.strip().lower() in MAGNITUDE_SYSTEMS
