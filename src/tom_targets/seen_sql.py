"""Whether a target has a grant, as one expression of SQL: a tree of Django's costs more than the query, on every page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import BooleanField, F, Func

from tom_targets.models.grants import Grant


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
