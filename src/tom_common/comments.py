"""Comments on anything that has a page, seen by those who see the thing.

An app says which of its objects a user may see, and so whose comments:

>>> register_visibility(Target, lambda user: visible_to(user))

Comments on a model for which nobody has said so are seen by superusers and by their authors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.apps import apps
from django.db.models import Model, QuerySet

Visible = Callable[[Any], QuerySet]
_visible: dict[type[Model], Visible] = {}
READ_AT_ONCE = 200
READ_AT_MOST = 2000


def register_visibility(model: type[Model], visible: Visible) -> None:
    """Comments on ``model`` and its subclasses are for those to whom ``visible(user)`` gives the object."""
    _visible[model] = visible


def visibility_of(model: type[Model]) -> Visible | None:
    for base in model.__mro__:
        if base in _visible:
            return _visible[base]
    return next((visible for known, visible in _visible.items() if issubclass(known, model) and known._meta.concrete_model is known), None)


def may_see(user: Any, obj: Model) -> bool:
    """Whether the user may see the object, and so read and write comments on it."""
    if getattr(user, "is_superuser", False):
        return True
    visible = visibility_of(type(obj))
    return visible is not None and visible(user).filter(pk=obj.pk).exists()


def visible_comments(user: Any, *, limit: int = 10) -> list[Any]:
    """The newest comments, at most ``limit``, on objects that the user may see; their objects are read in bulk."""
    if not apps.is_installed("django_comments"):
        return []
    from django_comments import get_model

    comments = get_model().objects.filter(is_public=True, is_removed=False).select_related("user", "content_type").order_by("-submit_date", "-pk")
    found: list[Any] = []
    for start in range(0, READ_AT_MOST, READ_AT_ONCE):
        batch = list(comments[start : start + READ_AT_ONCE])
        found += with_visible_objects(user, batch)
        if len(found) >= limit or len(batch) < READ_AT_ONCE:
            break
    return found[:limit]


def with_visible_objects(user: Any, comments: Iterable[Any]) -> list[Any]:
    """Those comments whose object the user may see, each with its object as ``target_object``."""
    comments = list(comments)
    superuser = getattr(user, "is_superuser", False)
    wanted: dict[Any, set[str]] = {}
    for comment in comments:
        wanted.setdefault(comment.content_type, set()).add(comment.object_pk)
    objects: dict[tuple[int, str], Any] = {}
    for content_type, keys in wanted.items():
        model = content_type.model_class()
        if model is None:
            continue
        visible = visibility_of(model)
        if visible is not None:
            rows = visible(user)
        elif superuser:
            rows = model._default_manager.all()
        else:
            continue
        usable = [key for key in keys if is_key(model, key)]
        for obj in rows.filter(pk__in=usable):
            objects[content_type.pk, str(obj.pk)] = obj
    kept = []
    for comment in comments:
        obj = objects.get((comment.content_type_id, comment.object_pk))
        if obj is not None:
            comment.target_object = obj
            kept.append(comment)
    return kept


def is_key(model: type[Model], key: str) -> bool:
    try:
        model._meta.pk.to_python(key)
    except Exception:
        return False
    return True


def refuse_hidden(sender: Any, comment: Any, request: Any, **kwargs: Any) -> bool:
    """Receiver of ``comment_will_be_posted``: False turns away who is not logged in or may not see the object."""
    obj = comment.content_object
    return bool(request.user.is_authenticated and obj is not None and may_see(request.user, obj))


def connect() -> None:
    """Called once, when the addresses of the comments are loaded: nothing can be posted before."""
    from django_comments.signals import comment_will_be_posted

    comment_will_be_posted.connect(refuse_hidden, dispatch_uid="tom_common.comments")


def comment_urlpatterns() -> list[Any]:
    from django.contrib.contenttypes.views import shortcut
    from django.urls import include, path
    from django_comments.views import comments, moderation

    from tom_common.views.comments import PostCommentView, of_visible_comments

    connect()
    # the first match wins: all that shows or changes a comment goes through ours, which ask who may see the object
    return [
        path("post/", PostCommentView.as_view(), name="comments-post-comment"),
        path("posted/", of_visible_comments(comments.comment_done), name="comments-comment-done"),
        path("flag/<int:comment_id>/", of_visible_comments(moderation.flag), name="comments-flag"),
        path("flagged/", of_visible_comments(moderation.flag_done), name="comments-flag-done"),
        path("delete/<int:comment_id>/", of_visible_comments(moderation.delete), name="comments-delete"),
        path("deleted/", of_visible_comments(moderation.delete_done), name="comments-delete-done"),
        path("approve/<int:comment_id>/", of_visible_comments(moderation.approve), name="comments-approve"),
        path("approved/", of_visible_comments(moderation.approve_done), name="comments-approve-done"),
        path("cr/<int:content_type_id>/<slug:object_id>/", of_visible_comments(shortcut), name="comments-url-redirect"),
        path("", include("django_comments.urls")),
    ]
