"""Relations of the typed proxies: `target.photometryreduceddatum_set` and its lookups, as if each type had a table of its own."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.fields.related import ForeignObject
from django.db.models.fields.related_descriptors import ForwardManyToOneDescriptor
from django.db.models.sql.where import AND, WhereNode


class _AliasDescriptor(ForwardManyToOneDescriptor):
    """Reads and writes the real foreign key."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        return getattr(instance, self.field.from_fields[0])

    def __set__(self, instance: Any, value: Any) -> None:
        setattr(instance, self.field.from_fields[0], value)


class TypedRelation(ForeignObject):
    """A relation without a column on a proxy: the foreign key `source` of the table, for rows of one data type.

    Joins through its reverse name carry the restriction to the data type, so that filters and counts see rows of that type only.
    """

    requires_unique_target = False
    forward_related_accessor_class = _AliasDescriptor

    def __init__(self, to: Any, source: str, data_type: str) -> None:
        self.source = source
        self.data_type = data_type
        super().__init__(
            to, on_delete=models.DO_NOTHING, from_fields=[source], to_fields=[None],
            null=True, blank=True, editable=False, serialize=False,
        )

    def contribute_to_class(self, cls: type[models.Model], name: str, **kwargs: Any) -> None:
        super().contribute_to_class(cls, name, private_only=True, **kwargs)

    @property
    def cache_name(self) -> str:
        return self.source

    def get_extra_restriction(self, alias: str | None, related_alias: str) -> WhereNode:
        field = self.model._meta.get_field("data_type")
        return WhereNode([field.get_lookup("exact")(field.get_col(related_alias), self.data_type)], connector=AND)
