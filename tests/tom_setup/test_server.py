"""Web server, worker and scheduler as one family."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from tom_setup import server
from tom_setup.server import Child, Family, ServerError, check_port, project_of


def sleeper(tmp_path, name, code="import time; time.sleep(60)"):
    return Child(name, [sys.executable, "-c", code])


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_sigterm_ends_all(tmp_path):
    family = Family([sleeper(tmp_path, "one"), sleeper(tmp_path, "two")], tmp_path, say=lambda line: None)
    threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGTERM)).start()
    before = signal.getsignal(signal.SIGTERM)
    assert family.run() == 0
    assert [child.process.poll() is not None for child in family.children] == [True, True]
    assert not any(alive(child.process.pid) for child in family.children)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_child_that_always_fails_ends_the_family(tmp_path, monkeypatch):
    monkeypatch.setattr(server, "MAX_SHORT_LIVES", 2)
    said = []
    family = Family([sleeper(tmp_path, "good"), sleeper(tmp_path, "bad", "raise SystemExit(3)")], tmp_path, say=said.append)
    assert family.run() == 1
    assert "bad ended 2 times" in said[-1]
    assert family.children[0].process.poll() is not None


def test_a_child_that_ended_is_started_again(tmp_path):
    mark = tmp_path / "starts"
    code = f"open({str(mark)!r}, 'a').write('x'); import time; time.sleep(0.1 if len(open({str(mark)!r}).read()) == 1 else 60)"
    family = Family([Child("flaky", [sys.executable, "-c", code])], tmp_path, say=lambda line: None)

    def end_when_restarted():
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and (not mark.exists() or len(mark.read_text()) < 2):
            time.sleep(0.1)
        family.stopping = True

    thread = threading.Thread(target=end_when_restarted)
    thread.start()
    assert family.run() == 0
    thread.join()
    assert mark.read_text() == "xx"


def test_a_port_in_use_is_said_so():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ServerError, match="--port"):
            check_port("127.0.0.1", taken.getsockname()[1])


def test_project_of_reads_manage(tmp_path):
    with pytest.raises(ServerError, match="manage.py"):
        project_of(tmp_path)
    for quote in "\"'":
        (tmp_path / "manage.py").write_text(f"os.environ.setdefault({quote}DJANGO_SETTINGS_MODULE{quote}, {quote}stars.settings{quote})\n")
        assert project_of(tmp_path) == "stars"


def test_the_command_line_says_what_is_wrong(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tom_setup.cli", "run", "--directory", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("opentom: there is no manage.py")
    done = subprocess.run([sys.executable, "-m", "tom_setup.cli", "run", "--port", "99999"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
