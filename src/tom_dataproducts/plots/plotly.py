"""The plots as Plotly figures (plain dicts; Plotly's Python package is not needed), for templates that expect them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .columns import LightCurve
from .formats import listed

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "pentagon")
OTHER_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#a0527f", "#a8730d", "#2aa5b8")


def _dates(mjd: Any) -> list[str]:
    import numpy as np

    return np.datetime_as_string(np.datetime64("1858-11-17", "us") + np.round(mjd * 86_400e6).astype("timedelta64[us]")).tolist()


def light_curve_figure(curve: LightCurve, colours: Mapping[str, str], modulus: float | None) -> tuple[list[dict], dict[str, dict]]:
    """Traces and axes: a trace for each series and one for its limits; with a distance modulus a second axis of absolute magnitude."""
    traces = []
    low, high = float("inf"), float("-inf")
    magnitudes = any(one.kind == "mag" for one in curve.series)
    for number, one in enumerate(curve.series):
        colour = colours.get(one.band) or one.colour or OTHER_COLOURS[number % len(OTHER_COLOURS)]
        right = magnitudes and one.kind != "mag"
        for limits, chosen in ((False, ~one.is_limit), (True, one.is_limit)):
            if not chosen.any():
                continue
            trace: dict[str, Any] = {
                "type": "scatter", "mode": "markers", "x": _dates(one.mjd[chosen]), "y": one.y[chosen].tolist(),
                "name": f"{one.label} non-detection" if limits else one.label,
                "marker": {"color": colour, "symbol": "triangle-down" if limits else SYMBOLS[one.symbol]},
            }  # fmt: skip
            if right:
                trace["yaxis"] = "y3"
            else:
                low, high = min(low, float(one.y[chosen].min())), max(high, float(one.y[chosen].max()))
            if limits:
                trace["opacity"] = 0.5
            else:
                trace["error_y"] = {"type": "data", "array": listed(one.error[chosen]), "visible": True}
            traces.append(trace)
    axes: dict[str, dict] = {"xaxis": {"title": {"text": "Date (UTC)"}}}
    if not magnitudes:
        return traces, axes | {"yaxis": {"title": {"text": "flux"}}}
    axes["yaxis"] = {"title": {"text": "magnitude"}, "autorange": "reversed"}
    if any(trace.get("yaxis") == "y3" for trace in traces):
        axes["yaxis3"] = {"title": {"text": "flux"}, "overlaying": "y", "side": "right", "showgrid": False}
    if modulus is not None and high >= low:
        seen = [high + 0.5, low - 0.5]
        axes["yaxis"] |= {"range": seen, "autorange": False}
        axes["yaxis2"] = {
            "title": {"text": "absolute magnitude"}, "overlaying": "y", "side": "right", "showgrid": False, "autorange": False,
            "range": [y - modulus for y in seen],
        }  # fmt: skip
        traces.append({"type": "scatter", "x": [], "y": [], "yaxis": "y2", "showlegend": False})
    return traces, axes


def spectra_figure(spectra: list[dict[str, Any]]) -> tuple[list[dict], dict[str, dict]]:
    """Traces and axes: a line for each spectrum."""
    traces = [{"type": "scatter", "mode": "lines", "x": one["wavelength"], "y": one["flux"], "name": one["name"]} for one in spectra]
    units = sorted({one["wavelength_unit"] for one in spectra}) or ["Angstrom"]
    return traces, {
        "xaxis": {"title": {"text": f"Wavelength ({', '.join(units)})"}},
        "yaxis": {"title": {"text": "Flux"}, "tickformat": ".1e"},
    }
