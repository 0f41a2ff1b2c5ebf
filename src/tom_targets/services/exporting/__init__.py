"""Targets as files, row by row: the file of a large TOM never stands in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from tom_common.errors import InvalidInputError
from tom_targets.services.exporting.rows import column_names, open_rows
from tom_targets.services.exporting.text import csv_lines, ecsv_lines, votable_lines


def export_csv(*, queryset: QuerySet) -> Iterator[str]:
    """Lines of CSV: the model's columns, then a column for each tag, then `name2`, `name3`, ... for aliases.

    What a spreadsheet would run as a formula stands behind an apostrophe, which the import takes away.
    """
    return csv_lines(open_rows(queryset))


def export_ecsv(*, queryset: QuerySet) -> Iterator[str]:
    """Lines of ECSV 1.0, with units."""
    return ecsv_lines(open_rows(queryset))


def export_votable(*, queryset: QuerySet) -> Iterator[str]:
    """A VOTable 1.4 (TABLEDATA) with units, UCDs and the frame."""
    return votable_lines(open_rows(queryset))


def export_fits(*, queryset: QuerySet) -> Iterator[bytes]:
    """A FITS binary table, through a temporary file: its columns are as wide as their longest text."""
    from tom_targets.services.exporting.fits import fits_bytes

    return fits_bytes(open_rows(queryset))


@dataclass(frozen=True, slots=True)
class Format:
    slug: str
    label: str
    suffix: str
    content_type: str
    write: Callable[..., Iterator[str] | Iterator[bytes]]


FORMATS = {
    f.slug: f
    for f in (
        Format("csv", "CSV", "csv", "text/csv; charset=utf-8", export_csv),
        Format("ecsv", "ECSV", "ecsv", "text/plain; charset=utf-8", export_ecsv),
        Format("votable", "VOTable", "vot", "application/x-votable+xml; charset=utf-8", export_votable),
        Format("fits", "FITS table", "fits", "application/fits", export_fits),
    )
}


def export_format(slug: str) -> Format:
    """InvalidInputError for a format that is not written."""
    try:
        return FORMATS[slug or "csv"]
    except KeyError:
        raise InvalidInputError(f"Targets are written as {', '.join(FORMATS)}, not as {slug[:40]!r}.") from None


__all__ = ["FORMATS", "Format", "column_names", "export_csv", "export_ecsv", "export_fits", "export_format", "export_votable"]
