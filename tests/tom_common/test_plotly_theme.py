import os
import subprocess
import sys

import pytest

pytest.importorskip("plotly")

SCRIPT = """
import sys, django
from django.conf import settings
settings.configure(PLOTLY_THEME={theme!r}, INSTALLED_APPS=[], SECRET_KEY="x")
from tom_common import plotly_theme
plotly_theme.watch()
assert "plotly" not in sys.modules
from tom_common.conf import tom_settings
import plotly.graph_objects
import plotly.io
print(plotly.io.templates.default)
"""


@pytest.mark.parametrize("theme", ["plotly_dark", "none"])
def test_the_theme_is_set_when_plotly_is_imported(theme):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    found = subprocess.run([sys.executable, "-c", SCRIPT.format(theme=theme)], env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == theme
