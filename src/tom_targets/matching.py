"""How names and positions are compared: the manager `matches` of targets."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.module_loading import import_string

_DROPPED = str.maketrans("", "", " -_()")


class TargetMatchManager(models.Manager):
    """Finds targets that may be the same object.

    A project names its own subclass in `MATCH_MANAGERS['Target']`. Names are compared through the stored result of
    `simplify_name`; whoever overrides that method afterwards runs `manage.py repairtargets` once.
    """

    def is_unique(self, target, *args, **kwargs) -> bool:
        """True when no other target matches."""
        return not self.match_target(target, *args, **kwargs).exclude(pk=target.pk).exists()

    def match_target(self, target, *args, **kwargs) -> models.QuerySet:
        return self.match_name(target.name)

    def match_name(self, name) -> models.QuerySet:
        return self.match_fuzzy_name(name)

    def match_exact_name(self, name) -> models.QuerySet:
        return self.get_queryset().filter(name=name)

    def match_fuzzy_name(self, name, input_queryset=None) -> models.QuerySet:
        """Targets whose name or alias is the same after `simplify_name`."""
        queryset = self.get_queryset() if input_queryset is None else input_queryset
        wanted = self.simplify_name(name)
        if _rule_of(type(self)) is not _rule_in_force():
            return queryset.filter(pk__in=self._match_by_reading(wanted, queryset))
        from tom_targets.models import TargetName

        owners = TargetName.objects.filter(simplified_name=wanted).values("target_id")
        return queryset.filter(Q(simplified_name=wanted) | Q(pk__in=owners))

    def _match_by_reading(self, wanted, queryset) -> list:
        # Stored names follow another rule than this manager's: compare row by row.
        found = set()
        for pk, name, alias in queryset.order_by().values_list("pk", "name", "aliases__name").iterator():
            if self.simplify_name(name) == wanted or (alias and self.simplify_name(alias) == wanted):
                found.add(pk)
        return list(found)

    def match_cone_search(self, ra, dec, radius) -> models.QuerySet:
        """Targets within `radius` arcseconds of (ra, dec) in degrees, with `separation` in degrees."""
        from tom_targets.queries import cone

        if ra is None or dec is None or radius is None:
            return self.get_queryset().none()
        try:
            ra, dec, radius = float(ra), float(dec), float(radius)
        except (TypeError, ValueError):
            return self.get_queryset().none()
        if not -90.0 <= dec <= 90.0:
            return self.get_queryset().none()
        return cone(self.get_queryset(), ra, dec, radius / 3600.0)

    def simplify_name(self, name) -> str:
        return str(name).lower().translate(_DROPPED)


def match_manager_class() -> type[TargetMatchManager]:
    """The manager class that the project names, or the toolkit's own when it names none that can be loaded."""
    path = getattr(settings, "MATCH_MANAGERS", {}).get("Target")
    if path:
        try:
            return import_string(path)
        except (ImportError, AttributeError):
            pass  # reported by the check tom_targets.W002
    return TargetMatchManager


def _rule_of(manager_class):
    return getattr(manager_class, "simplify_name", None)


def _rule_in_force():
    from tom_targets.base_models import BaseTarget

    return _rule_of(type(BaseTarget.matches))


def simplify(name: str) -> str:
    """`name` by the rule under which simplified names are stored."""
    from tom_targets.base_models import BaseTarget

    rule = getattr(BaseTarget.matches, "simplify_name", None)
    return str(rule(name) if rule else TargetMatchManager().simplify_name(name))
