"""Filters under names: keep, rename, share, delete, and the one to begin with."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from tom_common.errors import InvalidInputError, NotAllowedError, RowError
from tom_common.models import SavedFilter, TablePreference

MOST_PER_PAGE = 100
MOST_CHARACTERS = 4000


def visible_filters(user: Any, page: str | None = None) -> QuerySet[SavedFilter]:
    """The user's own filters and those shared with a group of theirs."""
    if user is None or not user.is_authenticated:
        return SavedFilter.objects.none()
    groups = user.groups.order_by().values("pk")
    found = SavedFilter.objects.filter(Q(owner=user) | Q(group__in=groups)).select_related("owner", "group")
    return found if page is None else found.filter(page=page)


def save_filter(*, actor: Any, page: str, name: str, query: str, group: Any = None) -> SavedFilter:
    """Keep `query` under `name`; the actor's own filter of that name on that page is replaced."""
    name = _name(name)
    _may_share(actor, group)
    if not query:
        raise InvalidInputError(errors=[RowError(None, "query", query, "No filter is set.", "Set one in the list first.")])
    if len(query) > MOST_CHARACTERS:
        raise InvalidInputError(f"This filter is too long to keep: at most {MOST_CHARACTERS:,} characters.")
    with transaction.atomic():
        mine = SavedFilter.objects.select_for_update().filter(owner=actor, page=page)
        found = mine.filter(name=name).first()
        if found is None:
            if mine.count() >= MOST_PER_PAGE:
                raise InvalidInputError(f"You have {MOST_PER_PAGE} filters of this list: delete one first.")
            return SavedFilter.objects.create(owner=actor, page=page, name=name, query=query, group=group)
        found.query, found.group = query, group
        found.save()
    return found


def change_filter(*, actor: Any, saved: SavedFilter, name: str, group: Any = None) -> SavedFilter:
    """Another name, another group to share with (None: nobody)."""
    _own(actor, saved)
    name = _name(name)
    if group != saved.group:
        _may_share(actor, group)
    if SavedFilter.objects.filter(owner_id=saved.owner_id, page=saved.page, name=name).exclude(pk=saved.pk).exists():
        raise InvalidInputError(errors=[RowError(None, "name", name, "You have another filter of this name.", "Choose another name.")])
    saved.name, saved.group = name, group
    saved.save()
    return saved


def delete_filter(*, actor: Any, saved: SavedFilter) -> None:
    """Delete the filter; who began with it begins without."""
    _own(actor, saved)
    saved.delete()


def begin_with(*, actor: Any, page: str, saved: SavedFilter | None) -> TablePreference:
    """The filter with which the list opens for the actor; None: with none."""
    if saved is not None and not visible_filters(actor, page).filter(pk=saved.pk).exists():
        raise NotAllowedError("This filter is not yours, nor shared with you.")
    preference, _ = TablePreference.objects.update_or_create(user=actor, page=page, defaults={"default_filter": saved})
    return preference


def _name(name: str) -> str:
    name = " ".join(name.replace("\x00", "").split())
    if not name:
        raise InvalidInputError(errors=[RowError(None, "name", name, "A filter needs a name.")])
    if len(name) > 100:
        raise InvalidInputError(errors=[RowError(None, "name", name, "The name is longer than 100 characters.", "Shorten it.")])
    return name


def _own(actor: Any, saved: SavedFilter) -> None:
    if not (actor.is_superuser or saved.owner_id == actor.pk):
        raise NotAllowedError(f'The filter "{saved.name}" belongs to {saved.owner}: only they may change it.')


def _may_share(actor: Any, group: Any) -> None:
    if group is not None and not actor.is_superuser and not actor.groups.filter(pk=group.pk).exists():
        raise NotAllowedError("A filter can be shared with a group of one's own only.")
