"""System checks of the kit. They run under `manage.py check` (and runserver, migrate), never in `django.setup()`."""

from __future__ import annotations

import difflib
import functools
import sys
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Warning

from tom_common import shapes
from tom_common.conf import Setting, collect, tom_settings
from tom_common.packages import OUR_PACKAGES

TOKEN_AUTH = "tom_common.accounts.api_auth.TomTokenAuthentication"  # noqa: S105
ALLAUTH_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"

# settings that other TOM software had, still read: their names today
RENAMED = {
    "FORCED_PHOTOMETRY_SERVICES": "SINGLE_TARGET_DATA_SERVICES",
    "TOM_HARVESTER_CLASSES": "INCLUDE_HARVESTER_CLASSES",
}
# and those that nothing reads any more: what to do
REMOVED = {
    "RSP_TOKEN": "The Rubin Science Platform is a plugin's matter now; take it out, or declare it in that plugin's conf.py.",
    "USE_L10N": "Django 5 always formats by locale: take it out.",
}
# values that were right for the TOM Toolkit 2.32
OLD_TEMPLATE_PACK = "bootstrap4"
# names that look like ours but belong to others
FOREIGN_PREFIXES = ("CSRF_", "SESSION_", "SECURE_", "EMAIL_", "ACCOUNT_", "MFA_", "SOCIALACCOUNT_", "CRISPY_", "GUARDIAN_")


def _token_auth_is_used() -> bool:
    from rest_framework.settings import api_settings

    from tom_common.accounts.api_auth import TomTokenAuthentication

    return any(issubclass(cls, TomTokenAuthentication) for cls in api_settings.DEFAULT_AUTHENTICATION_CLASSES)


