"""The plugin registry: what installed apps and settings add to this TOM.

An app offers an extension point by declaring its *kind* in its `plugins.py`::

    register_kind(PluginKind("facility", setting="TOM_FACILITY_CLASSES", method="observation_facilities",
                             base="tom_observations.facility.BaseObservationFacility", required=("name", "get_form"),
                             default=[...]))

Plugins then come from the setting (dotted paths), from the integration method of every AppConfig, or from the default list.
A broken plugin is logged, reported by `manage.py check` and left out.
"""

from __future__ import annotations

import copy
import importlib
import importlib.util
import inspect
import logging
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.signals import setting_changed
from django.urls import URLPattern, URLResolver
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PluginKind:
    """One kind of plugin. `required` are members that a class must have; `default` is used when the setting is absent."""

    name: str
    help: str = ""
    setting: str = ""
    method: str = ""
    base: str = ""
    required: tuple[str, ...] = ()
    default: Any = field(default_factory=list)
    callables: bool = False  # plain functions are as good as classes
    also: tuple[str, ...] = ()  # older or further settings that add to the first
    key: str = "class"  # where an entry that is a dict says its path
    resolve: str = ""  # dotted path of what turns a path into its object, where import alone does not


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one plugin: where it is declared, what happened, how to mend it."""

    kind: str
    declared_in: str
    what: str
    mend: str = ""
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Declared:
    """One plugin as it is declared; `label` is its key in a setting that is a dict."""

    kind: str
    path: str
    declared_in: str
    label: str = ""
    item: Any = None


# page parts: integration methods that give templates or patterns rather than classes
PAGE_PARTS = {
    "nav_items": "entries of the navigation bar: {partial, context, position}",
    "target_detail_buttons": "buttons of a target's page: {partial, context}",
    "target_detail_tabs": "tabs of a target's page: {partial, context, label}",
    "profile_details": "cards of the profile page: {partial, context}",
    "user_lists": "lists of the users page: {partial, context}",
    "dashboard": "cards of the home page: {partial, context, label}",
    "include_url_paths": "url patterns at the root",
}
LIST_METHODS = {
    "data_services": "class",
    "observation_facilities": "class",
    "harvester_classes": "",
}

_kinds: dict[str, PluginKind] = {}
_kinds_loaded = False
_seen: dict[tuple[str, str, str], Problem] = {}


def register_kind(kind: PluginKind) -> PluginKind:
    """Declare a kind of plugin; the same name again replaces it."""
    _kinds[kind.name] = kind
    return kind


HOOK = register_kind(
    PluginKind("hook", help="a function of the project, called at a certain moment", setting="HOOKS", callables=True, default={})
)
SEARCH = register_kind(
    PluginKind("search function", help="what the search of a table means", setting="GENERAL_SEARCH_FUNCTIONS", callables=True, default={})
)
MATCH = register_kind(PluginKind("match manager", help="which targets are the same object", setting="MATCH_MANAGERS", default={}))


def kinds() -> dict[str, PluginKind]:
    """All kinds that installed apps declare in their `plugins.py`, by name."""
    global _kinds_loaded
    if not _kinds_loaded and apps.ready:
        _kinds_loaded = True
        for config in apps.get_app_configs():
            if config.name.startswith("tom_") and config.name != "tom_common" and importlib.util.find_spec(f"{config.name}.plugins"):
                importlib.import_module(f"{config.name}.plugins")
    return dict(_kinds)


def _report(kind: str, declared_in: str, what: str, mend: str = "", error: BaseException | None = None) -> Problem:
    trace = "".join(traceback.format_exception(error)) if error is not None else ""
    problem = Problem(kind, declared_in, what, mend, trace)
    key = (kind, declared_in, what)
    if key not in _seen:  # once in a process, not on every page
        _seen[key] = problem
        logger.error("Plugin left out: %s, %s: %s. %s", kind, declared_in, what, mend, exc_info=error)
    return problem


def known_problems() -> list[Problem]:
    """What this process has met so far, at no cost; `all_problems` looks for more."""
    return list(_seen.values())


def report_part(part: dict, error: BaseException) -> Problem:
    """A part of a page (`partial` of an app) that could not be shown: reported, and the page goes on without it."""
    what = f"it could not be shown: {type(error).__name__}: {error}"
    return _report("template", f"{part.get('app', '')}: {part.get('partial', '')}".lstrip(": "), what, "Mend the template.", error)


def _call(config: AppConfig, method: str, problems: list[Problem] | None = None) -> Any:
    # asked of the class: an AttributeError inside a property of the app is a mistake to be told, not a missing method
    places = (vars(config), *map(vars, type(config).__mro__))
    if next((place[method] for place in places if method in place), None) is None:
        return None
    try:
        function = getattr(config, method)
        return function() if callable(function) else function
    except Exception as error:
        problem = _report(
            method,
            f"{config.name}: {type(config).__qualname__}.{method}()",
            f"it raised {type(error).__name__}: {error}",
            "Mend the method; until then nothing of it is shown.",
            error,
        )
        if problems is not None:
            problems.append(problem)
        return None


def _as_list(value: Any) -> list:
    if value is None:
        return []
    if isinstance(value, str | dict):
        return [value]
    return list(value)


def _page_part(config: AppConfig, method: str, item: Any) -> dict | str:
    """The item in today's shape, or the text of what is wrong with it."""
    if isinstance(item, str):
        item = {"partial": item}
    if not isinstance(item, dict):
        return f"an entry is {type(item).__name__}, not a dict or the name of a template"
    item = dict(item)
    if method == "target_detail_buttons" and "partial" not in item and "namespace" in item:
        item = {"partial": "tom_targets/partials/app_link_button.html", "context": partial(_old_button, button=item), "old": item}
    if not item.get("partial"):
        return "an entry has no 'partial' (the name of a template)"
    if method == "nav_items":
        if item.setdefault("position", "left") not in ("left", "right"):
            return f"position is {item['position']!r}, neither 'left' nor 'right'"
    if method == "target_detail_tabs" and not item.get("label"):
        item["label"] = config.verbose_name
    item["app"] = config.name
    return item


