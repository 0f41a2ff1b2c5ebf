"""Rows of a file become targets, batch by batch."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from tom_common.errors import InvalidInputError, RowError, TomError
from tom_targets.matching import owners, same_name, simplify
from tom_targets.models import BaseTarget, get_target_model_class
from tom_targets.rows import TargetRow
from tom_targets.services.create_many import NewTarget, run_hooks, write_targets
from tom_targets.services.importing.mapping import ALIAS, GROUPS, LEFT_OUT, TAG, Mapped, propose, resolve, text_of
from tom_targets.services.importing.tables import Table, bad_text, open_table
from tom_targets.services.validation import NOT_AVAILABLE, same_object, taken

logger = logging.getLogger(__name__)
BATCH = 500
MOST_ERRORS = 1000
Existing = Literal["report", "skip", "update"]


@dataclass
class ImportResult:
    """Targets made, and what was wrong in which line. A line that is wrong leaves nothing behind.

    `errors` holds the first thousand; `wrong` counts the rows that have any. `targets` stays empty when they are not to be kept.
    """

    targets: list[BaseTarget] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    rows: int = 0
    new: int = 0
    updated: int = 0
    present: int = 0
    wrong: int = 0
    counted_in: str = "line"
    notes: list[str] = field(default_factory=list)

    def messages(self) -> list[str]:
        texts = [f"Error on {self.counted_in} {e.row}: {_where(e)}{e.problem}{' (' + e.mend + ')' if e.mend else ''}" for e in self.errors]
        more = self.wrong - len({e.row for e in self.errors})
        return [*texts, f"... and {more} more {self.counted_in}s with errors."] if more > 0 else texts


def _where(error: RowError) -> str:
    if not error.column:
        return ""
    if error.value in (None, ""):
        return f"{error.column}: "
    value = str(error.value)
    return f"{error.column} {value[:60] + ('...' if len(value) > 60 else '')!r}: "


def import_csv(*, stream, actor, groups: Iterable[Group] = ()) -> ImportResult:
    """Read targets from CSV with a header line (or another format that `open_table` reads); `actor` and the groups of a row's `groups`
    column get the rights on them.

    Columns: those of the target model; `name2`, `name3`, ... for aliases; `groups`; every other one is a tag. Angles in degrees
    or sexagesimal (right ascension in hours). Lines are counted from 1, the header being the first. Good rows are kept, each batch in
    a transaction.
    """
    table = open_table(stream)
    mapped = resolve(propose(table.columns, exact=table.exact), exact=table.exact)
    importer = Importer(actor=actor, columns=[c.name for c in table.columns], mapped=mapped, exact=table.exact, groups=groups)
    return importer.run(table)


def in_batches(table: Table, size: int = BATCH) -> Iterator[list[tuple[int, Any]]]:
    batch: list[tuple[int, Any]] = []
    for row in table.rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


@dataclass(slots=True)
class _Row:
    number: int
    new: NewTarget
    pk: int | None = None  # of the target that it updates

    def names(self) -> list[str]:
        """As the file has them, the name first."""
        return [name for name in (self.new.row.name, *self.new.row.aliases) if name]


class Importer:
    """Takes batches of rows. `dry` writes nothing and counts what would be; `existing` says what is done with rows of targets that are
    there: report an error, skip, or update them."""

    def __init__(
        self,
        *,
        actor: Any,
        columns: list[str],
        mapped: list[Mapped],
        exact: bool = False,
        groups: Iterable[Group] = (),
        existing: Existing = "report",
        dry: bool = False,
        keep_targets: bool = True,
    ) -> None:
        self.actor, self.headers, self.mapped, self.exact = actor, columns, mapped, exact
        self.groups, self.existing, self.dry, self.keep_targets = list(groups), existing, dry, keep_targets
        self.result = ImportResult()
        self.model = get_target_model_class()
        self.header_of = {m.to: name for name, m in zip(columns, mapped, strict=True) if m.to not in (ALIAS, GROUPS, TAG, LEFT_OUT)}
        self.alias_header = next((name for name, m in zip(columns, mapped, strict=True) if m.to == ALIAS), "aliases")
        self.group_of = {g.name: g for g in Group.objects.all()} if any(m.to == GROUPS for m in mapped) else {}
        extras = [] if exact else getattr(settings, "EXTRA_FIELDS", [])
        self.defaults = {e["name"]: e["default"] for e in extras if e.get("default") is not None}
        self.seen: set[int] = set()  # hashes of the names of the file so far, when nothing is written that could be asked

    def run(self, table: Table) -> ImportResult:
        self.result.counted_in, self.result.notes = table.counted_in, table.notes
        for batch in in_batches(table):
            self.take(batch)
        return self.result

    def take(self, batch: list[tuple[int, Any]], *, within: Callable[[list[int]], None] | None = None) -> list[int]:
        """Import these rows in one transaction; gives the keys of the targets made, also to `within`, called before the transaction ends."""
        rows = [row for number, cells in batch if (row := self._read(number, cells)) is not None]
        rows = self._match(rows)
        if self.dry:
            self.result.new += sum(row.pk is None for row in rows)
            self.result.updated += sum(row.pk is not None for row in rows)
            return []
        made: list[BaseTarget] = []
        with transaction.atomic():
            new = [row for row in rows if row.pk is None]
            if new:
                try:
                    with transaction.atomic():
                        made = self._write(new)
                except IntegrityError:
                    # somebody else took a name in the meantime: which one shows row by row
                    for row in new:
                        made += self._one(row)
            for row in rows:
                if row.pk is not None:
                    self._update(row)
            keys = [target.pk for target in made]
            self.result.new += len(keys)
            if within is not None:
                within(keys)
        self._hooks(made)
        if self.keep_targets:
            self.result.targets += made
        return keys

    def _write(self, rows: list[_Row]) -> list[BaseTarget]:
        return write_targets(actor=self.actor, new=[row.new for row in rows], done="imported")

    def _one(self, row: _Row) -> list[BaseTarget]:
        try:
            with transaction.atomic():
                return self._write([row])
        except IntegrityError:
            self._wrong(row.number, [RowError(row.number, self.header_of["name"], row.new.row.name, NOT_AVAILABLE)])
            return []

    def _hooks(self, made: list[BaseTarget]) -> None:
        for target in made:
            try:
                run_hooks([target])
            except Exception:
                logger.exception("The hook target_post_save failed for the imported target %s", target.pk)
                note = "A hook of this TOM failed for some targets; they are imported. The log says more."
                if note not in self.result.notes:
                    self.result.notes.append(note)

    def _wrong(self, number: int, errors: Iterable[RowError]) -> None:
        self.result.wrong += 1
        room = MOST_ERRORS - len(self.result.errors)
        self.result.errors += list(errors)[: max(room, 0)]

    # --- reading -----------------------------------------------------------------------------------------------------
    def _read(self, number: int, cells: Any) -> _Row | None:
        self.result.rows += 1
        if isinstance(cells, RowError):
            self._wrong(number, [cells])
            return None
        errors: list[RowError] = []
        given: dict[str, Any] = {}
        aliases: list[str] = []
        extras: dict[str, str] = {}
        groups = self.groups
        for header, mapped, cell in zip(self.headers, self.mapped, cells, strict=True):
            to = mapped.to
            if to == LEFT_OUT:
                continue
            if isinstance(cell, str) and not (cell.isascii() and "\x00" not in cell):
                problem = bad_text(cell)
                if problem:
                    errors.append(RowError(number, header, cell.encode("utf-8", "replace").decode(), *problem))
                    continue
            if to == TAG:
                if cell is not None or not self.exact:
                    extras[mapped.key] = "" if cell is None else text_of(cell)
                continue
            if cell is None or (isinstance(cell, str) and not cell.strip()):
                continue
            if to == ALIAS:
                aliases.append(text_of(cell).strip())
            elif to == GROUPS:
                names = [name.strip() for name in text_of(cell).split(",")]
                groups = [*groups, *(self.group_of[name] for name in names if name in self.group_of)]
            else:
                value = mapped.convert(cell) if mapped.convert is not None else cell
                given[to] = text_of(value) if to == "name" else value
        if not (given or aliases or any(extras.values()) or errors):
            self.result.rows -= 1  # an empty line
            return None
        row = TargetRow(
            name=given.pop("name", ""),
            type=str(given.pop("type", "SIDEREAL")).strip().upper().replace("-", "_").replace(" ", "_"),
            aliases=tuple(aliases),
            extras={**{k: v for k, v in self.defaults.items() if k not in extras}, **extras},
            fields=given,
        )
        if errors:
            self._wrong(number, errors)
            return None
        return _Row(number, NewTarget(row, groups))

    def _clean(self, row: _Row) -> bool:
        if row.new.clean(self.model):
            return True
        self._wrong(row.number, [self._told(row.number, error) for error in row.new.errors])
        return False

    def _new_to_the_project(self, row: _Row) -> bool:
        errors = same_object(row.new.columns, model=self.model, actor=self.actor)
        if errors:
            self._wrong(row.number, [self._told(row.number, error) for error in errors])
        return not errors

    def _told(self, number: int, error: RowError) -> RowError:
        """The error with the row and the header under which the file has the column."""
        header = self.alias_header if error.column == "aliases" else self.header_of.get(error.column, error.column)
        return RowError(number, header, error.value, error.problem, error.mend or _mend(error))

    # --- what is there already ---------------------------------------------------------------------------------------
    def _match(self, rows: list[_Row]) -> list[_Row]:
        there = owners(name for row in rows for name in row.names())
        kept: dict[str, int] = {}  # names of this batch, and the number of their row
        good = []
        for row in rows:
            names: dict[str, str] = {}
            for name in row.names():
                names.setdefault(same_name(name), name)
            clash = next((same for same in names if there.get(same) is not None or same in kept or (self.dry and hash(same) in self.seen)), None)
            if clash is not None:
                if self._settle(row, names[clash], there.get(clash), kept.get(clash), same_name(row.new.row.name) == clash):
                    good.append(row)
                continue
            if not self._clean(row) or not self._new_to_the_project(row):
                continue
            kept |= dict.fromkeys(names, row.number)
            if self.dry:
                self.seen.update(map(hash, names))
            good.append(row)
        return good

    def _settle(self, row: _Row, name: str, owner: int | None, earlier: int | None, by_name: bool) -> bool:
        """What becomes of a row whose `name` is taken, by the target `owner` or by an earlier row of the file; True to update it."""
        column = self.header_of["name"] if by_name else self.alias_header
        if owner is None:
            where = f"stands in {self.result.counted_in} {earlier} already" if earlier else "stands in the file already"
            self._wrong(row.number, [RowError(row.number, column, name, where, "remove one of them")])
            return False
        if self.existing != "report" and self._may("view", owner):
            if self.existing == "skip":
                self.result.present += 1
                return False
            if self._may("change", owner):
                row.pk = owner
                row.new.clean(self.model)
                errors = [self._told(row.number, error) for error in row.new.errors if error.column == "aliases"]
                if errors:
                    self._wrong(row.number, errors)
                return not errors
            self._wrong(row.number, [RowError(row.number, column, name, "You may not change this target.")])
            return False
        if self.actor is not None and self._may("view", owner):
            self.result.present += 1
        self._wrong(row.number, [RowError(row.number, column, name, taken(name, actor=self.actor) or NOT_AVAILABLE)])
        return False

    def _may(self, action: str, pk: int) -> bool:
        if self.actor is None:
            return True
        from tom_targets.policy import visible_to

        return visible_to(self.actor, action, BaseTarget.objects.filter(pk=pk)).exists()

    # --- writing -----------------------------------------------------------------------------------------------------
    def _update(self, row: _Row) -> None:
        from tom_targets.services.update import update_target

        target = self.model._base_manager.filter(pk=row.pk).first()
        if target is None:
            return
        given = row.new.row
        columns = {name: value for name, value in given.fields.items() if name != "permissions"}
        own = {simplify(target.name), *(simplify(name) for name in target.aliases.values_list("name", flat=True))}
        names = [name for name in row.names() if simplify(name) not in own]
        extras = {key: value for key, value in given.extras.items() if value != "" and key not in self.defaults}
        try:
            update_target(actor=self.actor, target=target, columns=columns, extras=extras, aliases=names)
        except InvalidInputError as error:
            self._wrong(row.number, [self._told(row.number, one) for one in error.errors])
        except TomError as error:
            self._wrong(row.number, [RowError(row.number, "", None, error.message)])
        else:
            self.result.updated += 1



def _mend(error: RowError) -> str:
    if isinstance(error.value, str) and "," in error.value and "." not in error.value:
        return f"write decimals with a point: {error.value.replace(',', '.', 1)[:60]}"
    if error.column in ("ra", "dec"):
        return "look whether RA and Dec are in each other's column, and in the unit that is stated"
    return ""
