"""What docs/data_files.md says of columns is what is read."""

import re
from pathlib import Path

import pytest

from tom_dataproducts.processors.photometry_columns import NAMES, TIMES
from tom_dataproducts.processors.spectrum_fits import ERROR_NAMES, FLUX_NAMES, WAVELENGTH_NAMES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "data_files.md").read_text()
TEXT = re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)


@pytest.mark.parametrize("names", [TIMES, *NAMES.values(), WAVELENGTH_NAMES, FLUX_NAMES, ERROR_NAMES], ids=lambda names: next(iter(names)))
def test_every_name_of_a_column_is_told(names):
    told = re.findall(r"`([^`]+)`", TEXT)
    assert not set(names) - set(told)


def test_the_processors_are_there():
    from django.utils.module_loading import import_string

    for path in re.findall(r"`(\w+_processor\.\w+Processor)`", TEXT):
        assert import_string(f"tom_dataproducts.processors.{path}")