def _old_button(context: Any, button: dict) -> dict:
    """Context of a button declared as {namespace, title, class, text}: a link to `<namespace>` with the target's key."""
    return {"button": button}


def integration_items(method: str, problems: list[Problem] | None = None) -> Iterator[Any]:
    """What the integration method of every installed app gives, in the apps' order, old shapes brought to today's.

    Page parts are dicts with `partial` (and `context`, `label`, `position`, `app`); `include_url_paths` gives url patterns;
    class lists give {"class": dotted path, "app": name}. What is broken is reported and left out.
    """
    for config in apps.get_app_configs():
        returned = _call(config, method, problems)
        where = f"{config.name}: {type(config).__qualname__}.{method}()"
        try:
            items = _as_list(returned)
        except TypeError as error:
            _note(problems, _report(method, where, f"it returned {type(returned).__name__}, not a list", "Return a list.", error))
            continue
        for item in items:
            if method == "include_url_paths":
                yield item
                continue
            if method in LIST_METHODS or any(kind.method == method for kind in _kinds.values()):
                path = item.get("class") if isinstance(item, dict) else item
                if not path or not (isinstance(path, str) or inspect.isclass(path)):
                    mend = "Give the dotted path of a class." if method == "harvester_classes" else "Give {'class': '<dotted path>'}."
                    _note(problems, _report(method, where, f"{item!r} names no class", mend))
                    continue
                path = path if isinstance(path, str) else f"{path.__module__}.{path.__qualname__}"
                yield {**(item if isinstance(item, dict) else {}), "class": path, "app": config.name}
                continue
            if method not in PAGE_PARTS:  # a method of somebody else's invention: as it is
                yield {**item, "app": config.name} if isinstance(item, dict) else item
                continue
            part = _page_part(config, method, item)
            if isinstance(part, str):
                _note(problems, _report(method, where, part, "See the documentation of integration points."))
                continue
            yield part


def _note(problems: list[Problem] | None, problem: Problem) -> None:
    if problems is not None:
        problems.append(problem)


def part_context(item: dict, argument: Any) -> dict | None:
    """The context of a page part: its callable (object or dotted path) called with `argument`. None: leave the part out."""
    function = item.get("context")
    if not function:
        return {}
    where = f"{item.get('app', '')}: {item.get('partial', '')}"
    if isinstance(function, str):
        try:
            function = import_string(function)
        except ImportError as error:
            _report("context", where, f"its context {item['context']!r} cannot be imported: {error}", "Correct the dotted path.", error)
            return None
    try:
        return function(argument) or {}
    except Exception as error:
        _report("context", where, f"its context function raised {type(error).__name__}: {error}", "Mend the function.", error)
        return None


