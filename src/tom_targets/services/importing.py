"""Targets from a CSV file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.contrib.auth.models import Group
from django.db import transaction

from tom_common.errors import InvalidInputError, RowError
from tom_targets.matching import simplify
from tom_targets.models import BaseTarget, TargetExtra, TargetName, get_target_model_class
from tom_targets.querysets import batched
from tom_targets.rows import TargetRow
from tom_targets.services.validation import NOT_AVAILABLE, clean_columns

ALIAS_COLUMN = re.compile(r"^name.+$")
SKIPPED = {"id", "pk", "created", "modified", "healpix", "simplified_name", "basetarget_ptr", "persistentshare"}
RELATIONS = {"photometryreduceddatum", "spectroscopyreduceddatum", "astrometryreduceddatum"}  # empty columns of other toolkits' files
BATCH = 500


@dataclass
class ImportResult:
    """Targets made, and what was wrong in which line. A line that is wrong leaves nothing behind."""

    targets: list[BaseTarget] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)

    def messages(self) -> list[str]:
        return [
            f"Error on line {e.row}: {e.column + ': ' if e.column else ''}{e.problem}{' (' + e.mend + ')' if e.mend else ''}"
            for e in self.errors
        ]


def _lines(stream) -> Iterable[str]:
    if isinstance(stream, (bytes, bytearray)):
        stream = io.BytesIO(stream)
    if isinstance(stream, str):
        stream = io.StringIO(stream)
    for line in stream:
        yield line.decode("utf-8-sig") if isinstance(line, bytes) else line.removeprefix("\ufeff")


def import_csv(*, stream, actor, groups: Iterable[Group] = ()) -> ImportResult:
    """Read targets from CSV with a header line; `actor` and the groups of a row's `groups` column get the rights on them.

    Columns: those of the target model; `name2`, `name3`, ... for aliases; `groups`; every other one is a tag. Angles in degrees
    or sexagesimal (right ascension in hours). Lines are counted from 1, the header being the first.
    """
    result = ImportResult()
    reader = csv.DictReader(_lines(stream), skipinitialspace=True)
    try:
        header = [(name or "").strip() for name in reader.fieldnames or []]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidInputError("The file is not CSV in UTF-8.") from error
    reader.fieldnames = header
    if "name" not in header:
        raise InvalidInputError('The file has no column "name". The first line must name the columns.')
    doubled = {name for name in header if name and header.count(name) > 1}
    if doubled:
        raise InvalidInputError(f"These columns stand twice in the file: {', '.join(sorted(doubled))}.")
    importer = _Importer(actor, list(groups), header, result)
    batch = []
    try:
        for row in reader:
            batch.append((reader.line_num, row))
            if len(batch) == BATCH:
                importer.take(batch)
                batch = []
    except (UnicodeDecodeError, csv.Error) as error:
        result.errors.append(RowError(reader.line_num + 1, "", None, f"The line cannot be read: {error}"))
    if batch:
        importer.take(batch)
    return result


class _Importer:
    def __init__(self, actor, groups, header, result):
        self.actor, self.groups, self.result = actor, groups, result
        self.model = get_target_model_class()
        known = {f.name for f in self.model._meta.concrete_fields if not f.is_relation} - SKIPPED
        self.columns = [name for name in header if name in known]
        self.alias_columns = [name for name in header if name not in known and ALIAS_COLUMN.match(name)]
        rest = set(self.columns) | set(self.alias_columns) | SKIPPED | RELATIONS | {"groups", "target_lists", ""}
        self.extra_columns = [name for name in header if name not in rest]
        self.group_of = {g.name: g for g in Group.objects.all()} if "groups" in header else {}

    def take(self, batch):
        rows = []
        for line, cells in batch:
            if None in cells:
                self._wrong(line, "", cells[None], "has more cells than the header")
                continue
            if not any((value or "").strip() for value in cells.values()):
                continue
            rows.append((line, self._row(cells), self._groups(cells)))
        rows = self._clean(rows)
        rows = self._without_taken_names(rows)
        if not rows:
            return
        with transaction.atomic():
            self._write(rows)

    def _wrong(self, line, column, value, problem, mend=""):
        self.result.errors.append(RowError(line, column, value, problem, mend))

    def _row(self, cells) -> TargetRow:
        given = {name: _as_written(cells[name]) for name in self.columns if (cells[name] or "").strip()}
        aliases = tuple(_as_written(cells[n] or "") for n in self.alias_columns if (cells[n] or "").strip())
        extras = {name: _as_written(cells[name] or "") for name in self.extra_columns}
        return TargetRow(
            name=given.pop("name", ""), type=given.pop("type", "SIDEREAL").upper(), aliases=aliases, extras=extras, fields=given
        )

    def _groups(self, cells):
        names = [name.strip() for name in (cells.get("groups") or "").split(",")]
        return [*self.groups, *(self.group_of[name] for name in names if name in self.group_of)]

    def _clean(self, rows):
        good = []
        for line, row, groups in rows:
            columns, errors = clean_columns(row.columns(), model=self.model)
            for error in errors:
                self._wrong(line, error.column, error.value, error.problem, error.mend)
            if not errors:
                long = [a for a in row.aliases if len(a) > 100]
                if long:
                    self._wrong(line, "name2", long[0], "is longer than 100 characters")
                    continue
                good.append((line, row, groups, columns))
        return good

    def _without_taken_names(self, rows):
        wanted = {simplify(name) for _, row, _, columns in rows for name in (columns["name"], *row.aliases)}
        taken: set[str] = set()
        plain = type(BaseTarget.matches).match_name is _own_match_name() and type(BaseTarget.matches).match_fuzzy_name is _own_fuzzy()
        for some in batched(wanted, 400):
            taken |= set(BaseTarget.objects.filter(simplified_name__in=some).values_list("simplified_name", flat=True))
            taken |= set(TargetName.objects.filter(simplified_name__in=some).values_list("simplified_name", flat=True))
        good = []
        for line, row, groups, columns in rows:
            names = {simplify(name): name for name in (columns["name"], *row.aliases)}
            clash = next((name for key, name in names.items() if key in taken), None)
            if clash is None and not plain:
                clash = next((name for name in names.values() if BaseTarget.matches.match_name(name).exists()), None)
            if clash is not None:
                from tom_targets.services.validation import taken as why

                column = "name" if clash == columns["name"] else "alias"
                self._wrong(line, column, clash, why(clash, actor=self.actor) or NOT_AVAILABLE)
                continue
            taken |= set(names)
            good.append((line, row, groups, columns, [n for k, n in names.items() if k != simplify(columns["name"])]))
        return good

    def _write(self, rows):
        from guardian.shortcuts import assign_perm

        from tom_common.hooks import run_hook
        from tom_common.services.history import HistoryRow, record_many
        from tom_targets.services.create import snapshot

        targets = [self.model(**columns) for _, _, _, columns, _ in rows]
        if self.model is BaseTarget:
            BaseTarget.objects.bulk_create(targets, batch_size=BATCH)
            if any(target.pk is None for target in targets):
                keys = dict(BaseTarget.objects.filter(name__in=[t.name for t in targets]).values_list("name", "pk"))
                for target in targets:
                    target.pk = keys[target.name]
        else:
            for target in targets:
                super(BaseTarget, target).save()
                target._follow_writes(True, None)
        names, extras, of_group = [], [], {}
        for target, (_, row, groups, _, aliases) in zip(targets, rows, strict=True):
            names += [TargetName(target=target, name=alias) for alias in aliases]
            for key, value in row.extras.items():
                extra = TargetExtra(target=target, key=key, value=value)
                extra.fill()
                extras.append(extra)
            for group in groups:
                of_group.setdefault(group, []).append(target)
        TargetName.objects.bulk_create(names, batch_size=BATCH)
        TargetExtra.objects.bulk_create(extras, batch_size=BATCH)
        holders = list(of_group.items())
        if self.actor is not None and self.actor.is_authenticated:
            holders.append((self.actor, targets))
        for holder, some in holders:
            for action in ("view", "change", "delete"):
                assign_perm(f"{action}_target", holder, some)
        for target in targets:
            target._announce(True)
        record_many(
            actor=self.actor, rows=[HistoryRow("created", t, after=snapshot(t), summary=f"Target {t.name} imported") for t in targets]
        )
        for target in targets:
            run_hook("target_post_save", target=target, created=True)
        self.result.targets += targets


def _as_written(cell: str) -> str:
    # The export puts an apostrophe before what a spreadsheet would run as a formula.
    cell = cell.strip()
    return cell[1:] if cell[:2] in ("'=", "'@") else cell


def _own_match_name():
    from tom_targets.matching import TargetMatchManager

    return TargetMatchManager.match_name


def _own_fuzzy():
    from tom_targets.matching import TargetMatchManager

    return TargetMatchManager.match_fuzzy_name
