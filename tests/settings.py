"""Settings under which the test suite runs: every app of OpenTOM, one database named by the environment."""

import getpass
import os
from pathlib import Path

from tom_common.default_settings import *  # noqa: F403
from tom_common.default_settings import TOMTOOLKIT_INSTALLED_APPS, TOMTOOLKIT_MIDDLEWARE

BASE_DIR = Path(__file__).resolve().parent
SECRET_KEY = "tests-only"  # noqa: S105
DEBUG = False
ALLOWED_HOSTS = ["*"]
SITE_ID = 1
ROOT_URLCONF = "tests.urls"
INSTALLED_APPS = [*TOMTOOLKIT_INSTALLED_APPS, "tom_setup", "tests.plugins.dummy"]
TOM_CSP_ENFORCE = True  # also with a foreign app installed
MIDDLEWARE = [*TOMTOOLKIT_MIDDLEWARE]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

_database = os.environ.get("OPENTOM_TEST_DATABASE", "sqlite")
_name = os.environ.get("OPENTOM_TEST_DB_NAME", "test_opentom")
DATABASES = {
    "default": {
        "sqlite": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
        "postgres": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "postgres",
            "USER": os.environ.get("PGUSER", getpass.getuser()),
            "TEST": {"NAME": _name},
        },
        "mariadb": {
            "ENGINE": "django.db.backends.mysql",
            "NAME": "test",
            "USER": os.environ.get("OPENTOM_TEST_MARIADB_USER", "root"),
            "PASSWORD": os.environ.get("OPENTOM_TEST_MARIADB_PASSWORD", ""),
            "HOST": os.environ.get("OPENTOM_TEST_MARIADB_HOST", "127.0.0.1"),
            "PORT": os.environ.get("OPENTOM_TEST_MARIADB_PORT", "3306"),
            "OPTIONS": {"charset": "utf8mb4"},
            "TEST": {"NAME": _name},
        },
    }[_database],
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STATIC_URL = "/static/"
MEDIA_ROOT = BASE_DIR / "_media"
MEDIA_URL = "/data/"
USE_TZ = True
TIME_ZONE = "UTC"
