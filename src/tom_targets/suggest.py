"""Targets that the search field of the navigation bar offers: by the beginning of a name or alias, among what the viewer may see."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import QuerySet

from tom_common.kept import address_of
from tom_common.suggestions import Suggestion
from tom_targets.matching import simplify, spellings
from tom_targets.models import BaseTarget, TargetName
from tom_targets.policy import restrict_by_target, visible_to

LAST = "\U0010ffff"


def _beginning(queryset: QuerySet, start: str) -> QuerySet:
    # the bounds are what an index is asked for; the walk along it ends with the last row that is wanted
    bounds = {"simplified_name__gte": start, "simplified_name__lte": start + LAST, "simplified_name__startswith": start}
    return queryset.filter(**bounds).order_by("simplified_name", "pk")


def _starts(text: str) -> list[str]:
    """Beginnings of simplified names that are meant by `text`: of a transient also those under which it goes once it is classified."""
    start = simplify(text)
    tns = re.fullmatch(r"(at|sn)(\d{1,4}[a-z]*)", start)
    if tns is None or len(spellings(f"{tns[1]}2000a")) == 1:
        return [start] if start else []
    return [start, ("sn" if tns[1] == "at" else "at") + tns[2]]


def suggest(user: Any, text: str, limit: int) -> list[Suggestion]:
    found: dict[int, tuple[str, str]] = {}
    for start in _starts(text):
        named = _beginning(visible_to(user, "view", BaseTarget.objects.all()), start)
        found.update((key, (name, "")) for key, name in named.values_list("pk", "name")[: limit - len(found)])
        known_as = _beginning(restrict_by_target(TargetName.objects.all(), user), start).values_list("target_id", "target__name", "name")
        while len(found) < limit and (others := list(known_as.exclude(target_id__in=list(found))[:limit])):
            for key, name, alias in others:  # several aliases of one target may begin so
                if len(found) < limit:
                    found.setdefault(key, (name, alias))
    return [Suggestion(name, address_of("targets:detail", key), alias) for key, (name, alias) in found.items()]
