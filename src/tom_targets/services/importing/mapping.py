"""What the columns of a file are to become: a column of targets, an alias, groups, a tag, or nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tom_common.errors import InvalidInputError
from tom_targets.models import get_target_model_class
from tom_targets.services.importing.tables import Column
from tom_targets.services.units import Converter, converter

ALIAS, GROUPS, TAG, LEFT_OUT = "alias", "groups", "tag", "-"
SKIPPED = {"id", "pk", "created", "modified", "healpix", "simplified_name", "basetarget_ptr", "persistentshare"}
RELATIONS = {"photometryreduceddatum", "spectroscopyreduceddatum", "astrometryreduceddatum"}  # empty columns of other toolkits' files
IGNORED = SKIPPED | RELATIONS | {"target_lists", ""}
ALIAS_COLUMN = re.compile(r"^name.+$", re.IGNORECASE)
TAG_PREFIX = "tag:"  # before the key of a tag that would be taken for something else
# other words for columns, in lower case without _ and blanks: tried for a column of targets that the file does not name itself
OTHER_NAMES = {
    "name": ["mainid", "targetname", "target", "object", "objectname", "objname", "objectid", "sourcename", "designation", "sourceid", "oid"],
    "ra": ["raj2000", "radeg", "raicrs", "raicrs(deg)", "rightascension", "alpha", "meanra", "r.a.", "coord.ra", "ramean"],
    "dec": ["dej2000", "decj2000", "dedeg", "decdeg", "deicrs", "decicrs", "de", "declination", "delta", "meandec", "coord.dec", "decl", "decmean"],
    "pm_ra": ["pmra", "pmracosdec", "pmrac", "pmracosde"],
    "pm_dec": ["pmdec", "pmde"],
    "parallax": ["plx"],
    "distance": ["dist"],
    "epoch": ["refepoch"],
}  # fmt: skip
BY_UCD = {
    "meta.id;meta.main": "name",
    "pos.eq.ra;meta.main": "ra",
    "pos.eq.dec;meta.main": "dec",
    "pos_eq_ra_main": "ra",
    "pos_eq_dec_main": "dec",
}


@dataclass(frozen=True, slots=True)
class Mapped:
    """A column of the file with its part: `to` is a column of targets, or ALIAS, GROUPS, TAG (with `key`) or LEFT_OUT."""

    to: str
    key: str = ""
    convert: Converter | None = None


def target_columns() -> list[str]:
    """Columns of the target model that a file may give, in order."""
    return [f.name for f in get_target_model_class()._meta.concrete_fields if not f.is_relation and f.name not in SKIPPED]


def propose(columns: Sequence[Column], *, exact: bool = False) -> list[dict[str, str]]:
    """[{"name", "unit", "to"}] as the names (and for what is missing other usual names, and UCDs) say."""
    known = target_columns()
    by_name = {name: name for name in known} if exact else {name.lower(): name for name in known}
    given = {c.name for c in columns}
    proposed: list[dict[str, str]] = []
    used: set[str] = set()
    for column in columns:
        to = _by_name(column.name, by_name, known, used, given, exact)
        used.add(to)
        proposed.append({"name": column.name, "unit": column.unit, "to": to})
    if not exact:
        _fill_in(columns, proposed, used)
    return proposed


def _by_name(name: str, by_name: dict[str, str], known: list[str], used: set[str], given: set[str], exact: bool) -> str:
    if name in known:
        return name
    low = name if exact else name.lower()
    found = by_name.get(low)
    if found and found not in used and found not in given:
        return found
    if exact and name.startswith(TAG_PREFIX):
        return TAG
    if low in IGNORED:
        return LEFT_OUT
    if low == "groups":
        return GROUPS
    return ALIAS if ALIAS_COLUMN.match(name) and not found else TAG


def _fill_in(columns: Sequence[Column], proposed: list[dict[str, str]], used: set[str]) -> None:
    plain = [re.sub(r"[ _]", "", column.name.lower()) for column in columns]
    for field, others in OTHER_NAMES.items():
        if field in used:
            continue
        hits = [i for i, c in enumerate(columns) if BY_UCD.get(c.ucd.lower()) == field and proposed[i]["to"] == TAG]
        hits = hits or [plain.index(other) for other in others if other in plain and proposed[plain.index(other)]["to"] == TAG]
        if hits:
            proposed[hits[0]]["to"] = field


def resolve(proposed: Sequence[dict[str, str]], *, exact: bool = False) -> list[Mapped]:
    """The mapping as the importer uses it. InvalidInputError for one that cannot be."""
    known = set(target_columns())
    used: set[str] = set()
    mapped = []
    for one in proposed:
        to = one["to"]
        if to in known:
            if to in used:
                raise InvalidInputError(f"Two columns of the file are to become {to}.")
            used.add(to)
            mapped.append(Mapped(to, convert=converter(to, one.get("unit", ""))))
        elif to == TAG:
            key = one["name"].removeprefix(TAG_PREFIX) if exact else one["name"]
            if len(key) > 200:
                raise InvalidInputError(f"The name of the column {key[:40]}... is longer than the 200 characters of a tag's key.")
            mapped.append(Mapped(TAG, key))
        elif to in (ALIAS, GROUPS, LEFT_OUT):
            mapped.append(Mapped(to))
        else:
            raise InvalidInputError(f"Targets have no column {to!r}.")
    if "name" not in used:
        names = ", ".join(one["name"] for one in proposed[:12])
        raise InvalidInputError(f'The file has no column "name". The first line must name the columns; it has: {names[:300]}.')
    return mapped


def text_of(value: Any) -> str:
    """A cell as text, floats with all their digits."""
    return value if isinstance(value, str) else repr(value) if isinstance(value, float) else str(value)
