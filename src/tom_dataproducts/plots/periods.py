"""Periods of a light curve: the generalised Lomb-Scargle periodogram (Zechmeister & Kuerster 2009, A&A 496, 577) as astropy computes it.

A constant is fitted along with each sine. False alarms are counted as Baluev 2008 (MNRAS 385, 1279) does: the chance that noise alone, white
and normal, makes a peak as high anywhere in the range of frequencies searched.
"""

from __future__ import annotations

from typing import Any

from tom_common.errors import InvalidInputError

from .columns import LightCurve, Series
from .thinning import peaks_kept

MOST_POINTS = 20_000
MOST_FREQUENCIES = 200_000
LEAST_POINTS = 8
SAMPLES_A_PEAK = 5
SHORTEST_DAYS = 0.05
DRAWN = 4000
PEAKS = 5
CHANCES = (0.1, 0.01, 0.001)
ALL = "all"
"""All series of one kind together, each with its own mean taken off."""


def periodogram(
    curve: LightCurve, *, series: str = "", shortest: float | None = None, longest: float | None = None, seed: int = 1
) -> dict[str, Any]:
    """The periodogram of one series (by its label; by default that of most detections) or of ALL.

    Parameters
    ----------
    shortest, longest : float, optional
        Periods in days. By default from SHORTEST_DAYS to the length of the light curve; where that makes more than MOST_FREQUENCIES
        frequencies (SAMPLES_A_PEAK to a peak), the shortest period is made longer.

    Returns
    -------
    dict
        ``period`` (days, descending) and ``power`` (0 to 1) to draw, thinned to DRAWN points without losing a peak; ``peaks``: the highest,
        best first, each with period, power and false_alarm_probability; ``levels``: the power that noise passes with that probability;
        ``shortest``, ``longest``, ``frequencies``, ``points``, ``points_in_all``, ``series``, ``choices``.

    Raises
    ------
    InvalidInputError
        Too few points, or periods that leave nothing to search.
    """
    import numpy as np

    detections = {one.label: int((~one.is_limit).sum()) for one in curve.series}
    choices = [{"label": label, "points": count} for label, count in detections.items() if count >= LEAST_POINTS]
    if not choices:
        raise InvalidInputError(
            f"A periodogram needs {LEAST_POINTS} detections in one series; there are {max(detections.values(), default=0)} at most."
        )
    label = series or max(choices, key=lambda one: one["points"])["label"]
    if label != ALL and label not in detections:
        raise InvalidInputError(f"There is no series {label!r}; there are {', '.join(detections)}.")
    time, y, error = _points([one for one in curve.series if label in (ALL, one.label)])
    if len(time) < LEAST_POINTS or time[-1] == time[0]:
        raise InvalidInputError(f"A periodogram needs {LEAST_POINTS} detections at different times; {label} has {len(time)}.")
    in_all = len(time)
    if in_all > MOST_POINTS:
        chosen = np.sort(np.random.default_rng(seed).choice(in_all, MOST_POINTS, replace=False))
        time, y, error = time[chosen], y[chosen], None if error is None else error[chosen]
    span = float(time[-1] - time[0])
    longest = span if longest is None else longest
    shortest = min(SHORTEST_DAYS, longest / 10) if shortest is None else shortest
    if not 0 < shortest < longest:
        raise InvalidInputError("The shortest period must be more than 0 and less than the longest.")
    step = 1.0 / (SAMPLES_A_PEAK * span)
    lowest = 1.0 / longest
    count = min(MOST_FREQUENCIES, int((1.0 / shortest - lowest) / step) + 2)
    return {"series": label, "choices": choices, "points": len(time), "points_in_all": in_all} | _search(
        time - time[0], y, error, lowest + step * np.arange(count), step
    )


def _points(series: list[Series]) -> tuple[Any, Any, Any]:
    """Times, values about the mean of their series, errors (None where some are missing), in order of time; of one kind and unit."""
    import numpy as np

    main = max(series, key=lambda one: int((~one.is_limit).sum()))
    series = [one for one in series if (one.kind, one.to_ujy) == (main.kind, main.to_ujy) and (~one.is_limit).any()]
    seen = [~one.is_limit for one in series]
    time = np.concatenate([one.mjd[k] for one, k in zip(series, seen, strict=True)])
    y = np.concatenate([one.y[k] - one.y[k].mean() for one, k in zip(series, seen, strict=True)])
    error = np.concatenate([one.error[k] for one, k in zip(series, seen, strict=True)])
    order = np.argsort(time, kind="stable")
    return time[order], y[order], error[order] if np.all(error > 0) else None


def _search(time: Any, y: Any, error: Any, frequency: Any, step: float) -> dict[str, Any]:
    import numpy as np
    from astropy.timeseries import LombScargle

    search = LombScargle(time, y, error)
    method = "fast" if len(frequency) > 200 else "slow"
    with np.errstate(divide="ignore", invalid="ignore"):  # evenly spaced times: some frequencies cannot be told apart from a constant
        power = np.nan_to_num(search.power(frequency, method=method, assume_regular_frequency=True), posinf=0.0, neginf=0.0).clip(0.0, 1.0)
    top = float(frequency[-1])

    def chance(height: float) -> float:
        return float(search.false_alarm_probability(min(max(height, 0.0), 1.0), method="baluev", maximum_frequency=top))

    drawn = peaks_kept(frequency, power, bins=DRAWN)
    inner = np.flatnonzero((power[1:-1] > power[:-2]) & (power[1:-1] >= power[2:])) + 1
    peaks: list[dict[str, float]] = []
    for place in inner[np.argsort(power[inner])[::-1]]:
        if len(peaks) == PEAKS:
            break
        if any(abs(frequency[place] - 1.0 / one["period"]) < 2 * SAMPLES_A_PEAK * step for one in peaks):
            continue
        near = frequency[place] + step * np.linspace(-1, 1, 101)
        with np.errstate(divide="ignore", invalid="ignore"):
            heights = np.nan_to_num(search.power(near[near > 0], method="slow"), posinf=0.0, neginf=0.0).clip(0.0, 1.0)
        best = int(np.argmax(heights))
        peaks.append(
            {
                "period": float(1.0 / near[near > 0][best]),
                "power": float(heights[best]),
                "false_alarm_probability": chance(float(heights[best])),
            }
        )
    levels = [
        {"false_alarm_probability": p, "power": float(search.false_alarm_level(p, method="baluev", maximum_frequency=top))} for p in CHANCES
    ]
    return {
        "period": (1.0 / frequency[drawn]).tolist(),
        "power": power[drawn].round(6).tolist(),
        "peaks": sorted(peaks, key=lambda one: -one["power"]),
        "levels": levels,
        "shortest": float(1.0 / top),
        "longest": float(1.0 / frequency[0]),
        "frequencies": len(frequency),
    }
