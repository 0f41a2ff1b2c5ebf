"""An uploaded file from the upload to its end: kept, checked, imported, undone."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from django.db import transaction
from django.utils import timezone

from tom_common.errors import ConflictError, InvalidInputError, TomError
from tom_common.services.history import record_history
from tom_common.tasks import progress
from tom_targets.models import BaseTarget, TargetImport, TargetImportPart
from tom_targets.querysets import batched
from tom_targets.services.importing.mapping import propose, resolve
from tom_targets.services.importing.tables import Table, largest_mb, open_table, too_large
from tom_targets.services.importing.writing import Importer, in_batches

PART = 1 << 19
SAMPLE = 8
SHOWN_ERRORS = 200
ONE_TRANSACTION = 5000  # rows up to which an import of all or nothing is one transaction; beyond, what was made is taken back
EXISTING = ("report", "skip", "update")


def imports_of(user: Any) -> Any:
    """A person's own imports; superusers see all."""
    if not user.is_authenticated:
        return TargetImport.objects.none()
    return TargetImport.objects.all() if user.is_superuser else TargetImport.objects.filter(user=user)


def receive_file(*, actor: Any, file: Any, name: str, options: dict[str, Any] | None = None) -> TargetImport:
    """Keep an uploaded file until it is imported or discarded. Nothing is looked at yet.

    InvalidInputError, and nothing is kept, for one that is larger than TARGET_IMPORT_MAX_MB as it stands.
    """
    most = largest_mb() * 1_000_000
    with transaction.atomic():
        row = TargetImport.objects.create(user=actor, file_name=name[-255:], options=_options(options or {}))
        number = size = 0
        while data := file.read(PART):
            TargetImportPart.objects.create(of_import=row, number=number, data=data)
            number, size = number + 1, size + len(data)
            if size > most:
                raise too_large()
        row.size = size
        row.save(update_fields=["size"])
    return row


def _options(options: dict[str, Any]) -> dict[str, Any]:
    existing = options.get("existing") or "report"
    if existing not in EXISTING:
        raise InvalidInputError(f"Rows of targets that are there are handled by {', '.join(EXISTING)}, not by {existing!r}.")
    return {"existing": existing, "all_or_nothing": bool(options.get("all_or_nothing"))}


@contextmanager
def _opened(row: TargetImport):
    with tempfile.TemporaryFile() as file:
        for data in row.parts.order_by("number").values_list("data", flat=True).iterator(chunk_size=4):
            file.write(bytes(data))
        if not file.tell():
            raise InvalidInputError("The file is empty." if row.size == 0 else "The file is no longer kept. Give it again.")
        file.seek(0)
        yield open_table(file)


def _importer(row: TargetImport, table: Table, **kwargs: Any) -> Importer:
    if row.user is None:  # with nobody's rights it would be read with everybody's
        raise InvalidInputError("The account that gave this file has been deleted.")
    names = [column.name for column in table.columns]
    if [column["name"] for column in row.columns] != names:
        row.columns = propose(table.columns, exact=table.exact)
    mapped = resolve(row.columns, exact=table.exact)
    return Importer(
        actor=row.user, columns=names, mapped=mapped, exact=table.exact, existing=row.options["existing"], keep_targets=False, **kwargs
    )


def change_mapping(*, row: TargetImport, columns: Sequence[dict[str, str]], options: dict[str, Any] | None = None) -> None:
    """What the columns become, as a person corrected it; InvalidInputError for what cannot be."""
    if row.state not in (row.State.CHECKED, row.State.FAILED, row.State.CHECKING):
        raise ConflictError("This file is being imported, or has been.")
    exact = bool(row.report.get("exact"))
    resolve(columns, exact=exact)
    row.columns = list(columns)
    row.options = _options(options if options is not None else row.options)
    row.save(update_fields=["columns", "options"])


def check_file(*, row: TargetImport) -> dict[str, Any]:
    """Read the whole file and write nothing: what its columns are, its first rows, how many are new, there already, and wrong."""
    report: dict[str, Any] = {}
    try:
        with _opened(row) as table:
            report = {"kind": table.kind, "exact": table.exact, "notes": table.notes, "counted_in": table.counted_in, "sample": []}
            if [c["name"] for c in row.columns] != [c.name for c in table.columns]:
                row.columns = propose(table.columns, exact=table.exact)
            _sampled(table, report["sample"])
            importer = _importer(row, table, dry=True)
            _dry_run(importer, table)
            report |= _counts(importer)
    except InvalidInputError as error:
        report["problem"] = error.message
    row.report = report
    row.state = row.State.FAILED if "problem" in report else row.State.CHECKED
    row.save(update_fields=["columns", "report", "state"])
    return report


