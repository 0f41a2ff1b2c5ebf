"""When a periodic job is due: every so long, or at times of day in UTC, perhaps on some days of the week only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from tom_common.errors import InvalidInputError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\Z")


@dataclass(frozen=True, slots=True)
class Schedule:
    """`every` a duration, or `at` times of day (UTC) on `weekdays` (0 is Monday; none: each day)."""

    every: timedelta | None = None
    at: tuple[time, ...] = ()
    weekdays: tuple[int, ...] = ()

    def following(self, now: datetime, planned: datetime | None = None) -> datetime:
        """The next time after `now`; `planned` was the last. Runs that were missed are not made up for."""
        if self.every is not None:
            beat = (planned or now) + self.every
            return beat if beat > now else now + self.every
        day = now.astimezone(UTC).date()
        for ahead in range(9):
            date = day + timedelta(days=ahead)
            if self.weekdays and date.weekday() not in self.weekdays:
                continue
            for clock in self.at:
                moment = datetime.combine(date, clock, UTC)
                if moment > now:
                    return moment
        raise InvalidInputError("this schedule has no time of day")

    @property
    def every_s(self) -> int:
        return int(self.every.total_seconds()) if self.every is not None else 86_400

    @property
    def at_text(self) -> str:
        return ", ".join(clock.strftime("%H:%M") for clock in self.at)

    @property
    def weekdays_text(self) -> str:
        return ",".join(DAYS[number] for number in self.weekdays)

    def __str__(self) -> str:
        if self.every is None:
            days = ", ".join(DAYS[number].capitalize() for number in self.weekdays) or "daily"
            return f"{days} at {self.at_text} UTC"
        seconds = self.every_s
        for size, word in ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
            if seconds % size == 0:
                count = seconds // size
                return f"every {word}" if count == 1 else f"every {count} {word}s"
        raise AssertionError("a second divides everything")


def make_schedule(every: timedelta | None, at: str | Iterable[str], weekdays: str | Iterable[str]) -> Schedule:
    """From what is written in code or in a row: `at` "03:15" or several, `weekdays` "mon,thu". InvalidInputError for nonsense."""
    times = [text.strip() for text in (at.split(",") if isinstance(at, str) else at) if text.strip()]
    days = [text.strip().lower()[:3] for text in (weekdays.split(",") if isinstance(weekdays, str) else weekdays) if text.strip()]
    if times:
        every = None
    if bool(times) == (every is not None):
        raise InvalidInputError("a periodic job has either `every`, a duration, or `at`, times of day in UTC")
    if every is not None:
        if every.total_seconds() < 1:
            raise InvalidInputError("a periodic job runs at most once a second")
        if days:
            raise InvalidInputError("`weekdays` go with `at`, not with `every`")
        return Schedule(every=every)
    clocks = []
    for text in times:
        found = _TIME.match(text)
        if found is None:
            raise InvalidInputError(f"{text!r} is no time of day: write HH:MM, UTC")
        clocks.append(time(int(found[1]), int(found[2])))
    if unknown := [day for day in days if day not in DAYS]:
        raise InvalidInputError(f"{unknown[0]!r} is no day of the week: write {', '.join(DAYS)}")
    return Schedule(at=tuple(sorted(set(clocks))), weekdays=tuple(sorted({DAYS.index(day) for day in days})))
