"""What a TOM's settings start from: ``from tom_common.default_settings import *``.

Everything here may be overridden by what follows in the project's settings.
"""

from importlib.util import find_spec as _find_spec


def _present(*names: str) -> list[str]:
    """Of the optional packages those that are installed."""
    return [name for name in names if _find_spec(name.partition(".")[0])]


TOMTOOLKIT_INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.sites",
    *_present("django_extensions"),
    "django_tasks",
    "django_tasks.backends.database",
    "guardian",
    "tom_common",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_comments",
    "django_bootstrap5",
    "crispy_bootstrap5",
    "crispy_forms",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "csp",
    "django_filters",
    "django_tables2",
    *_present("django_gravatar"),
    "django_htmx",
    "tom_targets",
    "tom_alerts",
    "tom_catalogs",
    "tom_observations",
    "tom_dataproducts",
    "tom_dataservices",
    "tom_calendar",
    "tom_streams",
    "tom_sharing",
]

TOMTOOLKIT_MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "tom_common.csp.ContentSecurityPolicyMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "tom_common.middleware.HTMXRedirectMiddleware",
    "tom_common.middleware.Raise403Middleware",
    "tom_common.middleware.ExternalServiceMiddleware",
    "tom_common.middleware.AuthStrategyMiddleware",
    "tom_common.middleware.AccountRequirementsMiddleware",
    "tom_common.view_as.ViewAsMiddleware",
]

TOMTOOLKIT_AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]

# public since 2.32, misspelt as they are
TOMTOOKIT_INSTALLED_APPS = TOMTOOLKIT_INSTALLED_APPS
TOMTOOKIT_MIDDLEWARE = TOMTOOLKIT_MIDDLEWARE

AUTHENTICATION_BACKENDS = TOMTOOLKIT_AUTHENTICATION_BACKENDS

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
DJANGO_TABLES2_TEMPLATE = "django_tables2/bootstrap5.html"

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = "tom_base.formats"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

ACCOUNT_ADAPTER = "tom_common.accounts.adapters.TomAccountAdapter"
ACCOUNT_SIGNUP_FORM_CLASS = "tom_common.accounts.forms.TomSignupForm"
ACCOUNT_FORMS = {"login": "tom_common.accounts.login_forms.TomLoginForm"}
# beside allauth's own limits (a name: 5 wrong passwords in 5 minutes; an address: 10 a minute, 30 logins a minute)
ACCOUNT_RATE_LIMITS = {"signup": "10/m/ip,100/d/ip"}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_AUTHENTICATED_LOGIN_REDIRECTS = False
MFA_ADAPTER = "tom_common.accounts.adapters.TomMFAAdapter"
MFA_FORMS = {"authenticate": "tom_common.accounts.forms.TomAuthenticateForm"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = False

# used once a project adds "allauth.socialaccount" and a provider to INSTALLED_APPS
SOCIALACCOUNT_ADAPTER = "tom_common.accounts.social.TomSocialAccountAdapter"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "tom_common.accounts.api_auth.TomTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
        "tom_common.accounts.api_auth.TomBasicAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticatedOrReadOnly"],
    "DEFAULT_PAGINATION_CLASS": "tom_common.api.pagination.CursorOrOffsetPagination",
    "PAGE_SIZE": 100,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "tom_common.api.errors.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "TOM API",
    "DESCRIPTION": "Targets, observations and data of this TOM.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": False,
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "tom_common.api.schema.say_refusals"],
}

TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}

# csp.constants.NONE / SELF, spelt out so that settings import no library
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'", "'wasm-unsafe-eval'"],
        # the hash is that of the one style sheet that Aladin Lite 3.8.2 puts into the page; it also sets style attributes
        # and that of an empty one, into which Plotly puts its rules by script
        "style-src": [
            "'self'",
            "'sha256-cEnY4wnnUdAaYodEHQq0zu+362EwEHHSAlawP4BBKmw='",
            "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
        ],
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "connect-src": ["'self'", "data:", "blob:"],
        "worker-src": ["'self'", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'self'"],
    }
}
