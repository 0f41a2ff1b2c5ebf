"""Who can see this, and why.

An app that has the door to a kind of object says, for one of them, to whom it is open and for which reason:

>>> register_explainer(BaseTarget, grants_of)

``grants_of(obj)`` gives `Given` rows: to a user, a group, everybody who is logged in, or visitors; each for one action. `explain` joins them
with names and memberships. Number of queries: what the explainer asks, and seven or eight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import Model

from tom_common.errors import NotFoundError

USER, GROUP, EVERYONE, VISITORS = "user", "group", "everyone", "visitors"
ACTIONS = ("view", "change", "delete")
LISTED_AT_MOST = 500


@dataclass(frozen=True, slots=True)
class Given:
    """`action` is open to the holder (`kind` and, of users and groups, `key`), because of `why`.

    `within`: only to those of them who belong to one of these groups, too. Not `visitors`: not to guardian's stand-in for visitors,
    in person or as a member of the group.
    """

    kind: str
    key: int | None
    action: str
    why: str
    within: frozenset[int] | None = None
    visitors: bool = True


@dataclass(slots=True)
class Holder:
    """A group, or one of the sets of people, with what it may do: action to reasons."""

    kind: str
    key: int | None
    label: str
    may: dict[str, list[str]] = field(default_factory=dict)
    members: int = 0

    @property
    def cells(self) -> list[list[str]]:
        return [self.may.get(action, []) for action in ACTIONS]


@dataclass(slots=True)
class Person(Holder):
    """An account, with what it may do for itself and through its groups."""

    name: str = ""


@dataclass(slots=True)
class Explanation:
    """Who may do what with `obj`.

    `sets` are the visitors and everybody who is logged in, `groups` the groups, `people` the accounts that the viewer may know of, named in
    person or through a group. `unnamed` counts the others. `more` says that there are people beyond `LISTED_AT_MOST`.
    """

    obj: Model
    given: list[Given]
    sets: list[Holder] = field(default_factory=list)
    groups: list[Holder] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    unnamed: int = 0
    more: bool = False

    def reasons_of(self, user: Any) -> dict[str, list[str]]:
        """Why `user` (None or AnonymousUser: a visitor) may do what they may: action to reasons. Empty: nothing."""
        person = _account_of(user)
        inside = user is not None and user.is_authenticated and user.is_active
        alive = person is not None and person.is_active
        groups = dict(person.groups.order_by().values_list("pk", "name")) if alive else {}
        found: dict[str, list[str]] = {}
        for one in self.given:
            if (one.within is not None and one.within.isdisjoint(groups)) or not (inside or one.visitors):
                continue
            if one.kind == (EVERYONE if inside else VISITORS):
                _note(found, one.action, one.why)
            elif alive and one.kind == USER and one.key == person.pk:
                _note(found, one.action, one.why)
            elif alive and one.kind == GROUP and one.key in groups:
                _note(found, one.action, f"through {groups[one.key]}: {one.why}")
        return found


Explainer = Callable[[Any], Iterable[Given]]
_explainers: dict[type[Model], Explainer] = {}


def register_explainer(model: type[Model], explainer: Explainer) -> None:
    """`explainer(obj)` says to whom an object of `model` or a subclass is open. It must agree with the app's policy."""
    _explainers[model] = explainer


def explainer_of(model: type[Model]) -> Explainer | None:
    return next((_explainers[base] for base in model.__mro__ if base in _explainers), None)


def given(obj: Model) -> list[Given]:
    """The rows of the object's explainer. NotFoundError: nobody said how to explain such an object."""
    explainer = explainer_of(type(obj))
    if explainer is None:
        raise NotFoundError(f"Who may see a {obj._meta.verbose_name} is not explained here.")
    return list(explainer(obj))


