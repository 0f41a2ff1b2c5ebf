"""The target.

This module stands beside the package `models`, not in it: a project's own target model imports `BaseTarget` from here while
`tom_targets.models` is about to load that project's module.
"""

from __future__ import annotations

import functools

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.functional import cached_property
from django.utils.module_loading import import_string

from tom_common.fields import ExactCharField
from tom_common.kept import address_of
from tom_common.prepared import Prepared
from tom_targets.constants import HOLDERS_OF_PERMISSION, NON_SIDEREAL, OPEN, PRIVATE, PUBLIC, SIDEREAL
from tom_targets.fields import HealpixField, SimplifiedNameField, is_expression
from tom_targets.matching import TargetMatchManager, match_manager_class
from tom_targets.querysets import TargetQuerySet

__all__ = [
    "GLOBAL_TARGET_FIELDS",
    "IGNORE_FIELDS",
    "NON_SIDEREAL_FIELDS",
    "REQUIRED_NON_SIDEREAL_FIELDS",
    "REQUIRED_NON_SIDEREAL_FIELDS_PER_SCHEME",
    "REQUIRED_SIDEREAL_FIELDS",
    "SIDEREAL_FIELDS",
    "BaseTarget",
    "TargetMatchManager",
    "get_default_target_permission",
    "get_target_model_app_label",
]

GLOBAL_TARGET_FIELDS = ["name", "type"]

IGNORE_FIELDS = [
    "id", "created", "modified", "aliases", "targetextra", "targetlist", "observationrecord", "dataproduct", "reduceddatum",
    "basetarget_ptr",
]  # fmt: skip

SIDEREAL_FIELDS = [
    *GLOBAL_TARGET_FIELDS,
    "ra", "dec", "epoch", "pm_ra", "pm_dec", "parallax", "galactic_lng", "galactic_lat", "distance", "distance_err",
]  # fmt: skip

NON_SIDEREAL_FIELDS = [
    *GLOBAL_TARGET_FIELDS,
    "scheme", "mean_anomaly", "arg_of_perihelion", "lng_asc_node", "inclination", "mean_daily_motion", "semimajor_axis",
    "eccentricity", "epoch_of_elements", "epoch_of_perihelion", "ephemeris_period", "ephemeris_period_err", "ephemeris_epoch",
    "ephemeris_epoch_err", "perihdist", "abs_mag", "slope",
]  # fmt: skip

REQUIRED_SIDEREAL_FIELDS = ["ra", "dec"]

REQUIRED_NON_SIDEREAL_FIELDS = [
    "scheme", "epoch_of_elements", "inclination", "lng_asc_node", "arg_of_perihelion", "eccentricity",
]  # fmt: skip

REQUIRED_NON_SIDEREAL_FIELDS_PER_SCHEME = {
    "MPC_COMET": ["perihdist", "epoch_of_perihelion"],
    "MPC_MINOR_PLANET": ["mean_anomaly", "semimajor_axis"],
    "JPL_MAJOR_PLANET": ["mean_daily_motion", "mean_anomaly", "semimajor_axis"],
}


def get_default_target_permission() -> str:
    """`TARGET_DEFAULT_PERMISSION`, PRIVATE when the project sets none."""
    return getattr(settings, "TARGET_DEFAULT_PERMISSION", None) or PRIVATE


def get_target_model_app_label() -> str:
    """Label of the app of the configured target model: the one in codenames such as `<label>.view_target`."""
    path = getattr(settings, "TARGET_MODEL_CLASS", None)
    if not path:
        return "tom_targets"
    return import_string(path)._meta.app_label


def _number(help_text: str, verbose_name: str, **kwargs) -> models.FloatField:
    return models.FloatField(null=True, blank=True, verbose_name=verbose_name, help_text=help_text, **kwargs)


