"""A TOM whose owner keeps data of another app in a second database, behind a router."""

from tests.projects.kind31.settings import *  # noqa: F403
from tests.projects.kind31.settings import BASE_DIR, DATABASES

DATABASES = {**DATABASES, "archive": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "archive.sqlite3"}}
DATABASE_ROUTERS = ["tests.projects.two_databases.router.ArchiveRouter"]
ROOT_URLCONF = "tests.projects.two_databases.urls"