def explain(obj: Model, viewer: Any = None) -> Explanation:
    """Who may view, change and delete `obj`, and why, with the names that `viewer` may know; None: all names."""
    found = Explanation(obj, given(obj))
    stand_in = _stand_in_key()
    belong = _in_person_within(found.given, stand_in)
    names = dict(Group.objects.filter(pk__in=_groups_in(found.given)).values_list("pk", "name"))
    sets: dict[str, Holder] = {}
    groups: dict[int, Holder] = {}
    people: dict[int, Person] = {}
    through: dict[int, list[Given]] = {}
    for one in found.given:
        if one.kind == GROUP or (one.kind == EVERYONE and one.within is not None):
            for key in (one.key,) if one.kind == GROUP else sorted(one.within or ()):
                if key in names:
                    conditional = one.kind == GROUP and one.within is not None and key not in one.within
                    also = f", for who is in {_either(one.within, names)} too" if conditional else ""
                    _note(groups.setdefault(key, Holder(GROUP, key, names[key])).may, one.action, one.why + also)
                    through.setdefault(key, []).append(one)
        elif one.within is not None and belong.get(_key(one, stand_in), frozenset()).isdisjoint(one.within):
            continue
        elif one.kind == USER and one.key != stand_in:
            _note(people.setdefault(one.key, Person(USER, one.key, "")).may, one.action, one.why)  # type: ignore[arg-type]
        elif one.kind != USER or one.visitors:
            kind = VISITORS if one.kind == USER else one.kind
            _note(sets.setdefault(kind, Holder(kind, None, SETS[kind])).may, one.action, one.why)
    found.sets = [sets[kind] for kind in (VISITORS, EVERYONE) if kind in sets]
    found.groups = sorted(groups.values(), key=lambda group: group.label.lower())
    _add_members(found, people, through)
    _name_people(found, people, viewer, stand_in)
    return found


SETS = {VISITORS: "Visitors who are not logged in", EVERYONE: "Everybody who is logged in"}


def _note(may: dict[str, list[str]], action: str, why: str) -> None:
    reasons = may.setdefault(action, [])
    if why not in reasons:
        reasons.append(why)


def _groups_in(rows: list[Given]) -> set[int]:
    return {one.key for one in rows if one.kind == GROUP and one.key is not None}.union(*(one.within or () for one in rows))


def _either(keys: frozenset[int] | None, names: dict[int, str]) -> str:
    return " or ".join(sorted(names[key] for key in keys or () if key in names))


def _key(one: Given, stand_in: int | None) -> int | None:
    return one.key if one.kind == USER else stand_in


def _in_person_within(rows: list[Given], stand_in: int | None) -> dict[int | None, set[int]]:
    """The groups, of those that the rows ask for, of the accounts that are named in person."""
    asking = [one for one in rows if one.kind in (USER, VISITORS) and one.within is not None]
    if not asking:
        return {}
    of = {
        "user_id__in": {_key(one, stand_in) for one in asking} - {None},
        "group_id__in": set().union(*(one.within or () for one in asking)),
    }
    found: dict[int | None, set[int]] = {}
    for user_key, group_key in get_user_model().groups.through.objects.filter(**of).values_list("user_id", "group_id"):
        found.setdefault(user_key, set()).add(group_key)
    return found


def _add_members(found: Explanation, people: dict[int, Person], through: dict[int, list[Given]]) -> None:
    """The members of the groups, as people, each with the group's reasons."""
    named = {group.key: group for group in found.groups}
    asked = set(named).union(*(one.within or () for rows in through.values() for one in rows))
    memberships = get_user_model().groups.through.objects.filter(group__in=asked, user__is_active=True)
    members = list(memberships.order_by("group_id", "user_id").values_list("group_id", "user_id")[: LISTED_AT_MOST * 4 + 1])
    found.more = len(members) > LISTED_AT_MOST * 4
    groups_of: dict[int, set[int]] = {}
    for group_key, user_key in members:
        groups_of.setdefault(user_key, set()).add(group_key)
    for group_key, user_key in members:
        if group_key not in named:
            continue
        named[group_key].members += 1
        for one in through[group_key]:
            if one.within is None or not one.within.isdisjoint(groups_of[user_key]):
                person = people.setdefault(user_key, Person(USER, user_key, ""))
                _note(person.may, one.action, f"through {named[group_key].label}: {one.why}")