@functools.cache
def _featured(products: type[models.Model]) -> Prepared:
    return Prepared(lambda target: products._default_manager.filter(target_id=target, data_product_type="fits_file", featured=True)[:1])


class BaseTarget(models.Model):
    """An object of the sky: a fixed position, or the elements of an orbit.

    Positions are degrees ICRS. `healpix` (nested, order 29) and `simplified_name` follow `ra`, `dec` and `name`; the grant
    index follows `permissions`; both through every way of writing that the manager offers.
    """

    SIDEREAL = SIDEREAL
    NON_SIDEREAL = NON_SIDEREAL
    TARGET_TYPES = ((SIDEREAL, "Sidereal"), (NON_SIDEREAL, "Non-sidereal"))
    TARGET_SCHEMES = (
        ("MPC_MINOR_PLANET", "MPC Minor Planet"),
        ("MPC_COMET", "MPC Comet"),
        ("JPL_MAJOR_PLANET", "JPL Major Planet"),
    )

    class Permissions(models.TextChoices):
        OPEN = OPEN, "Open"
        PUBLIC = PUBLIC, "Public"
        PRIVATE = PRIVATE, "Private"

    name = ExactCharField(
        max_length=100, default="", unique=True, verbose_name="Name", help_text="The name of this target e.g. Barnard's star."
    )
    type = models.CharField(max_length=100, choices=TARGET_TYPES, verbose_name="Target Type", help_text="The type of this target.")
    created = models.DateTimeField(
        auto_now_add=True, db_index=True, verbose_name="Time Created", help_text="The time at which this target was created (UTC)."
    )
    modified = models.DateTimeField(
        auto_now=True, verbose_name="Last Modified", help_text="The time at which this target was last changed (UTC)."
    )
    permissions = models.CharField(
        max_length=100,
        default=get_default_target_permission,
        choices=Permissions.choices,
        verbose_name="Target Permissions",
        help_text="Open: every visitor sees this target. Public: every logged-in user sees it. Private: the groups chosen see it.",
    )
    ra = _number("Right Ascension, in degrees.", "Right Ascension")
    dec = _number("Declination, in degrees.", "Declination")
    epoch = _number("Julian Years. Max 2100.", "Epoch")
    parallax = _number("Parallax, in milliarcseconds.", "Parallax")
    pm_ra = _number("Proper Motion: RA. Milliarcsec/year.", "Proper Motion (RA)")
    pm_dec = _number("Proper Motion: Dec. Milliarcsec/year.", "Proper Motion (Declination)")
    galactic_lng = _number("Galactic Longitude in degrees.", "Galactic Longitude")
    galactic_lat = _number("Galactic Latitude in degrees.", "Galactic Latitude")
    distance = _number("Parsecs.", "Distance")
    distance_err = _number("Parsecs.", "Distance Error")
    scheme = models.CharField(
        max_length=50,
        choices=TARGET_SCHEMES,
        default="",
        blank=True,
        verbose_name="Orbital Element Scheme",
        help_text="Orbital Element Scheme",
    )
    epoch_of_elements = _number("Julian date. Epoch of Elements in MJD.", "Epoch of Elements")
    mean_anomaly = _number("Angle in degrees.", "Mean Anomaly")
    arg_of_perihelion = _number("Argument of Perihelion. J2000. Degrees.", "Argument of Perihelion")
    eccentricity = _number("Eccentricity", "Eccentricity")
    lng_asc_node = _number("Longitude of Ascending Node. J2000. Degrees.", "Longitude of Ascending Node")
    inclination = _number("Inclination to the ecliptic. J2000. Degrees.", "Inclination to the Ecliptic")
    mean_daily_motion = _number("Degrees per day.", "Mean Daily Motion")
    semimajor_axis = _number("In AU", "Semimajor Axis")
    epoch_of_perihelion = _number("Epoch of Perihelion in MJD.", "Epoch of Perihelion")
    ephemeris_period = _number("Days", "Ephemeris Period")
    ephemeris_period_err = _number("Days", "Ephemeris Period Error")
    ephemeris_epoch = _number("Days", "Ephemeris Epoch")
    ephemeris_epoch_err = _number("Days", "Ephemeris Epoch Error")
    perihdist = _number("AU", "Perihelion Distance")
    abs_mag = _number("H for minor planets, m1 for comets.", "Absolute Magnitude")
    slope = _number("G for minor planets, k1 for comets.", "Slope Parameter")
    shared_by = models.CharField(
        max_length=255, blank=True, default="", verbose_name="Shared By", help_text="Who shared this target with this TOM."
    )
    shared_from = models.CharField(
        max_length=255, blank=True, default="", verbose_name="Shared From", help_text="The TOM from which this target was shared."
    )
    healpix = HealpixField(db_index=True)
    simplified_name = SimplifiedNameField(db_index=True)

    objects = models.Manager.from_queryset(TargetQuerySet, class_name="TargetManager")()
    matches = match_manager_class()()

    class Meta:
        verbose_name = "target"
        permissions = (
            ("view_target", "View Target"),
            ("add_target", "Add Target"),
            ("change_target", "Change Target"),
            ("delete_target", "Delete Target"),
        )
        indexes = [
            models.Index(fields=["-created", "-id"], name="tom_target_newest"),
            models.Index(fields=["-modified", "-id"], name="tom_target_changed"),
            models.Index(fields=["pm_ra"], name="tom_target_pm_ra"),
            models.Index(fields=["pm_dec"], name="tom_target_pm_dec"),
        ]

    def __str__(self) -> str:
        return str(self.name)

    def get_absolute_url(self) -> str:
        return address_of("targets:detail", self.pk)

    get_absolute_url.address_name = "targets:detail"  # tables ask for all addresses of a page at once

    def save(self, *args, extras=None, names=None, **kwargs):
        """Write the target, its tags (`extras`: key to value) and its aliases (`names`), then run the hook once.

        One transaction; a tag or alias that is not valid leaves nothing behind.
        """
        from tom_common.hooks import run_hook

        created = self._state.adding
        update_fields = kwargs.get("update_fields")
        if update_fields is not None:
            update_fields = set(update_fields)
            if update_fields & {"ra", "dec"}:
                update_fields.add("healpix")
            if "name" in update_fields:
                update_fields.add("simplified_name")
            kwargs["update_fields"] = update_fields
        elif not created:
            deferred = self.get_deferred_fields()
            for column, sources in TargetQuerySet.derived.items():
                if column in deferred and not deferred.issuperset(sources):
                    getattr(self, column)  # a column that is loaded is written
        using = kwargs.get("using") or self._state.db
        late = [c for c, sources in TargetQuerySet.derived.items() if any(is_expression(self.__dict__.get(s)) for s in sources)]
        with transaction.atomic(using=using):
            super().save(*args, **kwargs)
            if late:
                BaseTarget.objects.using(self._state.db).recompute([self.pk], late)
            self._follow_writes(created, update_fields)
            self._save_extras(created, extras or {})
            self._save_names(names or [])
            self._announce(created)
        if not self.__dict__.pop("_hook_later", False):  # a writer of many runs it once all are written
            run_hook("target_post_save", target=self, created=created)

    save.alters_data = True

    def _follow_writes(self, created, update_fields):
        from tom_targets.services.grants import follow_permissions, grant_new

        if created:
            grant_new(self)
        elif update_fields is None or "permissions" in update_fields:
            follow_permissions([self.pk], using=self._state.db)

    def _save_extras(self, created, extras):
        from tom_targets.models import TargetExtra

        given = {str(key): value for key, value in extras.items()}
        if created:
            for extra in getattr(settings, "EXTRA_FIELDS", []):
                if extra.get("default") is not None and extra["name"] not in given:
                    given[extra["name"]] = extra["default"]
        if not given:
            return
        known = {} if created else {e.key: e for e in self.targetextra_set.filter(key__in=given)}
        for key, value in given.items():
            row = known.get(key) or TargetExtra(target_id=self.pk, key=key)
            row.value = value
            row.save()

    def _save_names(self, names):
        from tom_targets.models import TargetName

        if not names:
            return
        known = set(TargetName.objects.filter(target_id=self.pk).values_list("name", flat=True))
        for name in names:
            name = str(name).strip()
            if not name or name in known:
                continue
            known.add(name)
            alias = TargetName(target=self, name=name)
            alias.full_clean()
            alias.save()

    def _announce(self, created):
        from tom_targets.events import target_saved

        target_saved.send(target_id=self.pk, created=created)

    def validate_unique(self, *args, **kwargs):
        super().validate_unique(*args, **kwargs)
        # Which target has the name is for forms to say, to those who may see it.
        if not type(self).matches.is_unique(self):
            raise ValidationError(
                {"name": ValidationError("This name is not available: a target has it, or one very like it.", code="name_taken")}
            )
        if self.pk and self.aliases.filter(simplified_name=self._meta.get_field("simplified_name").compute(self)).exists():
            raise ValidationError({"name": ValidationError("An alias of this target is that name already.", code="own_alias")})

    def featured_image(self):
        """The FITS product that is featured, or None."""
        products = getattr(self, "dataproduct_set", None)
        return next(iter(_featured(products.model)(self.pk)), None) if products is not None and self.pk else None

    @property
    def names(self) -> list[str]:
        """The name and then every alias."""
        return [self.name, *(alias.name for alias in self.aliases.all())]

    @cached_property
    def constellation(self) -> str | None:
        """IAU name of the constellation in which a sidereal target lies."""
        if self.type != SIDEREAL or self.ra is None or self.dec is None:
            return None
        from astropy.coordinates import SkyCoord, get_constellation

        return str(get_constellation(SkyCoord(self.ra, self.dec, unit="deg", frame="icrs")))

    @property
    def future_observations(self) -> list:
        """Records that have a status and have not come to an end, the next one first."""
        records = getattr(self, "observationrecord_set", None)
        if records is None:
            return []
        return [record for record in records.exclude(status="").order_by("scheduled_start") if not record.terminal]

    @property
    def extra_fields(self) -> dict:
        """Values of the keys that `EXTRA_FIELDS` names, each in the type that it states."""
        types = {extra["name"]: extra["type"] for extra in getattr(settings, "EXTRA_FIELDS", [])}
        return {e.key: e.typed_value(types[e.key]) for e in self.targetextra_set.all() if e.key in types}

    @property
    def tags(self) -> dict:
        """Key and value of every extra that `EXTRA_FIELDS` does not name."""
        named = {extra["name"] for extra in getattr(settings, "EXTRA_FIELDS", [])}
        return {e.key: e.value for e in self.targetextra_set.all() if e.key not in named}

    def as_dict(self) -> dict:
        """Fields of the target's type in their order, then what else is set and not marked hidden."""
        if self.type == SIDEREAL:
            ordered = SIDEREAL_FIELDS
        elif self.type == NON_SIDEREAL:
            ordered = NON_SIDEREAL_FIELDS
        else:
            ordered = GLOBAL_TARGET_FIELDS
        values = {name: getattr(self, name) for name in ordered}
        for field in self._meta.concrete_fields:
            if field.name in values or field.name in IGNORE_FIELDS or getattr(field, "hidden", False):
                continue
            value = getattr(self, field.attname)
            if value is not None and value != "":
                values[field.name] = value
        return values

    def give_user_access(self, user):
        """Let a user or a group view, change and delete this target."""
        from tom_targets.services.grants import grant_access

        grant_access(target=self, holder=user)


assert set(HOLDERS_OF_PERMISSION) == set(BaseTarget.Permissions.values)  # noqa: S101
