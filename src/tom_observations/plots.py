"""Small drawings as SVG: no script, no library, the same for paper, phone and dome. Colours are the classes of ``css/main.css``."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 900, 320, 48, 34, 12, 12
SERIES = 8


def airmass_plot(visibility: dict[str, tuple[Sequence[datetime], Sequence[float | None]]]) -> SafeString:
    """Airmass downward over UTC, one line for each site, broken where the target is not up in the dark."""
    curves = {label: (times, values) for label, (times, values) in visibility.items() if any(value is not None for value in values)}
    if not curves:
        return SafeString("")
    times = next(iter(curves.values()))[0]
    start, end = times[0], times[-1]
    span_s = max((end - start).total_seconds(), 1.0)
    worst = min(max(value for _, values in curves.values() for value in values if value is not None), 10.0)
    worst = max(math.ceil(worst * 2) / 2, 1.5)

    def x(moment: datetime) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (moment - start).total_seconds() / span_s

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (value - 1.0) / (worst - 1.0)

    step = 0.5 if worst <= 4 else 1.0
    grid = format_html_join(
        "",
        '<line class="obs-grid" x1="{}" x2="{}" y1="{}" y2="{}"/><text class="obs-label" x="{}" y="{}" text-anchor="end">{}</text>',
        (
            (LEFT, WIDTH - RIGHT, f"{y(value):.1f}", f"{y(value):.1f}", LEFT - 6, f"{y(value) + 4:.1f}", f"{value:g}")
            for value in [1.0 + step * k for k in range(int((worst - 1.0) / step) + 1)]
        ),
    )
    hours = format_html_join(
        "",
        '<line class="obs-grid" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/><text class="obs-label" x="{0}" y="{3}" text-anchor="middle">{4}</text>',
        (
            (f"{x(moment):.1f}", TOP, HEIGHT - BOTTOM, HEIGHT - 14, moment.strftime("%d %b %H:%M"))
            for moment in _ticks(start, end)
            if x(moment) < WIDTH - 45
        ),
    )
    lines, legend = [], []
    for number, (label, (moments, values)) in enumerate(curves.items()):
        kind = number % SERIES + 1
        best = min((value, moment) for moment, value in zip(moments, values, strict=True) if value is not None)
        for piece in _pieces(moments, values):
            points = " ".join(f"{x(moment):.1f},{y(value):.1f}" for moment, value in piece)
            lines.append(
                format_html('<polyline class="obs-line obs-series-{}" points="{}"><title>{}</title></polyline>', kind, points, label)
                if len(piece) > 1
                else format_html('<circle class="obs-dot obs-series-{}" r="3" cx="{}" cy="{}"/>', kind, *points.split(","))
            )
        legend.append((kind, label, f"{best[0]:.2f}", best[1].strftime("%Y-%m-%d %H:%M")))
    return format_html(
        '<figure class="obs-figure"><svg viewBox="0 0 {} {}" role="img" aria-label="Airmass over time (UTC) at {} sites">{}{}{}'
        '<text class="obs-label" x="{}" y="{}">airmass</text></svg><figcaption class="obs-legend">{}</figcaption></figure>',
        WIDTH,
        HEIGHT,
        len(curves),
        grid,
        hours,
        format_html_join("", "{}", ((line,) for line in lines)),
        LEFT + 6,
        TOP + 12,
        format_html_join("", '<span class="obs-key"><i class="obs-swatch obs-series-{}"></i>{}: best {} at {} UTC</span>', legend),
    )


def _ticks(start: datetime, end: datetime) -> list[datetime]:
    from datetime import timedelta

    hours = (end - start).total_seconds() / 3600
    step = next((step for step in (1, 2, 3, 6, 12, 24, 48, 96, 240) if hours / step <= 8), 480)
    first = start.replace(minute=0, second=0, microsecond=0)
    first -= timedelta(hours=first.hour % min(step, 24))
    found = []
    while first <= end:
        if first >= start:
            found.append(first)
        first += timedelta(hours=step)
    return found


def _pieces(moments, values):
    piece: list = []
    for moment, value in zip(moments, values, strict=True):
        if value is None:
            if piece:
                yield piece
            piece = []
        else:
            piece.append((moment, value))
    if piece:
        yield piece


def mollweide(longitude_deg: float, latitude_deg: float) -> tuple[float, float]:
    """Place on the unit ellipse (x -2..2, y -1..1, both positive to the right and up) of a longitude of -180..180 and a latitude."""
    latitude = math.radians(latitude_deg)
    theta = latitude
    if abs(latitude_deg) < 89.99:
        for _ in range(20):
            change = (2 * theta + math.sin(2 * theta) - math.pi * math.sin(latitude)) / (2 + 2 * math.cos(2 * theta))
            theta -= change
            if abs(change) < 1e-6:
                break
    else:
        theta = math.copysign(math.pi / 2, latitude)
    return 2 * longitude_deg / 180 * math.cos(theta), math.sin(theta)


def sky_map(points: Iterable[tuple[float, float, str, str]], *, mirrored: bool, label: str) -> SafeString:
    """Points (longitude, latitude in degrees, class, title) on a Mollweide map; `mirrored` has east to the left, as the sky is seen."""
    sign = -1 if mirrored else 1
    dots = []
    for longitude, latitude, kind, title in points:
        px, py = mollweide((longitude + 180) % 360 - 180, latitude)
        dots.append((f"{sign * px:.4f}", f"{-py:.4f}", kind, title))
    rings = []
    for latitude in (-60, -30, 0, 30, 60):
        edge = 2 * math.cos(math.asin(mollweide(0, latitude)[1]))
        rings.append((f"{-edge:.3f}", f"{edge:.3f}", f"{-mollweide(0, latitude)[1]:.3f}"))
    return format_html(
        '<figure class="obs-figure"><svg viewBox="-2.1 -1.08 4.2 2.16" role="img" aria-label="{}">'
        '<ellipse class="obs-globe" rx="2" ry="1" cx="0" cy="0"/>{}{}{}</svg></figure>',
        label,
        format_html_join("", '<line class="obs-hair" x1="{}" x2="{}" y1="{}" y2="{}"/>', ((a, b, c, c) for a, b, c in rings)),
        format_html_join(
            "", '<ellipse class="obs-hair obs-globe" rx="{}" ry="1" cx="0" cy="0"/>', ((f"{2 * step / 3:.3f}",) for step in (1, 2))
        ),
        format_html_join("", '<circle class="obs-point obs-point-{2}" r="0.025" cx="{0}" cy="{1}"><title>{3}</title></circle>', dots),
    )
