"""Settings as an owner of a TOM made with 2.32 has them: every list written out, Bootstrap 4, no allauth."""

import json
import os
import tempfile
from pathlib import Path

BASE_DIR = Path(os.environ["OPENTOM_PROJECT_DIR"])
SECRET_KEY = "a-project-of-the-older-kind"
DEBUG = os.environ.get("OPENTOM_PROJECT_DEBUG") == "1"
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
TOM_NAME = "Older TOM"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.sites",
    "django_extensions",
    "django_tasks",
    "django_tasks.backends.database",
    "guardian",
    "tom_common",
    "django_comments",
    "bootstrap4",
    "crispy_bootstrap4",
    "crispy_forms",
    "rest_framework",
    "rest_framework.authtoken",
    "django_filters",
    "django_tables2",
    "django_gravatar",
    "django_htmx",
    "tom_targets",
    "tom_alerts",
    "tom_catalogs",
    "tom_observations",
    "tom_dataproducts",
    "tom_calendar",
]
INSTALLED_APPS += [app for app in os.environ.get("OPENTOM_PROJECT_APPS", "").split(",") if app]
SITE_ID = 1
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "tom_common.middleware.Raise403Middleware",
    "tom_common.middleware.ExternalServiceMiddleware",
    "tom_common.middleware.AuthStrategyMiddleware",
]
ROOT_URLCONF = "tests.projects.kind232.urls"
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
CRISPY_TEMPLATE_PACK = "bootstrap4"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
if "OPENTOM_PROJECT_DATABASE" in os.environ:
    DATABASES = {"default": json.loads(os.environ["OPENTOM_PROJECT_DATABASE"])}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
AUTHENTICATION_BACKENDS = ("django.contrib.auth.backends.ModelBackend", "guardian.backends.ObjectPermissionBackend")
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
DATETIME_FORMAT = "Y-m-d H:i:s"
DATE_FORMAT = "Y-m-d"
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "_static"
STATICFILES_DIRS = []
MEDIA_ROOT = BASE_DIR / "data"
MEDIA_URL = "/data/"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": tempfile.gettempdir()}}
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
TARGET_TYPE = "SIDEREAL"
TARGET_PERMISSIONS_ONLY = True
TARGET_DEFAULT_PERMISSION = "PRIVATE"
MATCH_MANAGERS = {}
FACILITIES = {
    "LCO": {"portal_url": "http://127.0.0.1:9", "api_key": ""},
    "GEM": {
        "portal_url": {"GS": "http://127.0.0.1:9", "GN": "http://127.0.0.1:9"},
        "api_key": {"GS": "", "GN": ""},
        "user_email": "",
        "programs": {},
    },
}
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
TOM_FACILITY_CLASSES = [
    "tom_observations.facilities.lco_redirect.LCORedirectFacility",
    "tom_observations.facilities.gemini.GEMFacility",
    *filter(None, os.environ.get("OPENTOM_PROJECT_FACILITIES", "").split(",")),
]
TOM_ALERT_CLASSES = [
    "tom_alerts.brokers.alerce.ALeRCEBroker",
    "tom_alerts.brokers.gaia.GaiaBroker",
    "tom_alerts.brokers.lasair.LasairBroker",
    "tom_alerts.brokers.tns.TNSBroker",
]
BROKERS = {"TNS": {"api_key": "", "bot_id": "", "bot_name": ""}, "LASAIR": {"api_key": ""}}
HARVESTERS = {"TNS": {"api_key": ""}}
EXTRA_FIELDS = []
HOOKS = {
    "target_post_save": "tom_common.hooks.target_post_save",
    "observation_change_state": "tom_common.hooks.observation_change_state",
    "data_product_post_upload": "tom_dataproducts.hooks.data_product_post_upload",
    "data_product_post_save": "tom_dataproducts.hooks.data_product_post_save",
    "multiple_data_products_post_save": "tom_dataproducts.hooks.multiple_data_products_post_save",
}
AUTO_THUMBNAILS = False
THUMBNAIL_MAX_SIZE = (0, 0)
THUMBNAIL_DEFAULT_SIZE = (200, 200)
AUTH_STRATEGY = "READ_ONLY"
OPEN_URLS = []
HINTS_ENABLED = False
HINT_LEVEL = 20
REST_FRAMEWORK = {
    "DEFAULT_PERMISSION_CLASSES": [],
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 100,
}
PLOTLY_THEME = "plotly_white"
