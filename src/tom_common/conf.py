"""The settings table: every setting of every app, with default, help and kind.

An app declares its settings in `<app>/conf.py` as ``SETTINGS = [Setting(...), ...]``. Read one by ``tom_settings.NAME``: what the
project says, else the table's default. Nothing is cached but the table, so `override_settings` is followed.
"""

from __future__ import annotations

import copy
import importlib
import importlib.util
from dataclasses import dataclass, replace
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.signals import setting_changed

from tom_common.shapes import Each, Keys, ListOf


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `kind` is bool, int, float, str, list, dict, "path" (dotted path), a tuple of these, or None (anything).

    `shape` says what a dict or list holds: see `tom_common.shapes`.
    """

    name: str
    default: Any
    help: str
    kind: Any = None
    choices: tuple[Any, ...] = ()
    app: str = ""
    shape: Any = None


SETTINGS = [
    Setting("TOM_NAME", "TOM Toolkit", "The name of this TOM, shown in the navigation bar and in titles.", str),
    Setting(
        "AUTH_STRATEGY",
        "READ_ONLY",
        "READ_ONLY lets anonymous visitors look at what is public; LOCKED asks everybody to log in.",
        str,
        ("READ_ONLY", "LOCKED"),
    ),
    Setting(
        "OPEN_URLS",
        [],
        "Path patterns (as of a shell, e.g. '/about/*') that stay open when AUTH_STRATEGY is LOCKED.",
        list,
        shape=ListOf(str),
    ),
    Setting("HOOKS", {}, "Your own functions to be called at certain moments: hook name to dotted path.", dict, shape=Each("path")),
    Setting("HINTS_ENABLED", False, "Show hints to the person who builds the TOM.", bool),
    Setting("HINT_LEVEL", 20, "The message level of hints.", int),
    Setting("COMMENTS_ENABLED", True, "Offer comments on targets and other objects.", bool),
    Setting("TOM_COMMENT_ATTACHMENTS_MAX", 5, "How many files may come with one comment; 0 takes none.", int),
    Setting("TOM_COMMENT_ATTACHMENT_MAX_BYTES", 10_000_000, "The largest file that may come with a comment.", int),
    Setting(
        "TOM_COMMENT_ATTACHMENT_TYPES",
        [".png", ".jpg", ".jpeg", ".gif", ".webp", ".pdf", ".txt", ".csv", ".ecsv", ".json", ".fits", ".fit", ".gz", ".zip"],
        "The endings of files that may come with a comment. Images are shown, everything else is handed over as a file.",
        list,
    ),
    Setting(
        "CSS_THEME",
        None,
        "The theme of the pages: light, dark, night, or the name of a style sheet tom_common/css/<name>.css.",
        (str, None),
    ),
    Setting(
        "PLOTLY_THEME",
        "plotly_white",
        "The Plotly template of plots made by plugins.",
        str,
        ("plotly", "plotly_white", "plotly_dark", "ggplot2", "seaborn", "simple_white", "none"),
    ),
    Setting("SHOW_PAGINATION_INFO", True, "Say under a table which rows of how many are shown.", bool),
    Setting(
        "GENERAL_SEARCH_FUNCTIONS",
        {},
        "Search functions of tables: 'app.Model' to a callable or its dotted path (queryset, name, value).",
        dict,
        shape=Each("path"),
    ),
    Setting("TOM_PASSWORD_RESET_ENABLED", False, "Offer password reset by e-mail.", bool),
    Setting("TOM_MFA_REQUIRED", None, "Who must log in with a second factor.", (str, None), (None, "superusers", "all")),
    Setting("TOM_PASSWORD_EXPIRY_DAYS", None, "Days after which a password must be changed.", (int, None)),
    Setting("TOM_REQUIRED_USER_FIELDS", [], "Fields of user and profile that everybody must fill in.", list, shape=ListOf(str)),
    Setting("TOM_TERMS_OF_SERVICE_VERSION", None, "The version of the terms that everybody must accept.", (str, None)),
    Setting("TOM_API_TOKEN_EXPIRY_DAYS", None, "Days for which an API token is valid.", (int, None)),
    Setting("TOM_API_TOKEN_REQUIRES_MFA", False, "Give API tokens only to those who have a second factor.", bool),
    Setting("TOM_REGISTRATION_STRATEGY", None, "Whether visitors may register.", (str, None), (None, "open", "approval_required")),
    Setting("TOM_HIDE_OTHER_USERS", False, "Show a user only themselves on the users page.", bool),
    Setting(
        "TOM_ACCOUNT_REQUIREMENTS",
        [
            "tom_common.accounts.requirements.terms_of_service_accepted",
            "tom_common.accounts.requirements.mfa_enrolled",
            "tom_common.accounts.requirements.password_not_expired",
            "tom_common.accounts.requirements.required_fields_present",
        ],
        "What an account must fulfil before its user may go on: dotted paths of callables(request).",
        list,
        shape=ListOf("path"),
    ),
    Setting(
        "TOM_API_TOKEN_RATE",
        "30/min",
        "How often one address may ask for an API token by name and password; None: as often as it likes.",
        (str, None),
        shape="rate",
    ),
    Setting("TOM_API_DEFAULT_PAGE_SIZE", 100, "Rows on a page of the REST API when the request does not say.", int),
    Setting("TOM_API_MAX_PAGE_SIZE", 1000, "The most rows that one page of the REST API gives.", int),
    Setting(
        "TOM_API_RATES",
        {},
        "How often one may ask the REST API, as '600/min' or '20/hour': of 'anonymous' (by address), 'user' (session or password), "
        "'token', and beside these 'write' (every change) and 'heavy' (whole files of rows); what is not named is not limited.",
        dict,
        shape=Keys(dict.fromkeys(("anonymous", "user", "token", "write", "heavy"), "rate")),
    ),
    Setting("TOM_API_MAX_BODY_BYTES", 50_000_000, "The largest JSON that the REST API reads; None reads any.", (int, None)),
    Setting("TOM_API_BULK_LIMIT", 1000, "The most rows that one request to `bulk/` may make.", int),
    Setting("TOM_API_STRICT_FIELDS", False, "Refuse a new row that names unknown fields, instead of telling them as `ignored`.", bool),
    Setting("TOM_API_REQUIRE_IF_MATCH", False, "Changes by the REST API must say by If-Match which version they change.", bool),
    Setting("TOM_API_COUNT_CAP", 10_000, "Up to here the `count` of a page is exact; a bigger one is given as this number plus one.", int),
    Setting(
        "TOM_HTTP_TIMEOUT_S",
        (5.0, 30.0),
        "Seconds to wait for an outside service: (connection, answer).",
        (list, tuple),
        shape=ListOf(float, 2),
    ),
    Setting("TOM_HTTP_DEADLINE_S", 300.0, "Seconds for one call of an outside service, its repetitions and pauses included.", (int, float)),
    Setting("TOM_HTTP_MAX_RESPONSE_BYTES", 100_000_000, "The largest answer that is read from an outside service.", int),
    Setting("TOM_HTTP_MAX_DOWNLOAD_BYTES", 20_000_000_000, "The largest file that is fetched from an outside service to disk.", int),
    Setting(
        "TOM_HTTP_PRIVATE_HOSTS",
        [],
        "Hosts (patterns as of a shell) and networks (10.0.0.0/8) of your own to which addresses given by users or by services may lead.",
        list,
        shape=ListOf(str),
    ),
    Setting("TOM_HTTP_USER_AGENT", None, "What outside services are told who asks; None says OpenTOM and its version.", (str, None)),
    Setting("TOM_HTTP_MAX_PER_HOST", 4, "Requests that one process makes to one host at a time.", int),
    Setting("TOM_HISTORY_RETENTION_DAYS", None, "Days for which history is kept; None keeps it for ever.", (int, None)),
    Setting(
        "TOM_SECURITY_LOG_RETENTION_DAYS",
        365,
        "Days for which the security log of accounts is kept; None keeps it for ever, 0 keeps no table, only the logger tom_common.security.",
        (int, None),
    ),
    Setting(
        "TOM_OUTBOX_RETENTION_DAYS", 90, "Days for which sent and refused outbox items are kept; None keeps them for ever.", (int, None)
    ),
    Setting(
        "TOM_TASK_LEASE_S",
        120,
        "Seconds after which a task run whose process says nothing more is taken for lost: it is tried again, or ends as failed.",
        (int, float),
    ),
    Setting("TOM_TASK_RETENTION_DAYS", 30, "Days for which finished task runs are kept; None keeps them for ever.", (int, None)),
    Setting(
        "TOM_HIPS_SERVERS",
        ["https://alasky.cds.unistra.fr", "https://alaskybis.cds.unistra.fr"],
        "Where sky image tiles come from: the only other sites that a page loads anything from.",
        list,
        shape=ListOf("url"),
    ),
    Setting(
        "TOM_CSP_ENFORCE",
        None,
        "Enforce the Content-Security-Policy (True) or only report (False); None enforces it unless foreign apps are installed.",
        (bool, None),
    ),
]

_table: dict[str, Setting] | None = None


def collect() -> dict[str, Setting]:
    """The table of all installed apps, by name."""
    global _table
    if _table is not None:
        return _table
    if not apps.apps_ready:
        return {item.name: item for item in SETTINGS}
    found: dict[str, Setting] = {}
    for config in apps.get_app_configs():
        if config.name == "tom_common":
            items = SETTINGS
        else:
            if not _declares_settings(config):
                continue
            items = getattr(importlib.import_module(f"{config.name}.conf"), "SETTINGS", [])
        for item in items:
            if isinstance(item, Setting) and item.name not in found:
                found[item.name] = replace(item, app=config.name)
    _table = found
    return found


def _declares_settings(config: AppConfig) -> bool:
    # Only packages built on this one are asked: a `conf` module of a foreign library may mean anything. A plugin whose name does
    # not begin with tom_ says so by `declares_tom_settings = True` on its AppConfig.
    ours = config.name.startswith("tom_") or getattr(config, "declares_tom_settings", False)
    return bool(ours) and importlib.util.find_spec(f"{config.name}.conf") is not None


class TomSettings:
    """Attribute access to the table: ``tom_settings.TOM_NAME``. An unknown name raises AttributeError."""

    def __getattr__(self, name: str) -> Any:
        table = collect()
        if name not in table:
            raise AttributeError(f"{name} is no setting of an installed app (see `manage.py tomsettings`)")
        try:
            return getattr(settings, name)
        except AttributeError:
            default = table[name].default
            return copy.copy(default) if isinstance(default, list | dict) else default


tom_settings = TomSettings()


def _forget(*, setting: str, **kwargs: Any) -> None:
    global _table
    if setting == "INSTALLED_APPS":
        _table = None


setting_changed.connect(_forget, dispatch_uid="tom_common.conf")