def check_token_settings(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    wanted = [name for name in ("TOM_API_TOKEN_EXPIRY_DAYS", "TOM_API_TOKEN_REQUIRES_MFA") if getattr(tom_settings, name)]
    if not wanted or _token_auth_is_used():
        return []
    return [
        Warning(
            f"{' and '.join(wanted)} has no effect: the REST API does not use {TOKEN_AUTH}.",
            hint=f"Add '{TOKEN_AUTH}' to REST_FRAMEWORK['DEFAULT_AUTHENTICATION_CLASSES'].",
            id="tom_common.W001",
        )
    ]


def _email_is_configured() -> bool:
    backend = settings.EMAIL_BACKEND
    if not backend.endswith("smtp.EmailBackend"):
        return True
    return settings.EMAIL_HOST not in ("", "localhost") or bool(settings.EMAIL_HOST_USER)


def check_email(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    wanted = [
        name
        for name, on in {
            "TOM_PASSWORD_RESET_ENABLED": tom_settings.TOM_PASSWORD_RESET_ENABLED,
            "TOM_REGISTRATION_STRATEGY": tom_settings.TOM_REGISTRATION_STRATEGY == "approval_required",
        }.items()
        if on
    ]
    if not wanted or _email_is_configured():
        return []
    return [
        Warning(
            f"{' and '.join(wanted)} sends e-mail, but no e-mail is configured.",
            hint="Set EMAIL_HOST (and EMAIL_HOST_USER, EMAIL_HOST_PASSWORD) or EMAIL_BACKEND.",
            id="tom_common.W002",
        )
    ]


def check_login(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    wanted = [
        name for name in ("TOM_MFA_REQUIRED", "TOM_REGISTRATION_STRATEGY", "TOM_PASSWORD_RESET_ENABLED") if getattr(tom_settings, name)
    ]
    if not wanted or (apps.is_installed("allauth.account") and ALLAUTH_BACKEND in settings.AUTHENTICATION_BACKENDS):
        return []
    return [
        Warning(
            f"{', '.join(wanted)} needs logging in by allauth, which this project does not use.",
            hint="Install allauth, allauth.account and allauth.mfa, and use TOMTOOLKIT_AUTHENTICATION_BACKENDS and TOMTOOLKIT_MIDDLEWARE.",
            id="tom_common.W003",
        )
    ]


def _is_kind(value: Any, kind: Any) -> bool:
    if kind is None:
        return True
    for one in kind if isinstance(kind, tuple) else (kind,):
        if one is None:
            if value is None:
                return True
        elif one == "path":
            if isinstance(value, str) or callable(value):
                return True
        elif one is bool or one is int:
            if isinstance(value, one) and (one is bool or not isinstance(value, bool)):
                return True
        elif one is float:
            if isinstance(value, int | float) and not isinstance(value, bool):
                return True
        elif one is list:
            if isinstance(value, list | tuple | set):
                return True
        elif one is str:
            if isinstance(value, str) or hasattr(value, "_proxy____args"):
                return True
        elif isinstance(value, one):
            return True
    return False


def _kind_name(kind: Any) -> str:
    parts = kind if isinstance(kind, tuple) else (kind,)
    return " or ".join({None: "None", "path": "a dotted path"}.get(part) or getattr(part, "__name__", str(part)) for part in parts)


def _wrong(row: Setting) -> CheckMessage | None:
    value = getattr(settings, row.name)
    if not _is_kind(value, row.kind) and not (value is None and row.default is None):
        return Error(f"{row.name} is {type(value).__name__}, not {_kind_name(row.kind)}.", hint=row.help, id="tom_common.E001")
    if row.choices and value not in row.choices:
        return Warning(
            f"{row.name} is {value!r}, which is none of {', '.join(map(repr, row.choices))}.", hint=row.help, id="tom_common.W004"
        )
    return None


def _shape_faults(row: Setting) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for fault in shapes.faults(getattr(settings, row.name), row.shape, row.name):
        kind, number = (Warning, "tom_common.W010") if fault.perhaps else (Error, "tom_common.E002")
        found.append(kind(f"{fault}.", hint=f"{fault.mend} {row.name}: {row.help}".strip(), id=number))
    return found


def check_template_pack(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """2.32 wrote bootstrap4 into settings; its forms are drawn by crispy-bootstrap4, which must then be there."""
    if getattr(settings, "CRISPY_TEMPLATE_PACK", "") != OLD_TEMPLATE_PACK or apps.is_installed("crispy_bootstrap4"):
        return []
    return [
        Warning(
            "CRISPY_TEMPLATE_PACK is 'bootstrap4', but crispy_bootstrap4 is not installed: forms cannot be drawn.",
            hint="Set CRISPY_TEMPLATE_PACK and CRISPY_ALLOWED_TEMPLATE_PACKS to 'bootstrap5', or add crispy_bootstrap4 to INSTALLED_APPS.",
            id="tom_common.W012",
        )
    ]


def _typo_of(name: str, table: dict[str, Setting]) -> str:
    """The setting that `name` is nearly; of names that begin like ours more may differ."""
    near = difflib.get_close_matches(name, table, n=1, cutoff=0.8 if name.startswith(("TOM_", "TARGET_")) else 0.9)
    return near[0] if near else ""


def check_settings(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Wrong kinds of ours, names that have gone, and names so close to one of ours that they must be typing errors."""
    table = collect()
    found: list[CheckMessage] = []
    names = [name for name in dir(settings) if name.isupper()]
    from django.conf import global_settings

    for name in names:
        if name in table:
            wrong = _wrong(table[name])
            found += [wrong] if wrong else _shape_faults(table[name])
        if name in RENAMED and RENAMED[name] not in names:
            found.append(Warning(f"{name} is an old name.", hint=f"Use {RENAMED[name]}.", id="tom_common.W006"))
        if name in REMOVED and name not in table:
            found.append(Warning(f"{name} is read by nothing any more.", hint=REMOVED[name], id="tom_common.W011"))
        if (
            name in table
            or name in RENAMED
            or name in REMOVED
            or hasattr(global_settings, name)
            or name.startswith(FOREIGN_PREFIXES)
            or name.startswith("TOMTOO")
        ):
            continue
        near = _typo_of(name, table)
        if near and near not in names:
            found.append(
                Warning(
                    f"{name} is no setting: it has no effect.",
                    hint=f"Did you mean {near}? `manage.py tomsettings` lists all.",
                    id="tom_common.W005",
                )
            )
    return found


def check_plugins(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    from tom_common.plugins import all_problems

    return [
        Warning(f"{problem.kind}: {problem.declared_in}: {problem.what}. It is left out.", hint=problem.mend or None, id="tom_common.W007")
        for problem in all_problems()
    ]


def check_api_urls(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    from tom_common.api_router import collection_errors

    return [
        Warning(
            f"The API of {name} is left out: importing {name}.urls raised {type(error).__name__}: {error}",
            hint=f"Mend {name}.urls.",
            id="tom_common.W008",
        )
        for name, error in collection_errors.items()
    ]


def owners_of_packages() -> dict[str, list[str]]:
    """Which installed distributions own each of our packages, where it is more than one."""
    import importlib.metadata

    owners = importlib.metadata.packages_distributions()
    return {
        package: sorted(set(owners[package]))
        for package in sorted(OUR_PACKAGES)
        if len({name.lower() for name in owners.get(package, ())}) > 1
    }


def check_distributions(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    return [
        Warning(
            f"The package {package} belongs to several installed distributions: {', '.join(names)}. Which one is imported is chance.",
            hint="Uninstall all of them, then install opentom again (its 'tomtoolkit' shim meets the dependency of plugins).",
            id="tom_common.W009",
        )
        for package, names in owners_of_packages().items()
    ]


OFFERED = {
    "allauth.account": "log-in pages with a second factor, registration and password reset (with allauth, allauth.mfa)",
    "tom_dataservices": "queries of catalogues and brokers through data services",
    "tom_alerts": "brokers and alerts",
    "tom_catalogs": "targets from catalogues",
    "tom_calendar": "the calendar",
    "tom_streams": "alert streams",
    "tom_sharing": "sharing with other TOMs and streams",
    "drf_spectacular": "the description of the REST API at /api/schema/",
}


def check_left_out(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    missing = [f"{name}: {what}" for name, what in OFFERED.items() if not apps.is_installed(name)]
    found: list[CheckMessage] = []
    if missing:
        found.append(
            Info(
                "INSTALLED_APPS leaves out what this toolkit also offers: " + "; ".join(missing) + ".",
                hint="Use TOMTOOLKIT_INSTALLED_APPS of tom_common.default_settings, or add what you want.",
                id="tom_common.I001",
            )
        )
    if "tom_common.csp.ContentSecurityPolicyMiddleware" not in settings.MIDDLEWARE and not any(
        "csp" in item for item in settings.MIDDLEWARE
    ):
        found.append(
            Info(
                "No Content-Security-Policy is sent.",
                hint="Add 'tom_common.csp.ContentSecurityPolicyMiddleware' to MIDDLEWARE and take CONTENT_SECURITY_POLICY from tom_common.default_settings.",
                id="tom_common.I002",
            )
        )
    return found


# what each of our middlewares does for a project whose own list of MIDDLEWARE leaves it out
MIDDLEWARE = {
    "django_htmx.middleware.HtmxMiddleware": "parts of pages that load alone",
    "tom_common.middleware.HTMXRedirectMiddleware": "log-in from a part of a page whose session is over",
    "tom_common.middleware.Raise403Middleware": "pages for errors that say what is wrong",
    "tom_common.middleware.ExternalServiceMiddleware": "a page in place of an error when an outside service fails",
    "tom_common.middleware.AuthStrategyMiddleware": "AUTH_STRATEGY",
    "tom_common.middleware.AccountRequirementsMiddleware": "TOM_ACCOUNT_REQUIREMENTS and TOM_MFA_REQUIRED",
    "tom_common.view_as.ViewAsMiddleware": "looking at the TOM as a group or a visitor",
}


def check_middleware(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    missing = [f"{name}: {what}" for name, what in MIDDLEWARE.items() if name not in settings.MIDDLEWARE]
    if not missing:
        return []
    return [
        Info(
            "MIDDLEWARE leaves out " + "; ".join(missing) + ".",
            hint="Use TOMTOOLKIT_MIDDLEWARE of tom_common.default_settings, or add them in its order; ViewAsMiddleware stands last.",
            id="tom_common.I003",
        )
    ]


OF_ONE_PROCESS = ("locmem.LocMemCache", "dummy.DummyCache")


def check_cache(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Under --deploy: limits that are counted in a cache which each process has for itself."""
    backend = settings.CACHES.get("default", {}).get("BACKEND", "")
    if not backend.endswith(OF_ONE_PROCESS):
        return []
    counted = [name for name in ("TOM_API_RATES", "TOM_API_TOKEN_RATE") if getattr(tom_settings, name)]
    if apps.is_installed("allauth.account"):
        counted.append("the limits of allauth on logging in (ACCOUNT_RATE_LIMITS)")
    if not counted:
        return []
    return [
        Warning(
            f"{', '.join(counted)} are counted in the default cache, and {backend} is not shared: each process of the web server counts alone.",
            hint="Let CACHES['default'] be one that all processes share: 'django.core.cache.backends.redis.RedisCache', 'db.DatabaseCache', "
            "or on one machine 'filebased.FileBasedCache'.",
            id="tom_common.W013",
        )
    ]


def _only_under(*commands: str) -> Any:
    """Let a check run only for some commands: hints at each `migrate` are noise, and looking through distributions takes time."""

    def wrap(check: Any) -> Any:
        @functools.wraps(check)
        def quiet(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
            return check(app_configs, **kwargs) if sys.argv[1:2] and sys.argv[1] in commands else []

        return quiet

    return wrap


CHECKS = [
    check_token_settings,
    check_email,
    check_login,
    check_settings,
    check_template_pack,
    check_plugins,
    check_api_urls,
    _only_under("check", "runserver", "run")(check_distributions),
    _only_under("check")(check_left_out),
    _only_under("check")(check_middleware),
]
CHECKS_OF_DEPLOYMENT = [check_cache]