def import_plugin(path: str | type, *, kind: str = "", declared_in: str = "", base: type | None = None) -> Any | None:
    """The class or function at a dotted path, or None when it cannot be had; the reason is logged and reported."""
    found, problem = _load(path, kind or "plugin", declared_in or str(path))
    if found is not None and base is not None and not (inspect.isclass(found) and issubclass(found, base)):
        problem = _report(
            kind or "plugin",
            declared_in or str(path),
            f"{path} is no {base.__qualname__}",
            f"Derive it from {base.__module__}.{base.__qualname__}.",
        )
    return None if problem else found


_tolerant: ContextVar[bool] = ContextVar("tom_common.plugins.tolerant", default=False)


@contextmanager
def leaving_out_broken() -> Iterator[None]:
    """While a page is made: `classes_named` reports a broken class and leaves it out, instead of raising ImportError."""
    token = _tolerant.set(True)
    try:
        yield
    finally:
        _tolerant.reset(token)


def classes_named(paths: Iterable[str], *, setting: str) -> list[Any]:
    """The classes at the dotted paths that `setting` names.

    ``ImportError`` says which path it is that has none; where a page is made, that one is reported and left out.
    """
    found = []
    for path in paths:
        try:
            cls = import_string(path) if isinstance(path, str) else path
        except Exception as error:
            if _tolerant.get():
                _load(path, setting, f"setting {setting}")
                continue
            if not isinstance(error, ImportError | AttributeError):
                raise
            raise ImportError(f"Could not import {path}, which {setting} names. Did you provide the correct path? {error}") from error
        if _tolerant.get() and not (inspect.isclass(cls) and hasattr(cls, "name" if setting != "TOM_CADENCE_STRATEGIES" else "__name__")):
            _report(setting, f"setting {setting}", f"{path} is no class with a name", "Name a class that has a `name`.")
            continue
        found.append(cls)
    return found


def _load(path: Any, kind: str, where: str, resolve: str = "") -> tuple[Any, Problem | None]:
    if not isinstance(path, str):
        return path, None
    try:
        return (import_string(resolve) if resolve else import_string)(path), None
    except Exception as error:
        return None, _report(
            kind,
            where,
            f"{path} cannot be imported: {type(error).__name__}: {error}",
            "Correct the dotted path, install the package, or take the entry out.",
            error,
        )


def _setting_value(kind: PluginKind) -> tuple[Any, str]:
    for name in (kind.setting, *kind.also):
        value = getattr(settings, name, None) if name else None
        if value is not None and (value or (name == kind.setting and not kind.also)):
            return value, f"setting {name}"
    return copy.copy(kind.default), "default"


def declared(kind_name: str, problems: list[Problem] | None = None) -> list[Declared]:
    """All plugins of a kind: those of the setting (or the default list), then those of the apps; each path once."""
    kind = kinds()[kind_name]
    value, where = _setting_value(kind)
    found: list[Declared] = []
    if isinstance(value, dict):
        pairs = [(str(label), item) for label, item in value.items()]
    elif isinstance(value, list | tuple | set):
        pairs = [("", item) for item in value]
    else:
        _note(problems, _report(kind.name, where, f"it is {type(value).__name__}, not a list or dict", "Give a list of dotted paths."))
        pairs = []
    for label, item in pairs:
        path = item.get(kind.key, "") if isinstance(item, dict) else item
        if isinstance(path, str) and path:
            found.append(Declared(kind.name, path, where, label, item))
        elif inspect.isclass(path) or callable(path):
            found.append(
                Declared(kind.name, f"{path.__module__}.{getattr(path, '__qualname__', type(path).__qualname__)}", where, label, item)
            )
        elif kind.callables and not path:
            continue  # a hook that is switched off
        else:
            shown = label or (", ".join(map(str, item)) if isinstance(item, dict) else repr(item))  # values may be secrets
            _note(problems, _report(kind.name, where, f"{shown} names no class", f"Give a dotted path{_under(kind, item)}."))
    if kind.method:
        known = {item.path for item in found}
        for item in integration_items(kind.method, problems):
            path = item["class"] if isinstance(item, dict) else item
            if path not in known:
                known.add(path)
                app = item.get("app", "") if isinstance(item, dict) else ""
                found.append(Declared(kind.name, path, f"{app}: {kind.method}()", "", item))
    return found


