"""The Messier catalogue, from SIMBAD (CDS, Strasbourg): this toolkit holds no positions of its own."""

from __future__ import annotations

import csv
import io

from django.db import transaction

from tom_common.errors import TomError
from tom_targets.models import TargetList
from tom_targets.rows import TargetRow
from tom_targets.services.lists import add_to_list, list_named
from tom_targets.services.match import create_or_match_targets

SIMBAD = "https://simbad.cds.unistra.fr/simbad/"
LIST_NAME = "Messier Catalog"
COUNT = 110


class SeedError(TomError):
    status = 502
    code = "seed"


def fetch_messier() -> list[TargetRow]:
    """The 110 objects with their positions of today, ICRS, degrees. SeedError when SIMBAD does not give them all."""
    from tom_common.http import ServiceClient

    names = ", ".join(f"'M {number:3d}'" for number in range(1, COUNT + 1))
    query = f"SELECT id, ra, dec FROM ident JOIN basic ON ident.oidref = basic.oid WHERE id IN ({names})"  # noqa: S608
    client = ServiceClient("simbad", base_url=SIMBAD)
    answer = client.get("sim-tap/sync", params={"request": "doQuery", "lang": "adql", "format": "csv", "query": query})
    rows = {}
    for row in csv.DictReader(io.StringIO(answer.text)):
        number = int(row["id"].strip('" ').split()[-1])
        rows[number] = TargetRow(name=f"M{number}", ra=float(row["ra"]), dec=float(row["dec"]), fields={"permissions": "PUBLIC"})
    missing = [f"M{number}" for number in range(1, COUNT + 1) if number not in rows]
    if missing:
        raise SeedError(f"SIMBAD gave no position of {', '.join(missing)}.")
    return [rows[number] for number in sorted(rows)]


def seed_messier(*, actor) -> int:
    """Add the catalogue as PUBLIC targets, in the list "Messier Catalog"; returns how many are new."""
    rows = fetch_messier()
    with transaction.atomic():
        # Matched by name alone: M31 and M32, M42 and M43 are near each other.
        matches = create_or_match_targets(actor=actor, rows=rows, radius_arcsec=0.0)
        keys = [match.target.pk for match in matches]
        if actor is None:
            (TargetList.objects.filter(name=LIST_NAME).first() or TargetList.objects.create(name=LIST_NAME)).targets.add(*keys)
        else:
            add_to_list(actor=actor, grouping=list_named(actor=actor, name=LIST_NAME), targets=keys)
    return sum(match.created for match in matches)
