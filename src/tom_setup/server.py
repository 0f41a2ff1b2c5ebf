"""Web server, task worker and scheduler of a TOM, started and ended together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

# A child that ends sooner than this after its start counts as failing at once; after so many in a row everything ends.
SHORT_LIFE_S = 5.0
MAX_SHORT_LIVES = 5
GRACE_S = 10.0


class ServerError(Exception):
    """The TOM cannot be served; the text says what to do."""


@dataclass
class Child:
    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    short_lives: int = 0
    restart_at: float = 0.0


@dataclass
class Family:
    """Child processes that are restarted when they end, and ended together.

    A child that fails `MAX_SHORT_LIVES` times in a row within `SHORT_LIFE_S` of its start ends the whole family.
    """

    children: list[Child]
    directory: Path
    say: Callable[[str], None] = print
    stopping: bool = field(default=False, init=False)

    def run(self) -> int:
        """Run until SIGINT or SIGTERM (0), or until a child cannot be kept alive (1)."""
        previous = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            for child in self.children:
                self._start(child)
            while not self.stopping:
                for child in self.children:
                    if not self._tend(child):
                        return 1
                time.sleep(0.2)
            return 0
        finally:
            self._end_all()
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _stop(self, number: int, frame: types.FrameType | None) -> None:
        self.stopping = True

    def _start(self, child: Child) -> None:
        # A session of its own: a Ctrl-C at the terminal reaches only us, and we end the children in order.
        child.process = subprocess.Popen(child.command, cwd=self.directory, start_new_session=True)
        child.started = time.monotonic()

    def _tend(self, child: Child) -> bool:
        now = time.monotonic()
        if child.process is None:
            if now >= child.restart_at:
                self._start(child)
            return True
        code = child.process.poll()
        if code is None:
            return True
        child.process = None
        child.short_lives = child.short_lives + 1 if now - child.started < SHORT_LIFE_S else 0
        if child.short_lives >= MAX_SHORT_LIVES:
            self.say(f"The {child.name} ended {MAX_SHORT_LIVES} times at once (exit code {code}); stopping.")
            return False
        child.restart_at = now + child.short_lives
        self.say(f"The {child.name} ended (exit code {code}); starting it again.")
        return True

    def _end_all(self) -> None:
        running = [child.process for child in reversed(self.children) if child.process is not None]
        for process in running:
            _signal_group(process, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_S
        for process in running:
            try:
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal_group(process, signal.SIGKILL)
                process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass


def check_port(host: str, port: int) -> None:
    """Raises ServerError when the port cannot be bound."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ServerError(f"{host}:{port} cannot be used ({error.strerror}): choose another with --port (make: PORT=)") from None


def web_command(project: str, manage: Path, host: str, port: int, *, workers: int) -> list[str]:
    """gunicorn where it is installed, else Django's own server."""
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if find_spec("gunicorn") and os.environ.get("DEBUG", "").lower() not in {"1", "true", "yes", "on"}:
        return [
            *(sys.executable, "-m", "gunicorn", f"{project}.wsgi:application", "--bind", address, "--workers", str(workers)),
            *("--threads", "4", "--timeout", "120", "--graceful-timeout", "8", "--log-level", "warning"),
        ]
    return [sys.executable, str(manage), "runserver", address, "--noreload"]


def project_of(directory: Path) -> str:
    """The package of the project in `directory`, read from its manage.py."""
    manage = directory / "manage.py"
    if not manage.is_file():
        raise ServerError(f"there is no manage.py in {directory}: run this where your TOM is, or name it with --directory")
    for line in manage.read_text().splitlines():
        if "DJANGO_SETTINGS_MODULE" in line and ".settings" in line:
            return line.split(".settings")[0].split('"' if '"' in line else "'")[-1]
    raise ServerError(f"{manage} does not name the settings (DJANGO_SETTINGS_MODULE)")


def has_task_worker(directory: Path, project: str) -> bool:
    """Whether the project's tasks wait in the database; with the immediate backend there is nothing for a worker to do."""
    code = (
        "from django.conf import settings; import sys; "
        "sys.exit(not any('database' in backend.get('BACKEND', '') for backend in getattr(settings, 'TASKS', {}).values()))"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", f"{project}.settings")}
    return subprocess.run([sys.executable, "-c", code], cwd=directory, env=environment, check=False).returncode == 0


def serve(directory: Path, *, host: str, port: int, workers: int = 2, tasks: bool = True, say: Callable[[str], None] = print) -> int:
    """Serve the TOM in `directory` until it is told to end. Raises ServerError."""
    manage = directory / "manage.py"
    project = project_of(directory)
    check_port(host, port)
    children = [Child("web server", web_command(project, manage, host, port, workers=workers))]
    if tasks and not has_task_worker(directory, project):
        say("Tasks run within the request (no database backend in the setting TASKS): no worker, no scheduler.")
    elif tasks:
        children.append(Child("scheduler", [sys.executable, str(manage), "runscheduler"]))
        children.append(Child("task worker", [sys.executable, str(manage), "runworker"]))
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104
    say(f"Serving {project} at http://{f'[{shown}]' if ':' in shown else shown}:{port}/   (Ctrl-C ends it)")
    return Family(children, directory, say).run()
