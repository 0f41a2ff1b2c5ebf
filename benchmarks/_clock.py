"""What an operation costs: CPU seconds of this process, and of the database server's process or thread for its connection."""

from __future__ import annotations

import time
from pathlib import Path


class Clock:
    """CPU seconds, user and system, since it was made; the server's where it runs on this machine and may be read.

    PostgreSQL has a process for each connection, MariaDB a thread; SQLite computes in this process.
    """

    def __init__(self) -> None:
        from django.db import connection

        self.server = None
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SELECT pg_backend_pid()")
                self.server = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
            elif connection.vendor == "mysql":
                cursor.execute("SELECT TID FROM information_schema.PROCESSLIST WHERE ID = CONNECTION_ID()")
                found = list(Path("/proc").glob(f"[0-9]*/task/{cursor.fetchone()[0]}/schedstat"))
                self.server = found[0] if found else None

    @property
    def told(self) -> str:
        """Whose time it is, in words."""
        return "this process and the database server's" if self.server is not None and self._of_server() else "this process"

    def __call__(self) -> float:
        return time.process_time() + self._of_server()

    def _of_server(self) -> float:
        try:
            return int(self.server.read_text().split()[0]) / 1e9 if self.server is not None else 0.0
        except OSError:
            return 0.0
