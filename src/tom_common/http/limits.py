"""What one process may do to one host: how many requests at a time, how many a second, and none while it is down."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from tom_common.conf import tom_settings

LONGEST_HOLD_S = 600.0


@dataclass
class Breaker:
    """Open after `limit` failures in a row; after `pause_s` one trial call decides whether it closes or opens again."""

    limit: int = 5
    pause_s: float = 60.0
    failures: int = 0
    opened_at: float = 0.0
    trial: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def seconds_closed(self) -> float:
        """0 when a call may be made, else the seconds to wait. A call that may be made must end in `record` or `abandon`."""
        with self.lock:
            if self.failures < self.limit:
                return 0.0
            left = self.opened_at + self.pause_s - time.monotonic()
            if left <= 0 and not self.trial:
                self.trial = True
                return 0.0
            return max(left, 1.0)

    def record(self, good: bool) -> None:
        with self.lock:
            self.trial = False
            if good:
                self.failures = 0
            else:
                self.failures += 1
                self.opened_at = time.monotonic()

    def abandon(self) -> None:
        """The call was not made after all."""
        with self.lock:
            self.trial = False


@dataclass
class Host:
    breaker: Breaker = field(default_factory=Breaker)
    condition: threading.Condition = field(default_factory=threading.Condition)
    busy: int = 0
    next_at: float = 0.0
    held_until: float = 0.0

    def acquire(self, timeout_s: float) -> bool:
        """Wait for one of TOM_HTTP_MAX_PER_HOST places."""
        with self.condition:
            if not self.condition.wait_for(lambda: self.busy < max(1, tom_settings.TOM_HTTP_MAX_PER_HOST), timeout_s):
                return False
            self.busy += 1
            return True

    def release(self) -> None:
        with self.condition:
            self.busy -= 1
            self.condition.notify()

    def seconds_to_pace(self, per_second: float | None, most_s: float) -> float | None:
        """Seconds to sleep so that no more than `per_second` calls start; None when that is more than `most_s`."""
        if not per_second:
            return 0.0
        with self.condition:
            now = time.monotonic()
            start = max(now, self.next_at)
            if start - now > most_s:
                return None
            self.next_at = start + 1.0 / per_second
        return start - now

    def hold(self, seconds: float) -> None:
        """The host asked for a pause (Retry-After): nobody in this process asks it before."""
        with self.condition:
            self.held_until = max(self.held_until, time.monotonic() + min(seconds, LONGEST_HOLD_S))

    def seconds_held(self) -> float:
        return max(0.0, self.held_until - time.monotonic())


_hosts: dict[str, Host] = {}
_hosts_lock = threading.Lock()


def _host(name: str) -> Host:
    with _hosts_lock:
        return _hosts.setdefault(name, Host())


def forget_hosts() -> None:
    """Close all breakers and drop all limits (tests, and after a configuration change)."""
    with _hosts_lock:
        _hosts.clear()
