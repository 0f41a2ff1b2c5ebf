"""Pictures of light curves (PNG) for where no script runs: e-mail, feeds, browsers without scripts. Drawn by Pillow."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from .columns import LightCurve, Series

SCALE = 2
INK, GRID, GROUND = "#17212b", "#e3e8ed", "#ffffff"
MARGIN = (66, 16, 16, 46)
"""Left, top, right, bottom."""
ROUND = {"circle": 0, "square": 4, "diamond": 4, "triangle": 3, "pentagon": 5}
SYMBOLS = ("circle", "square", "diamond", "triangle", "cross", "pentagon")
OTHERS = ("#0072b2", "#d55e00", "#009e73", "#a0527f", "#a8730d", "#2aa5b8")


def light_curve_png(curve: LightCurve, *, title: str = "", width: int = 720, height: int = 420) -> bytes:
    """The light curve against MJD as PNG: magnitudes downwards, error bars, limits as arrows. Where there are magnitudes and fluxes, the kind
    with more points is drawn and the picture says so. Without points it says that there are none."""
    from PIL import Image, ImageDraw, ImageFont

    kinds = sorted({one.kind for one in curve.series}, key=lambda kind: -sum(len(s.mjd) for s in curve.series if s.kind == kind))
    series = [one for one in curve.series if one.kind == kinds[0]] if kinds else []
    picture = Image.new("RGB", (width * SCALE, height * SCALE), GROUND)
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(12 * SCALE)

    def write(x: float, y: float, text: str, anchor: str = "mm", fill: str = INK) -> None:
        draw.text((x * SCALE, y * SCALE), text, fill=fill, font=font, anchor=anchor)

    if not series:
        write(width / 2, height / 2, "No photometry")
        return _png(picture.resize((width, height), Image.Resampling.LANCZOS))
    legend = [(one, f"{one.label} {one.unit}".strip()) for one in series]
    rows = _wrapped(legend, lambda text: draw.textlength(text, font=font) / SCALE + 30, width - MARGIN[0] - MARGIN[2])
    left, top, right, bottom = MARGIN[0], MARGIN[1] + 18, width - MARGIN[2], height - MARGIN[3] - 18 * len(rows)
    x_low, x_high = _padded(min(float(s.mjd[0]) for s in series), max(float(s.mjd[-1]) for s in series), 0.03)
    reach = [_reach(one) for one in series]
    y_low, y_high = _padded(min(low for low, _ in reach), max(high for _, high in reach), 0.06)
    down = kinds[0] == "mag"

    def place(x: float, y: float) -> tuple[float, float]:
        part = (y - y_low) / (y_high - y_low)
        return left + (x - x_low) / (x_high - x_low) * (right - left), (top + part * (bottom - top)) if down else (
            bottom - part * (bottom - top)
        )

    for tick, text in _ticks(x_low, x_high, 6):
        x = place(tick, y_low)[0]
        draw.line([x * SCALE, top * SCALE, x * SCALE, bottom * SCALE], fill=GRID, width=SCALE)
        write(x, bottom + 10, text)
    for tick, text in _ticks(y_low, y_high, 6):
        y = place(x_low, tick)[1]
        draw.line([left * SCALE, y * SCALE, right * SCALE, y * SCALE], fill=GRID, width=SCALE)
        write(left - 6, y, text, "rm")
    draw.rectangle([left * SCALE, top * SCALE, right * SCALE, bottom * SCALE], outline="#8593a1", width=SCALE)
    write(left, MARGIN[1], title[:80] + (f"  (only {'magnitudes' if down else 'fluxes'})" if len(kinds) > 1 else ""), "lm")
    write((left + right) / 2, bottom + 28, "MJD (UTC)")
    write(left, top - 4, "magnitude" if down else "flux", "lb", "#4c5966") if not title else None
    for number, one in enumerate(series):
        colour = one.colour or OTHERS[number % len(OTHERS)]
        for mjd, y, error, limit in zip(one.mjd.tolist(), one.y.tolist(), one.error.tolist(), one.is_limit.tolist(), strict=True):
            at = place(mjd, y)
            if limit:
                _arrow(draw, *at, colour)
                continue
            if error > 0:
                low, high = place(mjd, max(y - error, y_low))[1], place(mjd, min(y + error, y_high))[1]
                draw.line([at[0] * SCALE, low * SCALE, at[0] * SCALE, high * SCALE], fill=colour, width=SCALE)
            _mark(draw, *at, SYMBOLS[one.symbol], colour)
    for line, row in enumerate(rows):
        for x, (one, text) in row:
            y = bottom + 48 + 18 * line
            _mark(draw, left + x + 6, y, SYMBOLS[one.symbol], one.colour or OTHERS[series.index(one) % len(OTHERS)])
            write(left + x + 16, y, text, "lm")
    return _png(picture.resize((width, height), Image.Resampling.LANCZOS))


def _png(picture: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, format="PNG", optimize=True)
    return out.getvalue()


def _wrapped(entries: list, width_of: Any, room: float) -> list[list]:
    rows: list[list] = [[]]
    x = 0.0
    for entry in entries[:24]:
        wide = width_of(entry[1])
        if rows[-1] and x + wide > room:
            rows.append([])
            x = 0.0
        rows[-1].append((x, entry))
        x += wide
    return rows


def _reach(one: Series) -> tuple[float, float]:
    import numpy as np

    error = np.where(np.isfinite(one.error) & ~one.is_limit, one.error, 0.0)
    return float((one.y - error).min()), float((one.y + error).max())


def _padded(low: float, high: float, part: float) -> tuple[float, float]:
    pad = (high - low) * part or max(abs(high) * 0.1, 0.5)
    return low - pad, high + pad


def _ticks(low: float, high: float, wanted: int) -> Iterable[tuple[float, str]]:
    raw = (high - low) / wanted
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * k for k in (1, 2, 5, 10) if size * k >= raw)
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    count = int(math.floor(high / step) - math.ceil(low / step)) + 1
    for k in range(count):
        tick = (math.ceil(low / step) + k) * step
        yield tick, f"{tick:.{places}f}" if 1e-4 < step < 1e7 else f"{tick:.2g}"


def _arrow(draw: Any, x: float, y: float, colour: str) -> None:
    lines = [(x - 4, y, x + 4, y), (x, y, x, y + 10), (x - 3, y + 6, x, y + 10), (x + 3, y + 6, x, y + 10)]
    for line in lines:
        draw.line([SCALE * value for value in line], fill=colour, width=SCALE)


def _mark(draw: Any, x: float, y: float, symbol: str, colour: str, size: float = 3.2) -> None:
    x, y, size = x * SCALE, y * SCALE, size * SCALE
    if symbol == "cross":
        draw.line([x - size, y - size, x + size, y + size], fill=colour, width=SCALE + 1)
        draw.line([x - size, y + size, x + size, y - size], fill=colour, width=SCALE + 1)
    elif symbol == "circle":
        draw.ellipse([x - size, y - size, x + size, y + size], fill=colour)
    else:
        turn = 45 if symbol == "diamond" else 0
        draw.regular_polygon((x, y, size * 1.3), ROUND[symbol], rotation=turn, fill=colour)


def sparkline_png(
    points: Iterable[tuple[datetime, str, float | None, float | None, str]],
    *,
    height: int,
    spacing: int = 5,
    days: int = 32,
    colours: Mapping[str, Any] | None = None,
    limit_y: bool = True,
) -> bytes | None:
    """A small transparent picture of the last `days` of photometry, `spacing` pixels a day, up to the newest point.

    `points` are (time, band, brightness, limit, unit); what is neither a brightness nor a limit is passed over. The frame holds the detections
    (`limit_y`) or all points; without detections that of the limits. Zero and negative values are numbers as others. None without any point.
    """
    from PIL import Image, ImageColor, ImageDraw

    from tom_astro.bands import band
    from tom_dataproducts.units import is_magnitude

    good = [
        (when, name, value, is_limit, is_magnitude(unit))
        for when, name, brightness, limit, unit in points
        for value, is_limit in [(brightness, False) if brightness is not None else (limit, True)]
        if value is not None and math.isfinite(value)
    ]
    if not good:
        return None
    # magnitudes and fluxes have no common axis: the kind of the newest point is drawn
    newest, *_, magnitudes = max(good, key=lambda one: one[0])
    good = [one for one in good if one[4] == magnitudes]
    detections = [one[2] for one in good if not one[3]]
    framed = detections if limit_y and detections else [one[2] for one in good]
    low, high = min(framed), max(framed)
    width, height = max(2, (days + 1) * spacing), max(8, height)
    picture = Image.new("RGBA", (width, height), (255, 255, 255, 0))
    draw = ImageDraw.Draw(picture)

    def place(when: datetime, value: float) -> tuple[float, float]:
        part = 0.5 if high == low else (value - low) / (high - low)
        x = width - 3 - (newest - when).total_seconds() / 86400 * spacing
        return x, 2 + (part if magnitudes else 1 - part) * (height - 5)

    def colour_of(name: str) -> Any:
        chosen = (colours or {}).get(name) or band(name or "?").colour
        try:
            return tuple(chosen) if isinstance(chosen, (list, tuple)) else ImageColor.getrgb(chosen)
        except ValueError:
            return ImageColor.getrgb(band(name or "?").colour)

    lines: dict[str, list] = {}
    for when, name, value, is_limit, _ in sorted(good, key=lambda one: one[0]):
        x, y = place(when, value)
        if is_limit:
            if -1 <= y <= height:
                draw.line([x - 1, y, x + 1, y], fill=colour_of(name))
        else:
            lines.setdefault(name, []).append((x, y))
    for name, places in lines.items():
        colour = colour_of(name)
        if len(places) > 1:
            draw.line(places, fill=colour, width=1)
        for x, y in places:
            draw.ellipse([x - 1, y - 1, x + 1, y + 1], fill=colour)
    return _png(picture)
