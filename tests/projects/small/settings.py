"""A TOM that leaves out every app of floor 4."""

from tests.projects.kind31.settings import *  # noqa: F403
from tests.projects.kind31.settings import INSTALLED_APPS as _ALL

FLOOR_4 = {"tom_alerts", "tom_catalogs", "tom_dataservices", "tom_streams", "tom_sharing", "tom_calendar"}
INSTALLED_APPS = [app for app in _ALL if app not in FLOOR_4]
ROOT_URLCONF = "tests.projects.small.urls"
