"""Columns that follow other columns of their row, and the REST field of targets."""

from __future__ import annotations

import math

from django.db import models

from tom_common.fields import ExactCharField


def healpix_of(ra: float | None, dec: float | None) -> int | None:
    """Nested HEALPix index at order 29 of a position in degrees ICRS; None without a position on the sky."""
    if ra is None or dec is None:
        return None
    ra, dec = float(ra), float(dec)
    if not (math.isfinite(ra) and -90.0 <= dec <= 90.0):
        return None
    from tom_astro.healpix import healpix29

    return int(healpix29(ra % 360.0, dec))


def is_expression(value) -> bool:
    """True for F() and the like, whose value the database computes."""
    return hasattr(value, "resolve_expression")


class HealpixField(models.BigIntegerField):
    """`healpix`, computed from `ra` and `dec` of the same row whenever it is written."""

    hidden = True

    def __init__(self, *args, **kwargs):
        kwargs.update(null=True, blank=True, editable=False)
        super().__init__(*args, **kwargs)

    def compute(self, instance):
        if is_expression(instance.ra) or is_expression(instance.dec):
            return None  # known once the database has written it: see `DerivedColumnsQuerySet.recompute`
        return healpix_of(instance.ra, instance.dec)

    def pre_save(self, model_instance, add):
        value = self.compute(model_instance)
        setattr(model_instance, self.attname, value)
        return value

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        for key in ("null", "blank", "editable"):
            kwargs.pop(key, None)
        return name, path, args, kwargs


class SimplifiedNameField(ExactCharField):
    """The row's `name` as the match manager in force simplifies it, kept for an indexed comparison."""

    hidden = True

    def __init__(self, *args, **kwargs):
        # Lower-casing may lengthen a name, so there is more room than a name has.
        kwargs.update(max_length=200, blank=True, default="", editable=False)
        super().__init__(*args, **kwargs)

    def compute(self, instance):
        from tom_targets.matching import simplify

        return "" if is_expression(instance.name) else simplify(instance.name)[: self.max_length]

    def pre_save(self, model_instance, add):
        value = self.compute(model_instance)
        setattr(model_instance, self.attname, value)
        return value

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        for key in ("max_length", "blank", "default", "editable"):
            kwargs.pop(key, None)
        return name, path, args, kwargs


def __getattr__(name):
    # Django models load this module; the REST framework is loaded only by who asks for its field.
    if name == "TargetFilteredPrimaryKeyRelatedField":
        from tom_targets.api.fields import TargetFilteredPrimaryKeyRelatedField

        return TargetFilteredPrimaryKeyRelatedField
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
