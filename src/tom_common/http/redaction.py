"""Texts without secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

HIDDEN = "***"
_TELLING = (
    "password|passwd|passphrase|secret|token|api[_-]?key|apikey|access[_-]?key|private[_-]?key|authorization|auth[_-]?key|signature"
    "|credential|session[_-]?id|cookie|jwt"
)
_SECRET_NAME = rf"(?:[\w.-]*(?:{_TELLING})[\w.-]*|pwd|key|sig)"  # noqa: S105
_IS_SECRET_NAME = re.compile(_SECRET_NAME, re.IGNORECASE)
_PAIR = re.compile(
    rf"(?i)(?<![\w-])({_SECRET_NAME})(\"?'?\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|(?:Bearer|Token|Basic)\s+[^\s,;&]+|[^\s&;,\"'}}<]+)"
)
_USERINFO = re.compile(r"(?i)([a-z][a-z0-9+.-]*://)[^/\s@]+@")
_SCHEME = re.compile(r"(?i)\b(Bearer|Token|Basic)\s+[A-Za-z0-9._~+/=-]{6,}")


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without what looks like a secret: credentials in URLs, values of telling names, and the given strings (however quoted)."""
    forms = {form for secret in secrets if secret and len(secret) >= 4 for form in _forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, HIDDEN)
    text = _USERINFO.sub(rf"\1{HIDDEN}@", text)
    text = _PAIR.sub(rf"\1\2{HIDDEN}", text)
    return _SCHEME.sub(rf"\1 {HIDDEN}", text)


def _forms(secret: str) -> set[str]:
    try:
        return {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}
    except UnicodeEncodeError:  # a lone surrogate goes into no URL
        return {secret}


def is_secret_name(name: Any) -> bool:
    return _IS_SECRET_NAME.fullmatch(str(name)) is not None


def secrets_of(values: Any) -> list[str]:
    """The texts under telling names in a mapping (or list of pairs) of headers, parameters or JSON, nested ones too."""
    found: list[str] = []
    if isinstance(values, Mapping):
        pairs: Iterable[Any] = values.items()
    elif isinstance(values, list | tuple):
        pairs = [pair if isinstance(pair, tuple) and len(pair) == 2 else ("", pair) for pair in values]
    else:
        return found
    for name, value in pairs:
        if isinstance(value, Mapping | list | tuple):
            found += secrets_of(value)
        elif is_secret_name(name) and value is not None:
            found += [str(value), str(value).rpartition(" ")[2]]
    return found