def _sampled(table: Table, sample: list[list[str]]) -> None:
    rows = table.rows

    def on():
        for number, cells in rows:
            if len(sample) < SAMPLE and isinstance(cells, list):
                sample.append(
                    [str(number), *("" if cell is None else str(cell)[:80].encode("utf-8", "replace").decode() for cell in cells)]
                )
            yield number, cells

    table.rows = on()


def _dry_run(importer: Importer, table: Table) -> None:
    importer.result.counted_in = table.counted_in
    for batch in in_batches(table):
        importer.take(batch)
        progress(importer.result.rows, None, f"{importer.result.rows:,} rows checked, {importer.result.wrong:,} with errors")


def _counts(importer: Importer) -> dict[str, Any]:
    result = importer.result
    return {
        "rows": result.rows, "new": result.new, "updated": result.updated, "present": result.present, "wrong": result.wrong,
        "errors": [error.as_dict() for error in result.errors[:SHOWN_ERRORS]],
    }  # fmt: skip


def import_file(*, row: TargetImport) -> dict[str, Any]:
    """Import a file that was checked. Each batch of rows and how far the file has got are written together, so that a second attempt goes
    on where the first broke off. All or nothing: a file with errors leaves nothing behind."""
    row.state, row.finished_at = row.State.RUNNING, None
    row.save(update_fields=["state", "finished_at"])
    whole = row.options["all_or_nothing"]
    total = row.report.get("rows")
    try:
        if whole:
            _take_back(row)
            with _opened(row) as table:
                importer = _importer(row, table, dry=True)
                _dry_run(importer, table)
            total = importer.result.rows
            if importer.result.wrong:
                return _ended(row, _counts(importer) | {"new": 0, "refused": True}, row.State.FAILED)
        single = whole and total is not None and total <= ONE_TRANSACTION
        with transaction.atomic() if single else nullcontext(), _opened(row) as table:
            importer = _importer(row, table)
            _write(row, table, importer, total, quiet=single)
            if whole and importer.result.wrong:
                raise ConflictError("Something in the TOM changed while the file was imported; nothing of it was kept. Try again.")
    except TomError as error:
        row.refresh_from_db()
        if whole:
            _take_back(row)
        return _ended(row, {"problem": error.message}, row.State.FAILED)
    if row.made:
        with transaction.atomic():
            record_history(
                actor=row.user, verb="imported", obj=row, after={"file": row.file_name, "targets": row.count_made},
                summary=f"{row.count_made:,} targets imported from {row.file_name}", undo={"targets": row.made},
            )  # fmt: skip
    counts = _counts(importer) | {"new": row.count_made}
    return _ended(row, counts, row.State.DONE)


def _write(row: TargetImport, table: Table, importer: Importer, total: int | None, *, quiet: bool) -> None:
    done, passed = row.rows_done, 0
    importer.result.counted_in, importer.result.notes = table.counted_in, table.notes
    for batch in in_batches(table):
        passed += len(batch)
        if passed <= done:
            continue  # an earlier attempt wrote these

        def within(keys: list[int], passed: int = passed) -> None:
            row.made, row.rows_done = with_keys(row.made, keys), passed
            TargetImport.objects.filter(pk=row.pk).update(made=row.made, rows_done=passed)

        importer.take(batch, within=within)
        if not quiet:
            progress(passed, total, f"{row.count_made:,} targets made, {importer.result.wrong:,} rows with errors")


def with_keys(runs: Sequence[Sequence[int]], keys: Iterable[int]) -> list[list[int]]:
    """Runs [first, last] with these keys added at their end."""
    found = [list(run) for run in runs]
    for key in sorted(keys):
        if found and found[-1][1] + 1 == key:
            found[-1][1] = key
        else:
            found.append([key, key])
    return found


def keys_of(runs: Iterable[Sequence[int]]) -> Iterable[int]:
    for first, last in runs:
        yield from range(first, last + 1)


def _take_back(row: TargetImport) -> None:
    """Delete what an attempt that was to be all or nothing left behind."""
    if not row.made:
        return
    from tom_targets.services.importing.undo import delete_many

    for keys in batched(keys_of(row.made), 500):
        with transaction.atomic():
            delete_many(actor=row.user, targets=list(BaseTarget._base_manager.filter(pk__in=keys)))
    row.made, row.rows_done = [], 0
    row.save(update_fields=["made", "rows_done"])


def _ended(row: TargetImport, counts: dict[str, Any], state: str) -> dict[str, Any]:
    row.report = {**{k: v for k, v in row.report.items() if k not in ("problem", "refused")}, **counts}
    row.state, row.finished_at = state, timezone.now()
    row.save(update_fields=["report", "state", "finished_at"])
    if state == row.State.DONE:
        row.parts.all().delete()
    return row.report


def discard_file(*, row: TargetImport) -> None:
    """Forget an import that has made nothing, and its file."""
    if row.made or row.state == row.State.RUNNING:
        raise ConflictError("Targets were imported from this file; undo the import instead.")
    row.delete()
