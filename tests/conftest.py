"""Fixtures of the whole suite."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of recorded service answers, beside the checkout or named by OPENTOM_SHARED_DATA."""
    folder = Path(os.environ.get("OPENTOM_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"recorded data are not here: {folder} (set OPENTOM_SHARED_DATA)")
    return folder


@pytest.fixture(autouse=True)
def _media_in_tmp(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
