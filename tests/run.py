"""What `make test`, `make test-long` and `make lint` run: every step, then a table of what passed and what was left out.

    python tests/run.py lint | test | long | can-build-mysql

With CI=true nothing may be left out: a missing service is then a failure.
The suite on SQLite runs last, so that the closing line one reads is that of the whole suite.
"""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# CI stops a run after 90 minutes without a word; a step that hangs must say which one it was.
STEP_TIMEOUT_S = 40 * 60


@dataclass
class Step:
    """One command; `missing` says what it needs and has not got, `get` how to get that."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    missing: str = ""
    get: str = ""


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def pytest(*arguments: str, workers: int = 2) -> list[str]:
    parallel = ["-n", str(workers), "--dist", "worksteal"] if workers > 1 else ["-n", "0"]
    return python("-m", "pytest", "-q", "--durations=10", *parallel, *arguments)


def listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=2):
            return True
    except OSError:
        return False


def chromium() -> str:
    named = os.environ.get("OPENTOM_CHROMIUM")
    return named if named else next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), "")


def can_build_mysql() -> bool:
    if shutil.which("cc") is None:
        return False
    if shutil.which("mariadb_config") or shutil.which("mysql_config"):
        return True
    return any(
        shutil.which("pkg-config") and subprocess.run(["pkg-config", "--exists", library], check=False).returncode == 0
        for library in ("libmariadb", "mysqlclient")
    )


def postgres_problem() -> str:
    import psycopg

    try:
        psycopg.connect(dbname="postgres", user=os.environ.get("PGUSER", getpass.getuser()), connect_timeout=3).close()
    except psycopg.OperationalError as error:
        return f"PostgreSQL does not answer: {str(error).splitlines()[0]}"
    return ""


def mariadb_problem() -> str:
    if find_spec("MySQLdb") is None:
        return "the driver mysqlclient is not installed"
    import MySQLdb

    try:
        MySQLdb.connect(
            host=os.environ.get("OPENTOM_TEST_MARIADB_HOST", "127.0.0.1"),
            port=int(os.environ.get("OPENTOM_TEST_MARIADB_PORT", "3306")),
            user=os.environ.get("OPENTOM_TEST_MARIADB_USER", "root"),
            password=os.environ.get("OPENTOM_TEST_MARIADB_PASSWORD", ""),
            connect_timeout=3,
        ).close()
    except MySQLdb.Error as error:
        return f"MariaDB does not answer: {error}"
    return ""


def redis_problem() -> str:
    return "" if listens("127.0.0.1", 6379) else "no Redis listens on 127.0.0.1:6379"


def lint_steps() -> list[Step]:
    django = {"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"}
    return [
        Step("ruff", [str(BIN / "ruff"), "check", "."]),
        Step("import rules", [str(BIN / "lint-imports"), "--no-cache"], django),
        Step("types", python("-m", "mypy"), django),
        Step("missing migrations", python("-m", "django", "makemigrations", "--check", "--dry-run"), django),
    ]


def database_steps(marks: str) -> list[Step]:
    get_postgres = "apt-get install postgresql, and a role of your user's name that may create databases"
    get_mariadb = "apt-get install mariadb-server libmariadb-dev pkg-config gcc python3-dev, then `make clean venv`"
    return [
        Step("tests on PostgreSQL", pytest("-m", marks), {"OPENTOM_TEST_DATABASE": "postgres"}, postgres_problem(), get_postgres),
        Step("tests on MariaDB", pytest("-m", marks), {"OPENTOM_TEST_DATABASE": "mariadb"}, mariadb_problem(), get_mariadb),
    ]


def browser_step(marks: str) -> Step:
    missing = "" if chromium() else "no Chromium was found"
    return Step(
        "tests in the browser", pytest("-m", marks, workers=1), {"OPENTOM_CHROMIUM": chromium()}, missing, "apt-get install chromium"
    )


def recorded_data_problem() -> str:
    folder = Path(os.environ.get("OPENTOM_SHARED_DATA", ROOT.parent / "shared" / "data"))
    return "" if folder.is_dir() else f"no recorded data at {folder}"


def suite_step(marks: str) -> Step:
    environment = {"OPENTOM_TEST_DATABASE": "sqlite"}
    if not redis_problem():
        environment["OPENTOM_TEST_REDIS_URL"] = os.environ.get("OPENTOM_TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
    return Step("tests on SQLite", pytest("-m", marks), environment)


def left_out_beside_steps() -> list[Step]:
    """Needs of single tests inside the suite, which skip themselves."""
    return [
        Step("tests with Redis", [], missing=redis_problem(), get="apt-get install redis-server"),
        Step(
            "tests on recorded data", [], missing=recorded_data_problem(), get="set OPENTOM_SHARED_DATA to the folder of recorded answers"
        ),
    ]


def run(steps: list[Step]) -> int:
    results: list[tuple[Step, str, float]] = []
    for step in steps:
        if step.missing:
            results.append((step, "FAILED" if IN_CI else "left out", 0.0))
            continue
        if not step.command:
            continue
        print(f"\n=== {step.name}: {' '.join(step.command).replace(str(ROOT) + os.sep, '')}", flush=True)
        started = time.monotonic()
        try:
            code = subprocess.run(step.command, cwd=ROOT, env=os.environ | step.environment, check=False, timeout=STEP_TIMEOUT_S).returncode
        except subprocess.TimeoutExpired:
            print(f"{step.name}: no end after {STEP_TIMEOUT_S // 60} minutes", flush=True)
            code = 1
        results.append((step, "passed" if code == 0 else f"FAILED (exit {code})", time.monotonic() - started))
    print("\n=== Summary")
    for step, result, seconds in results:
        print(f"{step.name:24} {result:18} {f'{seconds:6.0f} s' if seconds else ''}")
    for step, _, _ in results:
        if step.missing:
            print(f"\n{step.name}: {step.missing}.\n    To get it: {step.get}")
    sys.stdout.flush()
    return int(any(result.startswith("FAILED") for _, result, _ in results))


def test() -> int:
    return run(
        [
            *lint_steps(),
            *left_out_beside_steps(),
            *database_steps("database and not long and not browser"),
            browser_step("browser and not long"),
            suite_step("not long and not browser"),
        ]
    )


def long() -> int:
    return run([*left_out_beside_steps(), *database_steps("database and long and not browser"), suite_step("long and not browser")])


def main() -> int:
    commands: dict[str, Callable[[], int]] = {
        "lint": lambda: run(lint_steps()),
        "test": test,
        "long": long,
        "can-build-mysql": lambda: int(not can_build_mysql()),
    }
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        print(__doc__, file=sys.stderr)
        return 2
    return commands[sys.argv[1]]()


if __name__ == "__main__":
    sys.exit(main())
