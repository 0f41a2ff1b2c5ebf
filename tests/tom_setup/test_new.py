"""A TOM made by `opentom new` runs: on SQLite, PostgreSQL and MariaDB, through its own manage.py, as its owner would do it."""

import getpass
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

from tests.conftest import leave_out

PASSWORD = "an-Unlikely-1"


def environment(**more):
    inherited = {
        key: value for key, value in os.environ.items() if key not in {"DJANGO_SETTINGS_MODULE", "DATABASE_URL", "SECRET_KEY", "DEBUG"}
    }
    return inherited | more


def run(*command, cwd, **more):
    done = subprocess.run(
        command, cwd=cwd, env=environment(**more), capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=300
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def opentom(*arguments, cwd, **more):
    return run(sys.executable, "-m", "tom_setup.cli", *arguments, cwd=cwd, **more)


@pytest.fixture
def database_url(request, django_db_blocker):
    """An empty database of the kind under test, dropped afterwards."""
    if connection.vendor == "sqlite":
        yield "sqlite"
        return
    name = f"opentom_new_{uuid.uuid4().hex[:8]}"
    values = settings.DATABASES["default"]
    if connection.vendor == "postgresql":
        import psycopg

        user = values["USER"] or getpass.getuser()
        server = psycopg.connect(dbname="postgres", user=user, autocommit=True)
        execute, url = server.execute, f"postgres://{quote(user)}@/{name}"
    else:
        import MySQLdb

        server = MySQLdb.connect(host=values["HOST"], port=int(values["PORT"]), user=values["USER"], password=values["PASSWORD"])
        execute = server.cursor().execute
        credentials = quote(values["USER"]) + (f":{quote(values['PASSWORD'])}" if values["PASSWORD"] else "")
        url = f"mariadb://{credentials}@{values['HOST']}:{values['PORT']}/{name}"
    execute(f"CREATE DATABASE {name}" + (" CHARACTER SET utf8mb4" if connection.vendor == "mysql" else ""))
    yield url
    execute(f"DROP DATABASE {name}" + (" WITH (FORCE)" if connection.vendor == "postgresql" else ""))
    server.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url, deadline_s=60):
    """(status, text), waiting for the server to come up."""
    deadline = time.monotonic() + deadline_s
    while True:
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)


@pytest.mark.database
def test_new_tom_runs(tmp_path, database_url):
    out = opentom(
        *("new", "my_tom", "--database", database_url, "--superuser", "me", "--hints"),
        cwd=tmp_path,
        DJANGO_SUPERUSER_PASSWORD=PASSWORD,
        DJANGO_SUPERUSER_EMAIL="me@example.org",
    )
    assert "my_tom is ready" in out
    project = tmp_path / "my_tom"
    run(sys.executable, "manage.py", "makemigrations", "--check", "--dry-run", cwd=project)
    run(sys.executable, "manage.py", "check", "--deploy", cwd=project, HTTPS="1", ALLOWED_HOSTS="tom.example.org")
    run(*(sys.executable, "manage.py", "check", "--deploy", "--tag", "security", "--fail-level", "WARNING"), cwd=project, HTTPS="1")
    kept = opentom("new", "my_tom", "--database", database_url, "--no-migrate", cwd=tmp_path)
    assert "wrote" not in kept

    port = free_port()
    log = tmp_path / "log"
    with log.open("wb") as stream:
        server = subprocess.Popen(
            [sys.executable, "-m", "tom_setup.cli", "run", "--directory", "my_tom", "--port", str(port), "--workers", "1"],
            cwd=tmp_path,
            env=environment(PYTHONUNBUFFERED="1"),
            stdout=stream,
            stderr=stream,
        )
        try:
            for page in ("/", "/targets/", "/accounts/login/", "/static/tom_common/css/custom.css"):
                status, text = get(f"http://127.0.0.1:{port}{page}")
                assert status == 200, f"{page}: {status}\n{text[-2000:]}\n{log.read_text()[-4000:]}"
            assert get(f"http://127.0.0.1:{port}/no-such-page/")[0] == 404
            request = urllib.request.Request(
                f"http://127.0.0.1:{port}/api/targets/", data=b'{"name": "x"}', headers={"Content-Type": "application/json"}
            )
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(request, timeout=30)
            refused.value.close()
            assert refused.value.code == 401
            assert server.poll() is None
        finally:
            server.send_signal(signal.SIGINT)
            code = server.wait(timeout=60)
    text = log.read_text()
    assert code == 0, text
    assert f"http://127.0.0.1:{port}/" in text
    assert "Traceback" not in text
    assert "ended" not in text


def test_tom_setup_turns_a_django_project_into_a_tom(tmp_path):
    """The documented way: startproject, install the app, run the command; here without a terminal."""
    run(sys.executable, "-m", "django", "startproject", "stars", cwd=tmp_path)
    project = tmp_path / "stars"
    path = project / "stars" / "settings.py"
    path.write_text(path.read_text().replace("INSTALLED_APPS = [", "INSTALLED_APPS = [\n    'tom_setup',"))
    out = run(sys.executable, "manage.py", "tom_setup", cwd=project, DJANGO_SUPERUSER_USERNAME="me", DJANGO_SUPERUSER_PASSWORD=PASSWORD)
    assert "Your TOM is ready" in out
    assert "Superuser me" in out
    assert (project / "stars" / "settings.py.orig").is_file()
    assert 'TARGET_TYPE = "SIDEREAL"' in path.read_text()
    run(sys.executable, "manage.py", "check", cwd=project)

    path.write_text(path.read_text() + "\nMINE = 1\n")
    refused = subprocess.run(
        [sys.executable, "manage.py", "tom_setup", "--noinput"],
        cwd=project,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert refused.returncode == 1
    assert "--force" in refused.stderr
    assert "MINE = 1" in path.read_text()


def test_tom_setup_asks_at_a_terminal(tmp_path):
    """Through a real terminal: every question has its answer typed."""
    try:
        import pty
    except ImportError:
        leave_out("no pseudo-terminals here")
    run(sys.executable, "-m", "django", "startproject", "stars", cwd=tmp_path)
    project = tmp_path / "stars"
    path = project / "stars" / "settings.py"
    path.write_text(path.read_text().replace("INSTALLED_APPS = [", "INSTALLED_APPS = [\n    'tom_setup',"))
    ours, theirs = pty.openpty()
    # go on; app; target type; hints
    os.write(ours, b"y\nmy_code\n2\ny\n")
    done = subprocess.run(
        [sys.executable, "manage.py", "tom_setup", "--no-migrate"],
        cwd=project,
        env=environment(),
        stdin=theirs,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    os.close(theirs)
    os.close(ours)
    assert done.returncode == 0, done.stderr
    text = path.read_text()
    assert 'TARGET_TYPE = "NON_SIDEREAL"' in text
    assert "HINTS_ENABLED = True" in text
    assert (project / "my_code" / "models.py").is_file()
