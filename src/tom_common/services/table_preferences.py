"""How one viewer wants one table: a row for users, the session for visitors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tom_common.errors import InvalidInputError
from tom_common.models import TablePreference
from tom_common.prepared import Prepared

SESSION_KEY = "tom_tables"
MOST_COLUMNS = 60
_of_user = Prepared(lambda user, page: TablePreference.objects.filter(user_id=user, page=page))


def preference_of(*, user: Any, session: Any, page: str) -> TablePreference:
    """What the viewer wants; an unsaved row without wishes when they never said."""
    if user is not None and user.is_authenticated:
        found = _of_user(user.pk, page)
        return found[0] if found else TablePreference(user=user, page=page)
    kept = (session.get(SESSION_KEY) or {}).get(page) if session is not None else None
    kept = kept if isinstance(kept, dict) else {}
    return TablePreference(page=page, columns=kept.get("columns"), per_page=kept.get("per_page"))


def keep_preference(
    *,
    user: Any,
    session: Any,
    page: str,
    columns: Iterable[str] | None,
    per_page: int | None,
    choosable: Iterable[str],
    page_sizes: Iterable[int],
) -> None:
    """Keep columns in their order (None: the default) and rows on a page (None: the default)."""
    if columns is not None:
        columns, known = list(dict.fromkeys(columns)), set(choosable)
        unknown = [name for name in columns if name not in known]
        if unknown:
            raise InvalidInputError(f"This table has no column {', '.join(map(repr, unknown[:5]))}: choose among those offered.")
        if not columns:
            raise InvalidInputError("A table needs at least one column.")
        if len(columns) > MOST_COLUMNS:
            raise InvalidInputError(f"A table can show at most {MOST_COLUMNS} columns.")
    if per_page is not None and per_page not in set(page_sizes):
        raise InvalidInputError(f"A page can have {', '.join(map(str, page_sizes))} rows.")
    if user is not None and user.is_authenticated:
        TablePreference.objects.update_or_create(user=user, page=page, defaults={"columns": columns, "per_page": per_page})
    elif session is not None:
        kept = dict(session.get(SESSION_KEY) or {})
        kept[page] = {"columns": columns, "per_page": per_page}
        session[SESSION_KEY] = kept
