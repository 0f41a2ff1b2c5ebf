"""Settings as an owner of a TOM made with 3.1 has them: the defaults of the toolkit, then the owner's own."""

import json
import os
from pathlib import Path

from tom_common.default_settings import *  # noqa: F403
from tom_common.default_settings import TOMTOOLKIT_INSTALLED_APPS, TOMTOOLKIT_MIDDLEWARE

BASE_DIR = Path(os.environ["OPENTOM_PROJECT_DIR"])
SECRET_KEY = "a-project-of-the-newer-kind"
DEBUG = os.environ.get("OPENTOM_PROJECT_DEBUG") == "1"
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
TOM_NAME = "Newer TOM"
INSTALLED_APPS = [*TOMTOOLKIT_INSTALLED_APPS, *(app for app in os.environ.get("OPENTOM_PROJECT_APPS", "").split(",") if app)]
SITE_ID = 1
MIDDLEWARE = [*TOMTOOLKIT_MIDDLEWARE]
ROOT_URLCONF = "tests.projects.kind31.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
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
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
if "OPENTOM_PROJECT_DATABASE" in os.environ:
    DATABASES = {"default": json.loads(os.environ["OPENTOM_PROJECT_DATABASE"])}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "_static"
STATICFILES_DIRS = []
MEDIA_ROOT = BASE_DIR / "data"
MEDIA_URL = "/data/"
TARGET_TYPE = "SIDEREAL"
TARGET_PERMISSIONS_ONLY = True
TARGET_DEFAULT_PERMISSION = "PRIVATE"
MATCH_MANAGERS = {}
FACILITIES = {"LCO": {"portal_url": "http://127.0.0.1:9", "api_key": ""}}
TOM_FACILITY_CLASSES = [
    "tom_observations.facilities.manual.ExampleManualFacility",
    *filter(None, os.environ.get("OPENTOM_PROJECT_FACILITIES", "").split(",")),
]
DATA_PRODUCT_TYPES = {
    "photometry": ("photometry", "Photometry"),
    "fits_file": ("fits_file", "FITS File"),
    "spectroscopy": ("spectroscopy", "Spectroscopy"),
    "image_file": ("image_file", "Image File"),
}
DATA_PROCESSORS = {
    "photometry": "tom_dataproducts.processors.photometry_processor.PhotometryProcessor",
    "spectroscopy": "tom_dataproducts.processors.spectroscopy_processor.SpectroscopyProcessor",
}
DATA_SERVICES = {"Fink": {"api_key": ""}}
EXTRA_FIELDS = [{"name": "redshift", "type": "number"}]
HOOKS = {"target_post_save": "tom_common.hooks.target_post_save"}
