"""QuerySets under which derived columns and the grant index follow every kind of write."""

from __future__ import annotations

from django.db import models, transaction

BATCH = 1000


def batched(items, size=BATCH):
    items = list(items)
    for start in range(0, len(items), size):
        yield items[start : start + size]


class DerivedColumnsQuerySet(models.QuerySet):
    """Keeps columns that are computed from others (`derived = {column: sources}`) under update and bulk_update."""

    derived: dict[str, tuple[str, ...]] = {}

    def _touched(self, names) -> list[str]:
        return [column for column, sources in self.derived.items() if column not in names and set(sources) & set(names)]

    def _row_model(self):
        return self.model

    def update(self, **kwargs):
        touched = self._touched(kwargs)
        if not touched:
            return super().update(**kwargs)
        late = []
        for column in touched:
            sources = self.derived[column]
            if all(s in kwargs and not hasattr(kwargs[s], "resolve_expression") for s in sources):
                field = self.model._meta.get_field(column)
                kwargs[column] = field.compute(_Row(**{s: kwargs[s] for s in sources}))
            else:
                late.append(column)
        if not late:
            return super().update(**kwargs)
        # Which rows these are must be known before the update may change what the filter sees.
        with transaction.atomic(using=self.db):
            keys = list(self.order_by().values_list("pk", flat=True))
            changed = super().update(**kwargs)
            self.recompute(keys, late)
        return changed

    update.alters_data = True

    def recompute(self, keys, columns) -> int:
        """Derive `columns` of the rows with these keys anew from what the database holds."""
        model = self._row_model()
        sources = sorted({s for c in columns for s in self.derived[c]})
        stale = []
        for some in batched(keys):
            rows = model._base_manager.using(self.db).filter(pk__in=some).only("pk", *sources, *columns)
            for row in rows:
                before = [getattr(row, c) for c in columns]
                for column in columns:
                    setattr(row, column, model._meta.get_field(column).compute(row))
                if before != [getattr(row, c) for c in columns]:
                    stale.append(row)
            if stale:
                models.QuerySet(model, using=self.db).bulk_update(stale, columns, batch_size=500)
                stale = []
        return len(keys)

    def bulk_update(self, objs, fields, batch_size=None):
        objs = tuple(objs)
        fields = list(fields)
        for column in self._touched(fields):
            field = self.model._meta.get_field(column)
            for obj in objs:
                setattr(obj, column, field.compute(obj))
            fields.append(column)
        return super().bulk_update(objs, fields, batch_size=batch_size)

    bulk_update.alters_data = True


class _Row:
    def __init__(self, **values):
        self.__dict__.update(values)


class NameQuerySet(DerivedColumnsQuerySet):
    derived = {"simplified_name": ("name",)}


class TargetQuerySet(DerivedColumnsQuerySet):
    """Targets: HEALPix, simplified name, and the grants that PUBLIC and OPEN mean."""

    derived = {"healpix": ("ra", "dec"), "simplified_name": ("name",)}

    def _row_model(self):
        from tom_targets.base_models import BaseTarget

        return BaseTarget

    def update(self, **kwargs):
        if "permissions" not in kwargs:
            return super().update(**kwargs)
        from tom_targets.services.grants import follow_permissions

        with transaction.atomic(using=self.db):
            keys = list(self.order_by().values_list("pk", flat=True))
            changed = super().update(**kwargs)
            follow_permissions(keys, using=self.db)
        return changed

    update.alters_data = True

    def bulk_create(self, objs, *args, **kwargs):
        from tom_targets.services.grants import follow_permissions

        objs = list(objs)
        with transaction.atomic(using=self.db):
            made = super().bulk_create(objs, *args, **kwargs)
            keys = [obj.pk for obj in made if obj.pk is not None]
            unknown = [obj.name for obj in made if obj.pk is None]
            for some in batched(unknown):
                keys += self.model._base_manager.using(self.db).filter(name__in=some).values_list("pk", flat=True)
            follow_permissions(keys, using=self.db)
        return made

    bulk_create.alters_data = True


class TargetPermissionQuerySet(models.QuerySet):
    """Rows of guardian's direct tables of targets: the grant index follows each change in the same transaction."""

    def _pairs(self):
        from tom_targets.services.grants import pairs_of

        return pairs_of(self)

    def delete(self):
        from tom_targets.services.grants import follow_pairs

        with transaction.atomic(using=self.db):
            pairs = self._pairs()
            result = super().delete()
            follow_pairs(pairs, using=self.db)
        return result

    delete.alters_data = True
    delete.queryset_only = True

    def update(self, **kwargs):
        from tom_targets.services.grants import follow_pairs

        with transaction.atomic(using=self.db):
            keys = list(self.order_by().values_list("pk", flat=True))
            pairs = self._pairs()
            changed = super().update(**kwargs)
            for some in batched(keys):
                pairs |= self.model.objects.using(self.db).filter(pk__in=some)._pairs()
            follow_pairs(pairs, using=self.db)
        return changed

    update.alters_data = True

    def bulk_create(self, objs, *args, **kwargs):
        from tom_targets.services.grants import follow_pairs, holder_of

        objs = list(objs)
        with transaction.atomic(using=self.db):
            made = super().bulk_create(objs, *args, **kwargs)
            follow_pairs({(holder_of(obj), obj.content_object_id) for obj in made}, using=self.db)
        return made

    bulk_create.alters_data = True
