"""Rows that come in from outside: each is a target that is there, or becomes one."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from tom_common.errors import InvalidInputError, RowError
from tom_targets.constants import SIDEREAL
from tom_targets.matching import owners, same_name
from tom_targets.models import BaseTarget, get_target_model_class
from tom_targets.querysets import batched
from tom_targets.rows import TargetRow
from tom_targets.services.create_many import NewTarget, run_hooks, write_targets
from tom_targets.services.validation import NOT_AVAILABLE

TOP_CELL_DEG = 58.6  # side of a HEALPix cell of order 0


@dataclass(frozen=True, slots=True)
class TargetMatch:
    """The target of a row. `matched_by` is "name", "alias", "position", or None for one just created."""

    target: BaseTarget
    created: bool
    matched_by: str | None


def create_or_match_target(*, actor, row: TargetRow, radius_arcsec: float = 1.5) -> TargetMatch:
    """The target that `row` is, by name, alias or (sidereal ones) position within `radius_arcsec`; created if there is none."""
    return create_or_match_targets(actor=actor, rows=[row], radius_arcsec=radius_arcsec)[0]


def create_or_match_targets(*, actor, rows: Iterable[TargetRow], radius_arcsec: float = 1.5, groups: Iterable = ()) -> list[TargetMatch]:
    """The target of every row, in the rows' order; in one transaction, with few statements for many rows. `groups` (and users) get the
    rights on those that are created, as the actor does.

    With an `actor`, only targets that this user sees are matched; with None (ingest) all are. Two rows of one object make one
    target. InvalidInputError names the rows that are wrong; nothing is created then.
    """
    rows, groups = list(rows), list(groups)
    for attempt in range(3):
        try:
            with transaction.atomic():
                return _Matching(actor, rows, radius_arcsec, groups).run()
        except IntegrityError as error:
            # Another process created one of the names between our look and our write: look again.
            if attempt == 2 or actor is not None:
                raise InvalidInputError(errors=[RowError(None, "name", None, NOT_AVAILABLE)]) from error
    raise AssertionError("unreachable")


def cells_around(ra, dec, radius_deg: float) -> tuple[list[set[int]], int]:
    """HEALPix cells that the circles around positions (arrays, degrees) touch: (a set for each, their order).

    The cells are at least eight radii wide. A cell that touches the circle spans, on the ring of twice the radius, an arc wider
    than the 15 degrees between the points that are looked up there.
    """
    import numpy as np

    from tom_astro.healpix import healpix29
    from tom_astro.sphere import offset

    radius_deg = max(radius_deg, 1e-9)
    order = max(0, min(29, math.floor(math.log2(TOP_CELL_DEG / (10.0 * radius_deg)))))
    ra, dec = np.atleast_1d(np.asarray(ra, float)), np.atleast_1d(np.asarray(dec, float))
    angles = np.concatenate([np.arange(0.0, 360.0, 15.0), np.arange(0.0, 360.0, 45.0), [0.0]])
    far = np.concatenate([np.full(24, 2.0 * radius_deg), np.full(8, radius_deg), [0.0]])
    lon, lat = offset(ra[:, None], dec[:, None], angles[None, :], far[None, :])
    pixels = np.asarray(healpix29(np.asarray(lon).ravel() % 360.0, np.clip(np.asarray(lat).ravel(), -90.0, 90.0)))
    pixels = (pixels >> (2 * (29 - order))).reshape(len(ra), -1)
    return [set(map(int, line)) for line in pixels], order


class _Matching:
    def __init__(self, actor, rows: Sequence[TargetRow], radius_arcsec: float, groups: Sequence[Any]):
        self.actor, self.rows, self.radius_deg, self.groups = actor, rows, float(radius_arcsec) / 3600.0, groups
        self.columns: list[dict[str, Any]] = []
        self.aliases: list[list[str]] = []
        self.model = get_target_model_class()
        self.found: list[tuple[int, str] | None] = [None] * len(rows)  # key and how
        self.same_as: list[int | None] = [None] * len(rows)  # an earlier row that becomes the target

    def run(self) -> list[TargetMatch]:
        self._clean()
        self.names = [[same_name(name) for name in self._names_of(i)] for i in range(len(self.rows))]
        self._by_name()
        self._by_position()
        self._among_themselves()
        created = self._create([i for i in range(len(self.rows)) if self.found[i] is None and self.same_as[i] is None])
        keys = {hit[0] for hit in self.found if hit}
        present = {}
        for some in batched(sorted(keys), 500):
            present.update(self.model._base_manager.in_bulk(some))
        result = []
        for i in range(len(self.rows)):
            if (hit := self.found[i]) is not None:
                key, how = hit
                result.append(TargetMatch(present[key], False, how))
            elif (earlier := self.same_as[i]) is not None:
                result.append(TargetMatch(created[earlier], False, self.same_how[i]))
            else:
                result.append(TargetMatch(created[i], True, None))
        return result

    def _clean(self):
        errors = []
        for number, row in enumerate(self.rows, start=1):
            one = NewTarget(row)
            one.clean(self.model)
            errors += [replace(error, row=number if len(self.rows) > 1 else None) for error in one.errors]
            self.columns.append(one.columns)
            self.aliases.append(one.aliases)
        if errors:
            raise InvalidInputError(errors=errors)

    def _names_of(self, i: int) -> list[str]:
        return [self.columns[i]["name"], *self.aliases[i]]

    def _visible(self):
        if self.actor is None:
            return BaseTarget.objects.all()
        from tom_targets.policy import visible_to

        return visible_to(self.actor, "view", BaseTarget.objects.all())

    def _by_name(self):
        everything = (name for i in range(len(self.rows)) for name in self._names_of(i))
        known = owners(everything, None if self.actor is None else self._visible())
        for i, names in enumerate(self.names):
            if names[0] in known.by_name:
                self.found[i] = (known.by_name[names[0]], "name")
                continue
            for name in names:
                key = known.by_alias.get(name, known.by_name.get(name))
                if key is not None:
                    self.found[i] = (key, "alias")
                    break

    def _positions(self):
        return [
            i
            for i in range(len(self.rows))
            if self.found[i] is None and self.columns[i]["type"] == SIDEREAL and self.columns[i].get("ra") is not None
        ]

    def _by_position(self):
        from tom_astro.sphere import separation_deg

        self.cells: dict[int, set[int]] = {}
        open_rows = self._positions()
        if not open_rows:
            return
        ra = [self.columns[i]["ra"] for i in open_rows]
        dec = [self.columns[i]["dec"] for i in open_rows]
        cells, order = cells_around(ra, dec, self.radius_deg)
        self.cells = dict(zip(open_rows, cells, strict=True))
        shift = 2 * (29 - order)
        near = defaultdict(list)
        for some in batched(sorted(set().union(*cells)), 150):
            within = Q(pk__in=[])
            for low, high in _runs(some):
                within |= Q(healpix__gte=low << shift, healpix__lt=high << shift)
            hits = self._visible().filter(within, type=SIDEREAL).values_list("pk", "ra", "dec", "healpix")
            for pk, at_ra, at_dec, pixel in hits:
                near[pixel >> shift].append((pk, at_ra, at_dec))
        for i in open_rows:
            best = None
            for cell in self.cells[i]:
                for pk, at_ra, at_dec in near.get(cell, ()):
                    away = float(separation_deg(self.columns[i]["ra"], self.columns[i]["dec"], at_ra, at_dec))
                    if away <= self.radius_deg and (best is None or (away, pk) < best):
                        best = (away, pk)
            if best is not None:
                self.found[i] = (best[1], "position")

    def _among_themselves(self):
        from tom_astro.sphere import separation_deg

        self.same_how: dict[int, str] = {}
        by_name: dict[str, int] = {}
        by_cell = defaultdict(list)
        for i in range(len(self.rows)):
            if self.found[i] is not None:
                continue
            columns = self.columns[i]
            for place, name in enumerate(self.names[i]):
                if name in by_name:
                    self.same_as[i], self.same_how[i] = by_name[name], "name" if place == 0 else "alias"
                    break
            if self.same_as[i] is None:
                for cell in self.cells.get(i, ()):
                    for j in by_cell.get(cell, ()):
                        other = self.columns[j]
                        if float(separation_deg(columns["ra"], columns["dec"], other["ra"], other["dec"])) <= self.radius_deg:
                            self.same_as[i], self.same_how[i] = j, "position"
                            break
                    if self.same_as[i] is not None:
                        break
            if self.same_as[i] is None:
                for name in self.names[i]:
                    by_name.setdefault(name, i)
                for cell in self.cells.get(i, ()):
                    by_cell[cell].append(i)

    def _create(self, new: list[int]) -> dict[int, BaseTarget]:
        if not new:
            return {}
        rows = [NewTarget(self.rows[i], self.groups, columns=self.columns[i], aliases=self.aliases[i]) for i in new]
        if self.actor is not None:
            self._refuse_hidden_names(new)
        made = write_targets(actor=self.actor, new=rows)
        run_hooks(made)
        return dict(zip(new, made, strict=True))

    def _refuse_hidden_names(self, new):
        known = owners(name for i in new for name in self._names_of(i))
        for i in new:
            for place, name in enumerate(self._names_of(i)):
                if known.get(same_name(name)) is not None:
                    number = i + 1 if len(self.rows) > 1 else None
                    raise InvalidInputError(errors=[RowError(number, "aliases" if place else "name", name, NOT_AVAILABLE)])


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Half-open runs of sorted whole numbers."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number:
            runs[-1][1] = number + 1
        else:
            runs.append([number, number + 1])
    return [(low, high) for low, high in runs]
