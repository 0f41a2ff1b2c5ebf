"""The distribution that meets a dependency on `tomtoolkit`: a name, a version, a dependency, and no package."""

import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "compat" / "tomtoolkit"


def test_wheel_is_metadata_only(tmp_path):
    code = f"import hatchling.build as b; print(b.build_wheel({str(tmp_path)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=SOURCE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    wheel = tmp_path / done.stdout.strip().splitlines()[-1]
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        assert {name.split("/")[0] for name in names} == {"tomtoolkit-3.1.0+opentom.dist-info"}
        metadata = Parser().parsestr(archive.read("tomtoolkit-3.1.0+opentom.dist-info/METADATA").decode())
    assert metadata["Name"] == "tomtoolkit"
    assert metadata["Version"] == "3.1.0+opentom"
    assert metadata.get_all("Requires-Dist") == ["opentom[compat]"]


def test_its_version_meets_what_plugins_ask_for():
    from packaging.specifiers import SpecifierSet

    for wanted in (">=2.15", ">=2.20,<4", ">=3.0", ">=3.1,<4.0", "~=3.1"):
        assert "3.1.0+opentom" in SpecifierSet(wanted)
