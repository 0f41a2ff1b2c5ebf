"""Copy the browser libraries pinned in package.json into the package, with their licences and checksums.

Run ``npm ci --ignore-scripts`` in a copy of the checkout's package files, then ``python scripts/vendor_assets.py <its node_modules>``.
``--check`` compares the committed files with their recorded checksums and needs no npm.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENDOR = ROOT / "src" / "tom_common" / "static" / "tom_common" / "vendor"
TEST_VENDOR = ROOT / "tests" / "vendor"

# folder -> npm package -> file in the package -> file in the folder
FILES: dict[str, tuple[str, dict[str, str]]] = {
    "bootstrap": ("bootstrap", {
        "dist/css/bootstrap.min.css": "bootstrap.min.css",
        "dist/js/bootstrap.bundle.min.js": "bootstrap.bundle.min.js",
        "LICENSE": "LICENSE",
    }),
    "bootstrap-icons": ("bootstrap-icons", {
        "font/bootstrap-icons.min.css": "bootstrap-icons.min.css",
        "font/fonts/bootstrap-icons.woff2": "fonts/bootstrap-icons.woff2",
        "font/fonts/bootstrap-icons.woff": "fonts/bootstrap-icons.woff",
        "LICENSE": "LICENSE",
    }),
    "font-awesome": ("font-awesome", {
        "css/font-awesome.min.css": "css/font-awesome.min.css",
        "fonts/fontawesome-webfont.woff2": "fonts/fontawesome-webfont.woff2",
        "fonts/fontawesome-webfont.woff": "fonts/fontawesome-webfont.woff",
        "fonts/fontawesome-webfont.ttf": "fonts/fontawesome-webfont.ttf",
    }),
    "htmx": ("htmx.org", {"dist/htmx.min.js": "htmx.min.js", "LICENSE": "LICENSE"}),
    "htmx-ext-sse": ("htmx-ext-sse", {"dist/sse.min.js": "sse.min.js", "LICENSE": "LICENSE"}),
    "uplot": ("uplot", {
        "dist/uPlot.iife.min.js": "uPlot.iife.min.js",
        "dist/uPlot.esm.js": "uPlot.esm.js",
        "dist/uPlot.min.css": "uPlot.min.css",
        "LICENSE": "LICENSE",
    }),
    "plotly": ("plotly.js-cartesian-dist-min", {"plotly-cartesian.min.js": "plotly-cartesian.min.js", "LICENSE": "LICENSE"}),
    "aladin": ("aladin-lite", {"dist/aladin.js": "aladin.js", "LICENSE": "LICENSE", "COPYING": "COPYING", "COPYING.LESSER": "COPYING.LESSER"}),
    "tom-select": ("tom-select", {
        "dist/js/tom-select.complete.min.js": "tom-select.complete.min.js",
        "dist/css/tom-select.bootstrap5.min.css": "tom-select.bootstrap5.min.css",
        "LICENSE": "LICENSE",
    }),
}
TEST_FILES: dict[str, tuple[str, dict[str, str]]] = {
    "axe-core": ("axe-core", {"axe.min.js": "axe.min.js", "LICENSE": "LICENSE", "LICENSE-3RD-PARTY.txt": "LICENSE-3RD-PARTY.txt"}),
}
# A hashing static file storage fails on a source map that is not shipped, and on the font formats no browser of today asks for.
SOURCE_MAP = re.compile(rb"\n?(/\*# sourceMappingURL=[^*]*\*/|//# sourceMappingURL=\S+)\s*$")
FONT_FACE = re.compile(rb"@font-face\{font-family:'FontAwesome'.*?\}", re.S)
FONT_AWESOME_FACE = (
    b"@font-face{font-family:'FontAwesome';src:url('../fonts/fontawesome-webfont.woff2') format('woff2'),"
    b"url('../fonts/fontawesome-webfont.woff') format('woff'),url('../fonts/fontawesome-webfont.ttf') format('truetype');"
    b"font-weight:normal;font-style:normal;font-display:block}"
)
FONT_AWESOME_LICENCE = (
    b"Font Awesome 4.7.0 by Dave Gandy, https://fontawesome.com/v4/license/\n\n"
    b"Font: SIL Open Font License 1.1 (http://scripts.sil.org/OFL)\n"
    b"CSS: MIT License (http://opensource.org/licenses/mit-license.html)\n"
)


def shipped(name: str, content: bytes) -> bytes:
    if name.endswith((".css", ".js")):
        content = SOURCE_MAP.sub(b"\n", content)
    if name.endswith("font-awesome.min.css"):
        content = FONT_FACE.sub(FONT_AWESOME_FACE, content)
    return content


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def copy(node_modules: Path, target: Path, files: dict[str, tuple[str, dict[str, str]]]) -> None:
    manifest: dict[str, dict[str, object]] = {}
    for folder, (package, names) in files.items():
        source = node_modules / package
        about = json.loads((source / "package.json").read_text())
        entry: dict[str, object] = {"package": package, "version": about["version"], "licence": about.get("license", "see LICENSE"), "files": {}}
        for name, wanted in names.items():
            content = shipped(wanted, (source / name).read_bytes())
            path = target / folder / wanted
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            entry["files"][wanted] = digest(content)  # type: ignore[index]
        if package == "font-awesome":
            (target / folder / "LICENSE").write_bytes(FONT_AWESOME_LICENCE)
            entry["files"]["LICENSE"] = digest(FONT_AWESOME_LICENCE)  # type: ignore[index]
        manifest[folder] = entry
    (target / "checksums.json").write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n")


def check(target: Path) -> list[str]:
    wrong = []
    for folder, entry in json.loads((target / "checksums.json").read_text()).items():
        for name, expected in entry["files"].items():
            path = target / folder / name
            if not path.is_file() or digest(path.read_bytes()) != expected:
                wrong.append(f"{folder}/{name}")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("node_modules", nargs="?", type=Path)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    if arguments.check:
        wrong = check(VENDOR) + check(TEST_VENDOR)
        sys.stderr.writelines(f"{name} is not what its checksum says\n" for name in wrong)
        return bool(wrong)
    if arguments.node_modules is None:
        parser.error("name the node_modules folder to copy from")
    copy(arguments.node_modules, VENDOR, FILES)
    copy(arguments.node_modules, TEST_VENDOR, TEST_FILES)
    return 0


if __name__ == "__main__":
    sys.exit(main())
