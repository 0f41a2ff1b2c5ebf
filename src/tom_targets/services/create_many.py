"""Many new targets at once, with few statements however many they are: the one writer for files, streams, brokers and REST."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, router, transaction

from tom_common.errors import ConflictError, RowError
from tom_common.inserting import insert_rows
from tom_targets.base_models import BaseTarget
from tom_targets.matching import owners, same_name, simplify
from tom_targets.models import TargetExtra, TargetName, get_target_model_class
from tom_targets.querysets import batched
from tom_targets.rows import TargetRow
from tom_targets.services.create import LONGEST_NAME, snapshot
from tom_targets.services.grants import follow_permissions, grant_access_to_new
from tom_targets.services.lists import add_to_list, list_named
from tom_targets.services.validation import NOT_AVAILABLE, clean_columns, from_validation_error, same_object, taken

BATCH = 500


@dataclass(slots=True)
class NewTarget:
    """A target to be made: who else gets the rights on it, the names of lists that it goes into. `clean` and `check_targets` fill in the rest."""

    row: TargetRow
    groups: Sequence[Any] = ()
    lists: Sequence[str] = ()
    columns: dict[str, Any] = field(default_factory=dict)
    aliases: list[str] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)

    def clean(self, model: type[BaseTarget]) -> bool:
        """Read columns and aliases; True when nothing is wrong with them by themselves. An alias that says nothing new is left out."""
        self.columns, self.errors = clean_columns(self.row.columns(), model=model)
        self.aliases = []
        known = {simplify(str(self.columns.get("name", "")))}
        for name in (str(alias).strip() for alias in self.row.aliases):
            if len(name) > LONGEST_NAME:
                problem = f"is longer than {LONGEST_NAME} characters"
                self.errors.append(RowError(None, "aliases", name, problem, "shorten it"))
            elif name and simplify(name) not in known:
                known.add(simplify(name))
                self.aliases.append(name)
        return not self.errors

    def names(self) -> list[str]:
        return [self.columns["name"], *self.aliases]


def check_targets(*, actor: Any, new: Sequence[NewTarget]) -> None:
    """Say in `errors` of each what is wrong with it: columns, names that are taken, names that two of them want."""
    model = get_target_model_class()
    good = [one for one in new if one.clean(model)]
    known = owners(name for one in good for name in one.names())
    earlier: set[str] = set()
    for one in good:
        for place, name in enumerate(one.names()):
            column, same = "aliases" if place else "name", same_name(name)
            if known.get(same) is not None:
                one.errors.append(RowError(None, column, name, taken(name, actor=actor) or NOT_AVAILABLE))
            elif same in earlier:
                one.errors.append(RowError(None, column, name, "An earlier row has this name, or one very like it."))
        if not one.errors:
            one.errors += same_object(one.columns, model=model, actor=actor)
        if not one.errors:
            earlier.update(map(same_name, one.names()))


def create_targets(*, actor: Any, new: Sequence[NewTarget]) -> list[BaseTarget]:
    """Make targets that `check_targets` found nothing wrong with, in their order; in one transaction, hooks included.

    `actor` and the groups of each may view, change and delete it. ConflictError: somebody took one of the names meanwhile.
    """
    try:
        with transaction.atomic():
            made = write_targets(actor=actor, new=new)
            run_hooks(made)
    except ValidationError as error:
        raise from_validation_error(error, "aliases") from error
    except IntegrityError as error:
        raise ConflictError(NOT_AVAILABLE) from error
    return made


def write_targets(*, actor: Any, new: Sequence[NewTarget], done: str = "created") -> list[BaseTarget]:
    """Write targets that are clean and whose names are free: rows, names, tags, rights, lists, history, events; no hook.

    Inside a transaction. IntegrityError when a name is taken all the same; `done` is the word that history has for it.
    """
    from tom_common.services.history import HistoryRow, record_many

    made = _insert(new)
    _give(actor, made, new)
    _put_into_lists(actor, made, new)
    rows = [HistoryRow("created", target, after=snapshot(target), summary=f"Target {target.name} {done}") for target in made]
    record_many(actor=actor, rows=rows)
    if get_target_model_class() is BaseTarget:
        for target in made:
            target._announce(True)
    return made


def run_hooks(made: Iterable[BaseTarget]) -> None:
    """What a target's own `save` would have run."""
    from tom_common.hooks import run_hook

    for target in made:
        run_hook("target_post_save", target=target, created=True)


def targets_named(*, actor: Any, names: Iterable[str]) -> dict[str, int]:
    """Keys of the targets that the actor sees and whose name is one of these, or spelt alike: `same_name` to key."""
    from tom_targets.policy import visible_to

    return owners(names, visible_to(actor, "view", BaseTarget.objects.all())).by_name


def _insert(new: Sequence[NewTarget]) -> list[BaseTarget]:
    model = get_target_model_class()
    made = [model(**one.columns) for one in new]
    using = router.db_for_write(model)
    if model is BaseTarget:
        insert_rows(made, using=using)
        if any(target.pk is None for target in made):  # a database that does not return keys
            keys: dict[str, int] = {}
            for some in batched([target.name for target in made], BATCH):
                keys.update(BaseTarget._base_manager.filter(name__in=some).values_list("name", "pk"))
            for target in made:
                target.pk = keys[target.name]
        follow_permissions([target.pk for target in made if target.permissions != BaseTarget.Permissions.PRIVATE], using=using)
    else:
        for target, one in zip(made, new, strict=True):  # a model of several tables is written row by row, and its own `save` is honoured
            target._hook_later = True
            target.save(**({"extras": dict(one.row.extras)} if one.row.extras else {}))
    names = [TargetName(target=target, name=alias) for target, one in zip(made, new, strict=True) for alias in one.aliases]
    insert_rows(names, using=using, keys=False)
    if model is BaseTarget:
        _tag(made, new, using)
    return made


def _tag(made: list[BaseTarget], new: Sequence[NewTarget], using: str) -> None:
    """Tags that are given, and those that every new target has."""
    defaults = {extra["name"]: extra["default"] for extra in getattr(settings, "EXTRA_FIELDS", []) if extra.get("default") is not None}
    extras = []
    for target, one in zip(made, new, strict=True):
        for key, value in {**defaults, **one.row.extras}.items():
            extra = TargetExtra(target=target, key=key, value=value)
            extra.fill()
            extras.append(extra)
    insert_rows(extras, using=using, keys=False)


def _give(actor: Any, made: list[BaseTarget], new: Sequence[NewTarget]) -> None:
    of: dict[Any, list[int]] = {}
    for target, one in zip(made, new, strict=True):
        for holder in dict.fromkeys([actor, *one.groups]):
            if holder is not None and getattr(holder, "is_authenticated", True):
                of.setdefault(holder, []).append(target.pk)
    grant_access_to_new(holders=of)


def _put_into_lists(actor: Any, made: list[BaseTarget], new: Sequence[NewTarget]) -> None:
    of: dict[str, list[int]] = {}
    for target, one in zip(made, new, strict=True):
        for name in one.lists:
            of.setdefault(name, []).append(target.pk)
    for name, keys in of.items():
        grouping = list_named(actor=actor, name=name)
        if actor is None:
            grouping.targets.add(*keys)
        else:
            add_to_list(actor=actor, grouping=grouping, targets=keys)
