"""What guardian's `get_objects_for_user` answers where a TOM's rules say more than guardian's tables.

Code written for a TOM asks `get_objects_for_user(user, "tom_dataproducts.view_reduceddatum")`. Rights on data come from their target, so
that guardian, which knows rights on single rows alone, would answer with next to nothing. An app registers its one door here::

    register_object_rule(ReducedDatum, lambda user, action, queryset: data_visible_to(user, action, queryset))

The names are bound anew in `AppConfig.ready`; models that import the function before that keep guardian's. Who asks for explicit rights
alone (`use_groups=False`, `with_superuser=False`, `accept_global_perms=False`) is answered by guardian.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from django.apps import apps
from django.db.models import Q, QuerySet

Rule = Callable[[Any, str, QuerySet], QuerySet]
ACTIONS = ("view", "change", "delete")
_rules: dict[Any, Rule] = {}


def register_object_rule(model: Any, rule: Rule) -> None:
    """`rule(user, action, queryset)` narrows to the rows of `model` and of its proxies on which `user` may view, change or delete."""
    _rules[model._meta.concrete_model] = rule
    _install()


def _model_and_action(perm: str, klass: Any) -> tuple[Any, str] | None:
    label, _, codename = perm.rpartition(".")
    action, _, name = codename.partition("_")
    if action not in ACTIONS:
        return None
    label = label or (klass._meta.app_label if klass is not None else "")
    try:
        return apps.get_model(label, name), action
    except (LookupError, ValueError):
        return None


def _answer(user: Any, perms: str | Iterable[str], klass: Any, any_perm: bool) -> QuerySet | None:
    """The rows by our rules, or None where guardian has to answer."""
    rows = klass.all() if hasattr(klass, "all") else None
    model = getattr(klass, "model", klass)
    asked = [_model_and_action(perm, model) for perm in ([perms] if isinstance(perms, str) else perms)]
    if not asked or None in asked:
        return None
    models = {found[0] for found in asked if found is not None}
    named = models.pop()
    concrete = named._meta.concrete_model
    if models or concrete not in _rules or (model is not None and model._meta.concrete_model is not concrete):
        return None
    if rows is None:
        rows = (model or named)._default_manager.all()
    rule, actions = _rules[concrete], dict.fromkeys(found[1] for found in asked if found is not None)
    if any_perm and len(actions) > 1:
        either = Q()
        for action in actions:
            either |= Q(pk__in=rule(user, action, rows.order_by()).values("pk"))
        return rows.filter(either)
    for action in actions:
        rows = rule(user, action, rows)
    return rows


def _install() -> None:
    from guardian import mixins, shortcuts

    guardians = shortcuts.get_objects_for_user
    if getattr(guardians, "follows_object_rules", False):
        return

    @functools.wraps(guardians)
    def get_objects_for_user(
        user: Any,
        perms: Any,
        klass: Any = None,
        use_groups: bool = True,
        any_perm: bool = False,
        with_superuser: bool = True,
        accept_global_perms: bool = True,
    ) -> QuerySet:
        if use_groups and with_superuser and accept_global_perms:
            found = _answer(user, perms, klass, any_perm)
            if found is not None:
                return found
        return guardians(user, perms, klass, use_groups, any_perm, with_superuser, accept_global_perms)

    get_objects_for_user.follows_object_rules = True  # type: ignore[attr-defined]
    shortcuts.get_objects_for_user = mixins.get_objects_for_user = get_objects_for_user