def _under(kind: PluginKind, item: Any) -> str:
    return f" under {kind.key!r}" if isinstance(item, dict) else ""


def examine(kind_name: str) -> tuple[list[tuple[Declared, Any]], list[Problem]]:
    """The plugins of a kind that are sound, each with its class, and the problems of the others."""
    kind = kinds()[kind_name]
    problems: list[Problem] = []
    sound: list[tuple[Declared, Any]] = []
    base = None
    if kind.base:
        base, problem = _load(kind.base, kind.name, "the kind itself")
        _note(problems, problem) if problem else None
    for item in declared(kind_name, problems):
        cls, problem = _load(item.path if item.path.find("<locals>") < 0 else item.item, kind.name, item.declared_in, kind.resolve)
        problem = problem or _fault(kind, item, cls, base)
        if problem:
            problems.append(problem)
        else:
            sound.append((item, cls))
    return sound, problems


def _fault(kind: PluginKind, item: Declared, cls: Any, base: Any) -> Problem | None:
    if not inspect.isclass(cls):
        if kind.callables and callable(cls):
            return None
        return _report(kind.name, item.declared_in, f"{item.path} is no class", "Name a class.")
    if base is not None and inspect.isclass(base) and not issubclass(cls, base):
        missing = [name for name in kind.required if not hasattr(cls, name)]
        if missing or not kind.required:
            return _report(kind.name, item.declared_in, f"{item.path} does not derive from {kind.base}", f"Derive it from {kind.base}.")
    missing = [name for name in kind.required if getattr(cls, name, None) is None]
    if missing:
        return _report(
            kind.name, item.declared_in, f"{item.path} has no {', '.join(missing)}", f"Define {', '.join(missing)} on {item.path}."
        )
    if inspect.isabstract(cls):
        names = ", ".join(sorted(cls.__abstractmethods__))
        return _report(kind.name, item.declared_in, f"{item.path} leaves {names} abstract", f"Define {names} on {item.path}.")
    return None


def plugin_classes(kind_name: str) -> list[Any]:
    """The sound classes of a kind, in order of declaration."""
    return [cls for _, cls in examine(kind_name)[0]]


def all_problems() -> list[Problem]:
    """Everything that is wrong with plugins now: classes of every kind and integration methods of every app."""
    problems: list[Problem] = []
    for name in kinds():
        problems += examine(name)[1]
    for method in PAGE_PARTS:
        for item in integration_items(method, problems):
            if isinstance(item, dict) and isinstance(item.get("context"), str):
                _, problem = _load(item["context"], "context", f"{item['app']}: {method}() {item['partial']}")
                _note(problems, problem) if problem else None
            elif method == "include_url_paths" and not isinstance(item, URLPattern | URLResolver):
                what = f"it returned {type(item).__name__}, not what path() or re_path() gives"
                problems.append(_report(method, "include_url_paths()", what, "Return a list of path(...)."))
            if isinstance(item, dict) and item.get("partial"):
                _look_at_template(item, method, problems)
    unique = {(problem.kind, problem.declared_in, problem.what): problem for problem in problems}
    return list(unique.values())


def _look_at_template(item: dict, method: str, problems: list[Problem]) -> None:
    from django.template import TemplateDoesNotExist, TemplateSyntaxError
    from django.template.loader import get_template

    where = f"{item['app']}: {method}()"
    try:
        get_template(item["partial"])
    except TemplateDoesNotExist as error:
        mend = f"Add templates/{item['partial']} to the app, or correct the name."
        problems.append(_report(method, where, f"the template {error} is not there", mend))
    except TemplateSyntaxError as error:
        problems.append(_report(method, where, f"the template {item['partial']} is wrong: {error}", "Mend the template."))
    except Exception as error:
        problems.append(_report(method, where, f"the template {item['partial']!r} cannot be read: {error}", "Name a template."))


def _forget(*, setting: str, **kwargs: Any) -> None:
    global _kinds_loaded
    if setting == "INSTALLED_APPS":
        _kinds_loaded = False
        _seen.clear()


setting_changed.connect(_forget, dispatch_uid="tom_common.plugins")
