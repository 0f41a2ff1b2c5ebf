"""What a process makes once and keeps, because it is the same for every request until a setting changes.

Addresses are kept by the URL configuration in force (`whereabouts`), so another one, another script prefix or language has its own.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.signals import setting_changed
from django.urls import NoReverseMatch, get_resolver, get_script_prefix, get_urlconf, reverse
from django.utils.translation import get_language

F = TypeVar("F", bound=Callable[..., Any])

_forgetters: list[Callable[[], Any]] = []
_changes = 0
# a number that appears in no address by chance
_MARK = 8146927305 * 10**8


def kept(function: F) -> F:
    """Remember what a function answered, up to 1,024 answers, until a setting changes. Its arguments must be hashable."""
    made = functools.lru_cache(maxsize=1024)(function)
    _forgetters.append(made.cache_clear)
    return made  # type: ignore[return-value]


def whereabouts() -> tuple[Any, ...]:
    """All that an address depends on beside its name and arguments: URL configuration, script prefix, language, settings."""
    return get_resolver(get_urlconf()), get_script_prefix(), get_language(), _changes


def setting_changes() -> int:
    """How often a setting has changed in this process, for who keeps something elsewhere."""
    return _changes


def address(name: str) -> str:
    """The address of a page without arguments; "" where this TOM has no such page."""
    return _address(name, whereabouts())


@kept
def _address(name: str, where: Any) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def address_of(name: str, pk: Any) -> str:
    """``reverse(name, kwargs={"pk": pk})``, several times as fast."""
    return addresses_of(name)(pk)


def addresses_of(name: str) -> Callable[[Any], str]:
    """`address_of` for many rows: what gives the address of each key."""
    around = _around(name, whereabouts())
    if around is None:
        return lambda pk: reverse(name, kwargs={"pk": pk})
    before, behind = around
    return lambda pk: f"{before}{pk}{behind}" if type(pk) is int and pk >= 0 else reverse(name, kwargs={"pk": pk})


@kept
def _around(name: str, where: Any) -> tuple[str, str] | None:
    """What stands before and behind the key in the address, None where the key is not simply written there."""
    try:
        first, second = reverse(name, kwargs={"pk": _MARK}), reverse(name, kwargs={"pk": 7})
    except NoReverseMatch:
        return None
    parts = first.split(str(_MARK))
    return (parts[0], parts[1]) if len(parts) == 2 and "7".join(parts) == second else None


def _forget(**kwargs: Any) -> None:
    # settings change in tests, and nowhere else while a process lives
    global _changes
    _changes += 1
    for forget in _forgetters:
        forget()


setting_changed.connect(_forget, dispatch_uid="tom_common.kept")
