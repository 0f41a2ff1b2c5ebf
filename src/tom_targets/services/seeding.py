"""The Messier catalogue, from a file of this package: it needs no network."""

from __future__ import annotations

import csv
from importlib.resources import files

from django.db import transaction

from tom_targets.models import TargetList
from tom_targets.rows import TargetRow
from tom_targets.services.lists import add_to_list, list_named
from tom_targets.services.match import create_or_match_targets

LIST_NAME = "Messier Catalog"


def messier() -> list[TargetRow]:
    """The 110 objects with their positions, degrees J2000; the file says whence."""
    text = files("tom_targets.services").joinpath("messier.csv").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return [
        TargetRow(name=row["name"], ra=float(row["ra"]), dec=float(row["dec"]), fields={"permissions": "PUBLIC"})
        for row in csv.DictReader(lines)
    ]


def seed_messier(*, actor) -> int:
    """Add the catalogue as PUBLIC targets, in the list "Messier Catalog"; returns how many are new."""
    rows = messier()
    with transaction.atomic():
        # Matched by name alone: M31 and M32, M42 and M43 are near each other.
        matches = create_or_match_targets(actor=actor, rows=rows, radius_arcsec=0.0)
        keys = [match.target.pk for match in matches]
        if actor is None:
            (TargetList.objects.filter(name=LIST_NAME).first() or TargetList.objects.create(name=LIST_NAME)).targets.add(*keys)
        else:
            add_to_list(actor=actor, grouping=list_named(actor=actor, name=LIST_NAME), targets=keys)
    return sum(match.created for match in matches)
