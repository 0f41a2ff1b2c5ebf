"""Reduced data: one table for every kind of measurement, and a typed proxy for each kind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, router, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from tom_dataproducts.normalising import (
    ARRAY_COLUMNS,
    ASTROMETRY,
    CONTENT_COLUMNS,
    PHOTOMETRY,
    SPECTROSCOPY,
    columns_from_value,
    columns_of,
    composed_value,
    convert,
    empty,
    fingerprint_of,
    is_empty,
    normalise,
    plain_json,
    source_key_of,
    speaks_of_measurement,
    value_with_columns,
)
from tom_targets.models import BaseTarget

from .cascading import CASCADE_DATA
from .fields import FloatArrayField, ValueField
from .parts import late_arrays, write_late
from .products import DataProduct
from .querysets import COMPUTED_FIELDS, IDENTITY_FIELDS, ReducedDatumManager, ReducedDatumQuerySet
from .relations import TypedRelation

_NO_FIELDS: dict[str, Any] = {}


class ReducedDatumCommon(models.Model):
    """What every reduced datum has, whatever it measures: for models of projects too."""

    target = models.ForeignKey(BaseTarget, null=False, on_delete=models.CASCADE)
    data_product = models.ForeignKey(DataProduct, null=True, blank=True, on_delete=models.CASCADE)
    source_name = models.CharField(max_length=100, blank=True, default="", help_text="Who measured or reported this")
    source_location = models.CharField(max_length=200, blank=True, default="", help_text="Where it came from: a URL or a file")
    timestamp = models.DateTimeField(default=timezone.now, db_index=True)
    value = models.JSONField(default=dict, blank=True)
    telescope = models.CharField(max_length=255, blank=True, default="")
    instrument = models.CharField(max_length=255, blank=True, default="")
    reduction_version = models.CharField(max_length=50, blank=True, default="")

    class Meta:
        abstract = True
        get_latest_by = ("timestamp",)


class ReducedDatum(ReducedDatumCommon):
    """One measurement. `value` is the complete JSON, the typed columns say the same for the kinds that have them.

    Whichever side is written, `save`, `create`, `bulk_create` and `add_reduced_data` complete the other. Columns: photometry in
    `brightness`, `brightness_error`, `limit` (in `unit`; magnitudes when empty), `bandpass`, `exposure_time` (s); spectra in
    `wavelength`, `flux`, `error` with their units; astrometry in `ra`, `dec` (deg, ICRS) with their errors.
    """

    DATA_TYPE: ClassVar[str | None] = None

    # The unique keys below begin with the target, so that it needs no index of its own.
    target = models.ForeignKey(BaseTarget, null=False, on_delete=CASCADE_DATA, db_index=False)
    data_product = models.ForeignKey(DataProduct, null=True, blank=True, on_delete=CASCADE_DATA)
    data_type = models.CharField(max_length=100, blank=True, default="")
    source_id = models.CharField(max_length=200, blank=True, default="", help_text="The source's own identifier of this measurement")
    value = ValueField(default=dict, blank=True, help_text="The measurement as JSON, complete")
    fingerprint = models.BigIntegerField(editable=False)
    source_key = models.BigIntegerField(editable=False)
    added = models.DateTimeField(null=True, editable=False, help_text="When it came here; unknown for rows older than this column")
    # No index, for one would cost every row that a stream brings: it is asked for when a user is deleted.
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL, db_index=False, db_constraint=False,
        related_name="+", help_text="Who added it; nobody where the TOM itself did",
    )
    bandpass = models.CharField(max_length=100, blank=True, default="")
    brightness = models.FloatField(null=True, blank=True)
    brightness_error = models.FloatField(null=True, blank=True)
    limit = models.FloatField(null=True, blank=True)
    unit = models.CharField(max_length=100, blank=True, default="")
    exposure_time = models.FloatField(null=True, blank=True)
    setup = models.CharField(max_length=2000, blank=True, default="")
    wavelength = FloatArrayField()
    flux = FloatArrayField()
    error = FloatArrayField()
    flux_unit = models.TextField(blank=True, default="")
    wavelength_unit = models.TextField(blank=True, default="")
    ra = models.FloatField(null=True, blank=True)
    dec = models.FloatField(null=True, blank=True)
    ra_error = models.FloatField(null=True, blank=True)
    dec_error = models.FloatField(null=True, blank=True)
    ra_error_units = models.CharField(max_length=32, blank=True, default="")
    dec_error_units = models.CharField(max_length=32, blank=True, default="")

    objects = ReducedDatumManager()

    class Meta:
        get_latest_by = ("timestamp",)
        constraints = [
            models.UniqueConstraint(
                fields=["target", "fingerprint"], name="unique_datum_content",
                violation_error_message="A reduced datum that says the same exists already for this target.",
            ),
            models.UniqueConstraint(
                fields=["target", "source_key"], name="unique_datum_source",
                violation_error_message="A reduced datum with this identifier of its source exists already for this target.",
            ),
        ]
        indexes = [models.Index(fields=["target", "data_type", "timestamp"], name="datum_of_target")]

    _seen: Mapping[str, Any] = _NO_FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if kwargs and self.DATA_TYPE:
            kwargs.setdefault("data_type", self.DATA_TYPE)
        super().__init__(*args, **kwargs)
        if args:
            return
        if self.DATA_TYPE and not self.data_type:
            self.data_type = self.DATA_TYPE
        if kwargs:
            columns = {name: getattr(self, name) for name in CONTENT_COLUMNS}
            value, clean = normalise(self.data_type, self.value, columns, given=kwargs.keys() & set(CONTENT_COLUMNS))
            self.value = value
            for name, content in clean.items():
                setattr(self, name, content)
        self.take_snapshot()

    def __str__(self) -> str:
        return f"{self.data_type or 'datum'} of target {self.target_id} at {self.timestamp:%Y-%m-%d %H:%M:%S}"

    @classmethod
    def restrict(cls, queryset: ReducedDatumQuerySet) -> ReducedDatumQuerySet:
        """Rows of this model's kind."""
        return queryset if cls.DATA_TYPE is None else queryset.filter(data_type=cls.DATA_TYPE)

    @classmethod
    def from_db(cls, db: str | None, field_names: Iterable[str], values: Iterable[Any]) -> ReducedDatum:
        row = super().from_db(db, field_names, values)
        row._compose()
        row.take_snapshot()
        return row

    def _compose(self) -> None:
        """Put the arrays of a loaded spectrum into its `value`."""
        loaded = self.__dict__
        if loaded.get("data_type") == SPECTROSCOPY and "value" in loaded:
            loaded["value"] = composed_value(SPECTROSCOPY, loaded["value"], {name: loaded.get(name) for name in ARRAY_COLUMNS})

    def take_snapshot(self) -> None:
        """Remember the typed columns, so that a later save knows which side of the row was changed."""
        loaded = self.__dict__
        self._seen = {column.name: loaded.get(column.name) for column in columns_of(loaded.get("data_type", ""))}

    def refresh_from_db(self, using: str | None = None, fields: Iterable[str] | None = None, from_queryset: Any = None) -> None:
        fields = None if fields is None else list(fields)
        super().refresh_from_db(using=using, fields=fields, from_queryset=from_queryset)
        if fields is None:
            self.take_snapshot()
        else:
            names = {column.name for column in columns_of(self.__dict__.get("data_type", ""))} & set(fields)
            self._seen = {**self._seen, **{name: self.__dict__.get(name) for name in names}}

    def synchronise(self) -> None:
        """Make `value` and the typed columns say the same: the side that was changed wins, a column over `value`."""
        if self.DATA_TYPE and self.data_type != self.DATA_TYPE:
            self.data_type = self.DATA_TYPE
        columns = columns_of(self.data_type)
        missing = self.get_deferred_fields() & {"value", "source_id", "source_name", "timestamp", *CONTENT_COLUMNS}
        if missing:
            self.refresh_from_db(fields=sorted(missing))
            self._compose()
        value = plain_json(self.value)
        if not columns:
            self.value = value
            return
        current = {}
        for column in columns:
            content = getattr(self, column.name)
            current[column.name] = empty(column) if is_empty(content) else convert(column, content)
        changed = {
            column.name: current[column.name]
            for column in columns
            if current[column.name] != (empty(column) if is_empty(self._seen.get(column.name)) else self._seen[column.name])
        }
        spoken = columns_from_value(self.data_type, value)
        if isinstance(value, Mapping) and speaks_of_measurement(self.data_type, value):
            nested = self.data_type == SPECTROSCOPY and all(isinstance(item, Mapping) for item in value.values())
            for column in columns:
                if column.name in changed:
                    continue
                if column.name in spoken:
                    current[column.name] = spoken[column.name]
                elif not nested:
                    current[column.name] = empty(column)
        told = {name: content for name, content in current.items() if name in changed or not is_empty(content)}
        self.value = value_with_columns(self.data_type, value, told)
        for name, content in current.items():
            setattr(self, name, content)
        self.take_snapshot()

    def prepare(self) -> None:
        """Complete both sides and the keys of the row, ready to be written."""
        self.synchronise()
        self._read_timestamp()
        if self._state.adding and self.added is None:
            self.added = timezone.now()
        self.fingerprint = fingerprint_of(self)
        self.source_key = source_key_of(self, self.fingerprint)

    def _read_timestamp(self) -> None:
        if isinstance(self.timestamp, str):
            try:
                self.timestamp = self._meta.get_field("timestamp").to_python(self.timestamp)
            except ValidationError as error:
                raise ValidationError({"timestamp": error.messages}) from None
        if self.timestamp is None:
            raise ValidationError({"timestamp": "A reduced datum needs the time of its measurement."})
        if not isinstance(self.timestamp, dt.datetime):
            self.timestamp = dt.datetime(self.timestamp.year, self.timestamp.month, self.timestamp.day, tzinfo=dt.UTC)
        if timezone.is_naive(self.timestamp):
            # A measurement without a zone is in UTC, as everywhere in astronomy, whatever zone the site shows.
            self.timestamp = self.timestamp.replace(tzinfo=dt.UTC)

    def find_twin(self, using: str | None = None) -> ReducedDatum | None:
        """Another stored row with the same content, or of the same source and identifier."""
        self.prepare()
        same = Q(fingerprint=self.fingerprint)
        if self.source_id:
            same |= Q(source_key=self.source_key)
        rows = type(self)._base_manager.using(using or self._state.db or router.db_for_write(type(self))).filter(same, target_id=self.target_id)
        return rows.exclude(pk=self.pk).first() if self.pk is not None else rows.first()

    def clean_fields(self, exclude: Iterable[str] | None = None) -> None:
        virtual = {field.name for field in self._meta.private_fields}
        super().clean_fields(exclude=set(exclude or ()) | virtual | {"value", *ARRAY_COLUMNS} | COMPUTED_FIELDS)

    def clean(self) -> None:
        super().clean()
        if self.data_type == ASTROMETRY and isinstance(self.value, Mapping) and (self.ra is None or self.dec is None):
            raise ValidationError("Astrometry needs ra and dec in degrees.")

    def validate_unique(self, exclude: Iterable[str] | None = None) -> None:
        super().validate_unique(exclude=exclude)
        twin = self.find_twin()
        if twin is None:
            return
        if self.pk is not None and self._keeps_its_place():
            return
        raise ValidationError("A reduced datum that says the same exists already for this target.", code="unique")

    def _keeps_its_place(self) -> bool:
        """Whether this stored row says what it said before (an older database may hold rows that say the same)."""
        stored = type(self)._base_manager.filter(pk=self.pk).first()
        if stored is None or fingerprint_of(stored) != self.fingerprint or stored.target_id != self.target_id:
            return False
        self.fingerprint, self.source_key = stored.fingerprint, stored.source_key
        return True

    def validate_constraints(self, exclude: Iterable[str] | None = None) -> None:
        """The two keys are checked by `validate_unique`, which knows rows that an older database held several times."""

    def save(
        self,
        *args: Any,
        force_insert: Any = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        """Write the row, complete on both sides. A duplicate raises ValidationError."""
        if args:
            names = ("force_insert", "force_update", "using", "update_fields")
            given = dict(zip(names, args, strict=False))
            force_insert = given.get("force_insert", force_insert)
            force_update = given.get("force_update", force_update)
            using = given.get("using", using)
            update_fields = given.get("update_fields", update_fields)
        using = using or router.db_for_write(type(self), instance=self)
        touched = None if update_fields is None else set(update_fields)
        if touched is not None:
            content = {"value", *CONTENT_COLUMNS}
            if touched & (content | IDENTITY_FIELDS):
                touched |= content | COMPUTED_FIELDS
            elif "target" not in touched and "target_id" not in touched:
                super().save(force_insert=force_insert, force_update=force_update, using=using, update_fields=touched)
                return
        is_new = self._state.adding
        self.prepare()
        loose = {"target"} if self.target_id is not None else set()
        self.clean_fields(exclude=loose | {"data_product"})
        self.clean()
        self.validate_unique(exclude={field.name for field in self._meta.fields})
        try:
            with transaction.atomic(using=using):
                super().save(force_insert=force_insert, force_update=force_update, using=using, update_fields=touched)
                self.announce(created=[self] if is_new else [], updated=[] if is_new else [self])
        except IntegrityError:
            keys = (self.fingerprint, self.source_key)
            if self.find_twin(using=using) is None:
                raise
            self.fingerprint, self.source_key = keys
            raise ValidationError("A reduced datum that says the same exists already for this target.", code="unique") from None

    def _do_insert(self, manager: Any, using: str, fields: Any, *args: Any, **kwargs: Any) -> Any:
        late = late_arrays(self, using)
        if not late:
            return super()._do_insert(manager, using, fields, *args, **kwargs)
        with transaction.atomic(using=using, savepoint=False):
            results = super()._do_insert(manager, using, [field for field in fields if field.name not in late], *args, **kwargs)
            pk = self.pk if self.pk is not None else results[0][0]
            write_late(late, table=self._meta.db_table, pk=pk, using=using)
        return results

    def _do_update(self, base_qs: Any, using: str, pk_val: Any, values: Any, *args: Any, **kwargs: Any) -> Any:
        written = {field.name for field, _, _ in values}
        late = {name: packed for name, packed in late_arrays(self, using).items() if name in written}
        if not late:
            return super()._do_update(base_qs, using, pk_val, values, *args, **kwargs)
        with transaction.atomic(using=using, savepoint=False):
            found = super()._do_update(base_qs, using, pk_val, [v for v in values if v[0].name not in late], *args, **kwargs)
            if found:
                write_late(late, table=self._meta.db_table, pk=pk_val, using=using)
        return found

    @staticmethod
    def announce(*, created: Iterable[Any] = (), updated: Iterable[Any] = (), actor: Any = None) -> None:
        """Send the event `data_added` for rows that were written (inside a transaction)."""
        from tom_dataproducts.events import data_added

        by_target: dict[int, tuple[list[int], list[int]]] = {}
        for row in created:
            by_target.setdefault(row.target_id, ([], []))[0].append(row.pk)
        for row in updated:
            by_target.setdefault(row.target_id, ([], []))[1].append(row.pk)
        for target_id, (new, changed) in by_target.items():
            data_added.send(target_id=target_id, created=new, updated=changed, actor=actor)


class PhotometryReducedDatum(ReducedDatum):
    DATA_TYPE = PHOTOMETRY

    of_target = TypedRelation(BaseTarget, "target", PHOTOMETRY)
    of_product = TypedRelation(DataProduct, "data_product", PHOTOMETRY)
    objects = ReducedDatumManager()

    class Meta:
        proxy = True


class SpectroscopyReducedDatum(ReducedDatum):
    DATA_TYPE = SPECTROSCOPY

    of_target = TypedRelation(BaseTarget, "target", SPECTROSCOPY)
    of_product = TypedRelation(DataProduct, "data_product", SPECTROSCOPY)
    objects = ReducedDatumManager()

    class Meta:
        proxy = True


class AstrometryReducedDatum(ReducedDatum):
    DATA_TYPE = ASTROMETRY

    of_target = TypedRelation(BaseTarget, "target", ASTROMETRY)
    of_product = TypedRelation(DataProduct, "data_product", ASTROMETRY)
    objects = ReducedDatumManager()

    class Meta:
        proxy = True


class GenericReducedDatum(ReducedDatum):
    """Rows of every other kind: their `value` is any JSON."""

    objects = ReducedDatumManager()

    class Meta:
        proxy = True

    @classmethod
    def restrict(cls, queryset: ReducedDatumQuerySet) -> ReducedDatumQuerySet:
        return queryset.exclude(data_type__in=(PHOTOMETRY, SPECTROSCOPY, ASTROMETRY))


REDUCED_DATUM_MODELS = (PhotometryReducedDatum, SpectroscopyReducedDatum, AstrometryReducedDatum, GenericReducedDatum)
MODEL_OF_TYPE = {model.DATA_TYPE: model for model in REDUCED_DATUM_MODELS if model.DATA_TYPE}


def try_parse_reduced_datum(data: Mapping[str, Any]) -> ReducedDatum:
    """An unsaved row of the model for `data["data_type"]`, made of a flat mapping or of one with a `value`.

    Every synonym of a typed column is understood; what is no column goes into `value`. Raises ValidationError for a timestamp or a
    target that cannot be read.
    """
    data_type = data.get("data_type") or ""
    model = MODEL_OF_TYPE.get(data_type, ReducedDatum)
    top = {key: content for key, content in data.items() if key != "value"}
    value = data.get("value", {})
    fields: dict[str, Any] = {}
    for name in ("target", "data_product"):
        content = top.pop(name, None)
        content = top.pop(f"{name}_id", content)
        if content is not None:
            fields[name if isinstance(content, models.Model) else f"{name}_id"] = content
    for name in ("data_type", "source_name", "source_location", "source_id", "timestamp"):
        if name in top:
            fields[name] = top.pop(name)
    if isinstance(fields.get("timestamp"), str):
        moment = parse_datetime(fields["timestamp"])
        if moment is None:
            raise ValidationError({"timestamp": f"“{fields['timestamp']}” is no date and time."})
        fields["timestamp"] = moment
    for name in ("id", "pk", *COMPUTED_FIELDS):
        top.pop(name, None)
    if not columns_of(data_type):
        for name in ("telescope", "instrument", "reduction_version"):
            if name in top:
                fields[name] = top.pop(name) or ""
    if top or isinstance(value, Mapping):
        value = {**(value if isinstance(value, Mapping) else {}), **top} if isinstance(value, Mapping) or not value else value
    return model(value=value, **fields)


__all__ = [
    "REDUCED_DATUM_MODELS",
    "AstrometryReducedDatum",
    "GenericReducedDatum",
    "PhotometryReducedDatum",
    "ReducedDatum",
    "ReducedDatumCommon",
    "ReducedDatumManager",
    "ReducedDatumQuerySet",
    "SpectroscopyReducedDatum",
    "try_parse_reduced_datum",
]
