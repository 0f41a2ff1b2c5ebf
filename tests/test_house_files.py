"""What may and may not stand in the files of the repository."""

import hashlib
import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
REGISTRIES = re.compile(r"pypi\.org|pythonhosted\.org|registry\.npmjs\.org|registry\.yarnpkg\.com|deb\.debian\.org")
MACHINE_PATHS = re.compile(r"(?:^|[\s\"'=(:])/(?:home/\w+|root|opt/(?:wheels|pypi)|work)/")
TEXT = {".py", ".md", ".toml", ".txt", ".in", ".json", ".yml", ".yaml", ".html", ".css", ".tmpl", ".sh", ".cfg", ".rst", ""}
THIS = Path(__file__).name


def tracked() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def texts():
    for path in tracked():
        if path.suffix in TEXT and "vendor" not in path.parts and path.name != THIS:
            yield path, path.read_text(encoding="utf-8", errors="replace")


def test_no_registry_address_and_no_path_of_a_machine():
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if REGISTRIES.search(line) or MACHINE_PATHS.search(line)
    ]
    assert found == []


def test_locks_hold_versions_and_hashes_only():
    locks = sorted((ROOT / "requirements").glob("*.txt"))
    assert {lock.name for lock in locks} >= {"demo-py311.txt", "demo-py312.txt", "dev-py311.txt", "dev-py312.txt", "mysql.txt"}
    allowed = re.compile(r"^[a-z0-9._-]+(\[[a-z0-9,_-]+\])?==[^\s;]+( ; [^\\]+)? \\$|^    --hash=sha256:[0-9a-f]{64}( \\)?$")
    for lock in locks:
        lines = lock.read_text().splitlines()
        assert lines, lock.name
        assert [line for line in lines if not allowed.match(line)] == [], lock.name


def test_the_demo_runs_on_what_the_tests_ran_on():
    for python in ("py311", "py312"):
        pins = [
            dict(re.findall(r"^([a-z0-9._-]+)==([^\s;]+)", (ROOT / "requirements" / f"{kind}-{python}.txt").read_text(), re.MULTILINE))
            for kind in ("demo", "dev")
        ]
        assert {name for name in pins[0] if name in pins[1] and pins[0][name] != pins[1][name]} == set()


def test_npm_lock_has_no_download_address():
    lock = ROOT / "package-lock.json"
    assert '"resolved"' not in lock.read_text()


@pytest.mark.parametrize("folder", ["src/tom_common/static/tom_common/vendor", "tests/vendor"])
def test_every_vendored_file_has_its_checksum(folder):
    """No file without a checksum, no checksum without a file, none that differs, each library with its licence."""
    base = ROOT / folder
    recorded = {
        f"{library}/{name}": digest
        for library, entry in json.loads((base / "checksums.json").read_text()).items()
        for name, digest in entry["files"].items()
    }
    there = [path for path in tracked() if path.is_relative_to(base) and path.relative_to(base).as_posix() not in {"checksums.json", "README.md"}]
    found = {path.relative_to(base).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in there}
    assert found == recorded
    for library, entry in json.loads((base / "checksums.json").read_text()).items():
        assert entry["licence"], library
        assert any(name.upper().startswith(("LICENSE", "LICENCE", "COPYING")) for name in entry["files"]), library


def test_shell_scripts_are_clean():
    import shutil

    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed")
    subprocess.run(["shellcheck", ".ci/run", "requirements/lock.sh"], cwd=ROOT, check=True)