def _name_people(found: Explanation, people: dict[int, Person], viewer: Any, stand_in: int | None) -> None:
    from tom_common.services.users import accounts, visible_users

    people.pop(stand_in, None)  # type: ignore[arg-type]
    keys = sorted(people)
    known = (accounts() if viewer is None else visible_users(viewer)).filter(pk__in=keys[: LISTED_AT_MOST * 4], is_active=True)
    for user in known.order_by("username"):
        person = people[user.pk]
        person.name, person.label = user.get_username(), user.get_full_name() or user.get_username()
    active = accounts().filter(pk__in=keys[: LISTED_AT_MOST * 4], is_active=True).count()
    named = sorted((person for person in people.values() if person.name), key=lambda person: person.name.lower())
    found.unnamed = active - len(named)
    found.more = found.more or len(named) > LISTED_AT_MOST
    found.people = named[:LISTED_AT_MOST]


def _account_of(user: Any) -> Any:
    """The account whose rights count: a visitor's are those of guardian's stand-in."""
    if user is not None and user.is_authenticated:
        return user
    key = _stand_in_key()
    return get_user_model().objects.filter(pk=key).first() if key is not None else None


def _stand_in_key() -> int | None:
    name = getattr(settings, "ANONYMOUS_USER_NAME", "AnonymousUser")
    users = get_user_model()
    return users.objects.filter(**{users.USERNAME_FIELD: name}).values_list("pk", flat=True).first() if name else None


def narrowed(rows: Iterable[Given], why: str = "", *, action: str | None = None, source: str | None = None, **changed: Any) -> list[Given]:
    """`rows` of another explainer, of those for the action `source` where one is named, told for `action`, the reason led by `why`."""
    return [
        replace(one, action=action or one.action, why=f"{why}{one.why}", **changed)
        for one in rows
        if source is None or one.action == source
    ]


# --- what explainers have in common ----------------------------------------------------------------------------------------
def superusers() -> list[Given]:
    """Superusers may do everything."""
    keys = get_user_model().objects.filter(is_superuser=True, is_active=True).order_by("pk").values_list("pk", flat=True)
    return [Given(USER, key, action, "a superuser") for key in keys[:LISTED_AT_MOST] for action in ACTIONS]


def on_the_model(labels: Iterable[str], model: str) -> list[Given]:
    """Who has ``<label>.<action>_<model>`` on all objects, in person or through a group."""
    codes = {f"{action}_{model}": action for action in ACTIONS}
    users = get_user_model()
    of = {"permission__codename__in": codes, "permission__content_type__app_label__in": list(labels)}
    why = f"a right on all {model}s"
    in_person = users.user_permissions.through.objects.filter(**of).values_list("user_id", "permission__codename")
    by_group = Group.permissions.through.objects.filter(**of).values_list("group_id", "permission__codename")
    return [Given(USER, key, codes[code], why) for key, code in in_person] + [Given(GROUP, key, codes[code], why) for key, code in by_group]


def object_rights(content_type: Any, key: Any) -> list[Given]:
    """Whom guardian's common tables give a right on this one object; two queries."""
    from guardian.models import GroupObjectPermission, UserObjectPermission

    model = content_type.model
    codes = {f"{action}_{model}": action for action in ACTIONS}
    of = {"content_type": content_type, "object_pk": str(key), "permission__codename__in": codes}
    why = "a right on it"
    in_person = UserObjectPermission.objects.filter(**of).order_by("pk").values_list("user_id", "permission__codename")
    by_group = GroupObjectPermission.objects.filter(**of).order_by("pk").values_list("group_id", "permission__codename")
    return [Given(USER, one, codes[code], why) for one, code in in_person] + [Given(GROUP, one, codes[code], why) for one, code in by_group]
