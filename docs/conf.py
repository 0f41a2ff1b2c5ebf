"""Sphinx: the pages of this folder, and two pages made from the code at each build (settings, API)."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE), str(ROOT), str(ROOT / "src")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django  # noqa: E402

django.setup()

import generate  # noqa: E402

generate.write_pages(HERE / "_generated")

project = "OpenTOM"
author = "The OpenTOM developers"
copyright = "2026, The OpenTOM developers"  # noqa: A001
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "OpenTOM"
