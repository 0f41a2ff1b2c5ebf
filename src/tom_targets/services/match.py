"""Rows that come in from outside: each is a target that is there, or becomes one."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Model, Q

from tom_common.errors import InvalidInputError, RowError
from tom_targets.constants import SIDEREAL
from tom_targets.matching import simplify
from tom_targets.models import BaseTarget, TargetExtra, TargetName, get_target_model_class
from tom_targets.querysets import batched
from tom_targets.rows import TargetRow
from tom_targets.services.validation import NOT_AVAILABLE, clean_columns

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


def create_or_match_targets(*, actor, rows: Iterable[TargetRow], radius_arcsec: float = 1.5) -> list[TargetMatch]:
    """The target of every row, in the rows' order; in one transaction, with few statements for many rows.

    With an `actor`, only targets that this user sees are matched; with None (ingest) all are. Two rows of one object make one
    target. InvalidInputError names the rows that are wrong; nothing is created then.
    """
    rows = list(rows)
    for attempt in range(3):
        try:
            with transaction.atomic():
                return _Matching(actor, rows, radius_arcsec).run()
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
    def __init__(self, actor, rows: Sequence[TargetRow], radius_arcsec: float):
        self.actor, self.rows, self.radius_deg = actor, rows, float(radius_arcsec) / 3600.0
        self.model = get_target_model_class()
        self.found: list[tuple[int, str] | None] = [None] * len(rows)  # key and how
        self.same_as: list[int | None] = [None] * len(rows)  # an earlier row that becomes the target

    def run(self) -> list[TargetMatch]:
        self.columns = self._clean()
        self.names = [[simplify(name) for name in (row.name, *row.aliases) if str(name).strip()] for row in self.rows]
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
        cleaned, errors = [], []
        for number, row in enumerate(self.rows, start=1):
            columns, wrong = clean_columns(row.columns(), model=self.model)
            errors += [replace(error, row=number if len(self.rows) > 1 else None) for error in wrong]
            cleaned.append(columns)
        if errors:
            raise InvalidInputError(errors=errors)
        return cleaned

    def _visible(self):
        if self.actor is None:
            return BaseTarget.objects.all()
        from tom_targets.policy import visible_to

        return visible_to(self.actor, "view", BaseTarget.objects.all())

    def _by_name(self):
        wanted = {name for names in self.names for name in names}
        targets: dict[str, int] = {}
        aliases: dict[str, int] = {}
        for some in batched(wanted, 400):
            targets.update(self._visible().filter(simplified_name__in=some).values_list("simplified_name", "pk"))
            hits = TargetName.objects.filter(simplified_name__in=some)
            if self.actor is not None:
                hits = hits.filter(target__in=self._visible())
            aliases.update(hits.values_list("simplified_name", "target_id"))
        for i, names in enumerate(self.names):
            if names and names[0] in targets:
                self.found[i] = (targets[names[0]], "name")
                continue
            for name in names:
                key = aliases.get(name, targets.get(name))
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
        from tom_common.hooks import run_hook
        from tom_common.services.history import HistoryRow, record_many
        from tom_targets.services.create import snapshot

        if not new:
            return {}
        if self.actor is not None:
            self._refuse_hidden_names(new)
        made = {i: self.model(**self.columns[i]) for i in new}
        if self.model is BaseTarget:
            BaseTarget.objects.bulk_create(made.values(), batch_size=500)
            if any(target.pk is None for target in made.values()):
                keys = dict(BaseTarget.objects.filter(name__in=[t.name for t in made.values()]).values_list("name", "pk"))
                for target in made.values():
                    target.pk = keys[target.name]
        else:
            for target in made.values():  # a model of several tables is written row by row
                Model.save(target)
                target._follow_writes(True, None)
        names, extras = [], []
        defaults = {e["name"]: e["default"] for e in getattr(settings, "EXTRA_FIELDS", []) if e.get("default") is not None}
        for i, target in made.items():
            own = {simplify(target.name)}
            for name in self.rows[i].aliases:
                name = str(name).strip()
                if name and simplify(name) not in own:
                    own.add(simplify(name))
                    names.append(TargetName(target=target, name=name))
            for key, value in {**defaults, **self.rows[i].extras}.items():
                extra = TargetExtra(target=target, key=key, value=value)
                extra.fill()
                extras.append(extra)
        TargetName.objects.bulk_create(names, batch_size=500)
        TargetExtra.objects.bulk_create(extras, batch_size=500)
        self._grant(list(made.values()))
        for target in made.values():
            target._announce(True)
        record_many(
            actor=self.actor, rows=[HistoryRow("created", t, after=snapshot(t), summary=f"Target {t.name} created") for t in made.values()]
        )
        for target in made.values():
            run_hook("target_post_save", target=target, created=True)
        return made

    def _grant(self, targets):
        from guardian.shortcuts import assign_perm

        if self.actor is not None and self.actor.is_authenticated:
            for action in ("view", "change", "delete"):
                assign_perm(f"{action}_target", self.actor, targets)

    def _refuse_hidden_names(self, new):
        for i in new:
            for place, name in enumerate((self.rows[i].name, *self.rows[i].aliases)):
                if BaseTarget.matches.match_name(name).exists():
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
