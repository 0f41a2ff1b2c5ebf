import signal
from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    requires_system_checks = []
    help = "Start periodic jobs when they are due. Several may run; one leads, another takes over when it stops."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--interval", type=float, default=5.0, help="Seconds between two looks (default: 5).")
        parser.add_argument("--once", action="store_true", help="Start what is due now, and end.")

    def handle(self, *args: Any, **options: Any) -> None:
        from tom_common.scheduler import Scheduler

        scheduler = Scheduler(interval_s=max(options["interval"], 0.1))
        if options["once"]:
            scheduler.sync_jobs()
            started = scheduler.tick()
            scheduler.release()
            self.stdout.write(f"{started} started")
            return
        for name in ("SIGINT", "SIGTERM"):
            signal.signal(getattr(signal, name), lambda *_: scheduler.stop())
        scheduler.run()
