"""Whether a target has a grant, and a list a right, as one expression of SQL: a tree of Django's costs more than the query, on every page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import BooleanField, F, Func

from tom_targets.models.grants import Grant
from tom_targets.models.lists import TargetList


class SeenBy(Func):
    """True for rows whose target, the key in `column`, is granted to one of `holders`.

    `few`: read all targets of the holders and look the row up among them, in place of looking up the grants of each row.
    `below`, `above`: bounds of a page on the key, repeated where the grants are looked up.
    """

    output_field = BooleanField()
    conditional = True

    def __init__(self, column: str, holders: Sequence[int], few: bool = False, below: int | None = None, above: int | None = None):
        super().__init__(F(column))
        self.holders, self.few, self.bounds = tuple(holders), few, (("<", below), (">", above))

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        target, params = compiler.compile(self.get_source_expressions()[0])
        table, held = connection.ops.quote_name(Grant._meta.db_table), f"tom_seen.holder IN ({', '.join(['%s'] * len(self.holders))})"
        if self.few:
            return f"{target} IN (SELECT tom_seen.target_id FROM {table} tom_seen WHERE {held})", [*params, *self.holders]  # noqa: S608
        bounds = [(f" AND tom_seen.target_id {sign} %s", bound) for sign, bound in self.bounds if bound is not None]
        sql = f"EXISTS(SELECT 1 FROM {table} tom_seen WHERE {held} AND tom_seen.target_id = {target}{''.join(word for word, _ in bounds)})"  # noqa: S608
        return sql, [*self.holders, *params, *(bound for _, bound in bounds)]


class GivenOnList(Func):
    """True for lists on which guardian's rows give the right `codename` to the account or to one of its groups."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, codename: str, person: int, groups: Sequence[int]):
        super().__init__(F("pk"))
        self.codename, self.person, self.groups = codename, person, tuple(groups)

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        from django.contrib.auth.models import Permission
        from django.contrib.contenttypes.models import ContentType
        from guardian.utils import get_group_obj_perms_model, get_user_obj_perms_model

        key, params = compiler.compile(self.get_source_expressions()[0])
        quote = connection.ops.quote_name
        kind = ContentType.objects.get_for_model(TargetList).pk
        same = f"tom_given.object_pk = CAST({key} AS {'char' if connection.vendor == 'mysql' else 'varchar(255)'}) AND tom_given.content_type_id = %s"
        right = f"tom_given.permission_id = (SELECT id FROM {quote(Permission._meta.db_table)} WHERE content_type_id = %s AND codename = %s)"  # noqa: S608
        holders = [(get_user_obj_perms_model(), "user_id", (self.person,)), (get_group_obj_perms_model(), "group_id", self.groups)]
        parts, values = [], []
        for model, column, keys in holders:
            if keys:
                among = f"tom_given.{column} IN ({', '.join(['%s'] * len(keys))})"
                parts.append(f"EXISTS(SELECT 1 FROM {quote(model._meta.db_table)} tom_given WHERE {same} AND {right} AND {among})")  # noqa: S608
                values += [*params, kind, kind, self.codename, *keys]
        return f"({' OR '.join(parts)})", values
