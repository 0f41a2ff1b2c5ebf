"""Before a target is made: which targets it may be already."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tom_targets import queries
from tom_targets.base_models import BaseTarget
from tom_targets.policy import visible_to

# A new target nearer to a known one than this is worth a question: seeing and astrometry of most surveys.
NEAR_ARCSEC = 2.0
MOST = 10


@dataclass(frozen=True)
class Duplicate:
    """A target that the actor sees, and why it may be the same: by "name" (or alias) `given`, or by "position", so far away."""

    target: BaseTarget
    matched_by: str
    given: str = ""
    separation_arcsec: float | None = None

    def __str__(self) -> str:
        if self.matched_by == "position":
            return f'The target "{self.target.name}" is {self.separation_arcsec:.2f}" away.'
        return f'The target "{self.target.name}" has the name "{self.given}" already, or one very like it.'


@dataclass(frozen=True)
class Duplicates:
    """`found` may be shown to the actor. `not_available` are those of the given names that targets have which the actor does not see:
    nothing more may be said of them."""

    found: list[Duplicate] = field(default_factory=list)
    not_available: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.found or self.not_available)

    def sentences(self) -> list[str]:
        return [*map(str, self.found), *(f'The name "{name}" is not available.' for name in self.not_available)]


def possible_duplicates(
    *,
    actor: Any,
    name: str = "",
    aliases: Iterable[str] = (),
    ra: float | None = None,
    dec: float | None = None,
    epoch: float | None = None,
    radius_arcsec: float = NEAR_ARCSEC,
    besides: int | None = None,
) -> Duplicates:
    """Targets that a new one with these names and this position (degrees ICRS, at `epoch` when given) may be; at most ten by position.

    `besides` is the key of the target itself when one that is there is changed. Proper motion is taken up. With `actor` None (a stream) all
    targets are seen. Targets that the actor does not see are never told of by position, and by name only as "not available".
    """
    everything = BaseTarget.objects.exclude(pk=besides) if besides is not None else BaseTarget.objects.all()
    seen = everything if actor is None else visible_to(actor, "view", everything)
    found: dict[int, Duplicate] = {}
    not_available = []
    for given in dict.fromkeys(text.strip() for text in (name, *aliases) if text and text.strip()):
        keys = [key for key in BaseTarget.matches.match_name(given).values_list("pk", flat=True)[:MOST] if key != besides]
        shown = list(seen.filter(pk__in=keys).order_by("pk")) if keys else []
        for target in shown:
            found.setdefault(target.pk, Duplicate(target, "name", given))
        if keys and not shown:
            not_available.append(given)
    if ra is not None and dec is not None:
        try:
            near = queries.cone(seen, ra, dec, radius_arcsec / 3600.0, epoch).order_by("separation", "pk")[:MOST]
            for target in near:
                found.setdefault(target.pk, Duplicate(target, "position", separation_arcsec=target.separation * 3600.0))
        except ValueError:
            pass  # off the sky, or from another age: for the rules of columns to say
    return Duplicates(list(found.values()), not_available)
