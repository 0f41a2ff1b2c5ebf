"""The grid of a month: weeks of days, the events of each day, and the Moon. Pure functions of what they are given."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

PHASES = (
    ("🌑", "new moon"),
    ("🌒", "waxing crescent"),
    ("🌓", "first quarter"),
    ("🌔", "waxing gibbous"),
    ("🌕", "full moon"),
    ("🌖", "waning gibbous"),
    ("🌗", "last quarter"),
    ("🌘", "waning crescent"),
)


@dataclass(frozen=True, slots=True)
class Moon:
    """The Moon at 12:00 UTC of a day: the lit fraction of its disc, and a symbol with its name."""

    illumination: float
    symbol: str
    name: str

    @property
    def percent(self) -> int:
        return round(100 * self.illumination)


@dataclass(slots=True)
class Day:
    date: date
    in_month: bool
    is_today: bool
    moon: Moon
    events: list = field(default_factory=list)


def phase(elongation_deg: float) -> tuple[str, str]:
    """(symbol, name) of the Moon at so many degrees east of the Sun: each phase owns the 45 degrees around its middle."""
    return PHASES[round((elongation_deg % 360.0) / 45.0) % 8]


@lru_cache(maxsize=2000)
def moon_of(day: date) -> Moon:
    """Computed once for each day."""
    from tom_astro.times import datetime_to_mjd
    from tom_astro.visibility import moon

    seen = moon(datetime_to_mjd(datetime(day.year, day.month, day.day, 12, tzinfo=UTC), scale="utc"))
    return Moon(float(seen.illumination), *phase(360.0 * float(seen.phase)))


def month_days(year: int, month: int) -> list[date]:
    """The days of whole weeks, from Sunday, that hold the month."""
    return [day for week in calendar.Calendar(firstweekday=6).monthdatescalendar(year, month) for day in week]


def span(days: list[date], utc_offset: float) -> tuple[datetime, datetime]:
    """(first moment, moment after the last) in UTC of days reckoned at an offset of hours from UTC."""
    shift = timedelta(hours=utc_offset)
    start = datetime(days[0].year, days[0].month, days[0].day, tzinfo=UTC) - shift
    return start, start + timedelta(days=len(days))


def weeks(*, year: int, month: int, events: Iterable, utc_offset: float, today: date) -> list[list[Day]]:
    """The grid: each event stands on every day that it touches at this offset from UTC."""
    grid = [Day(day, day.month == month, day == today, moon_of(day)) for day in month_days(year, month)]
    by_date = {day.date: day for day in grid}
    shift = timedelta(hours=utc_offset)
    for event in events:
        first = max((event.start_time + shift).date(), grid[0].date)
        end = event.end_time + shift
        # What ends at midnight does not touch the day that begins then.
        last = (end - timedelta(microseconds=1) if event.end_time > event.start_time else end).date()
        for number in range((min(last, grid[-1].date) - first).days + 1):
            by_date[first + timedelta(days=number)].events.append(event)
    return [grid[start : start + 7] for start in range(0, len(grid), 7)]
