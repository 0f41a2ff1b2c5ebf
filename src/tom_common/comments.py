"""Comments on anything, seen by those who see the thing.

An app says which of its objects a user may see, and so whose comments:

>>> register_visibility(Target, lambda user: visible_to(user))

Comments on a model for which nobody has said so are for superusers and for those who hold Django's ``view`` right on the model as a whole.
What is written is decided in `tom_common.services.comments`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import BigIntegerField, Exists, IntegerField, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from tom_common.prepared import Prepared

Visible = Callable[[Any], QuerySet]
_visible: dict[type[Model], Visible] = {}
FIRST = 100
# Where these are not enough: among so many of the newest comments those of a viewer are looked for, first in the small window.
WINDOWS = (1_000, 20_000)
# A viewer of no more objects than this has their comments found by the objects' keys, however old they are.
FEW_OBJECTS = 1_000
MOST_SHOWN = 100


def register_visibility(model: type[Model], visible: Visible) -> None:
    """Comments on ``model`` and its subclasses are for those to whom ``visible(user)`` gives the object."""
    _visible[model] = visible


def visibility_of(model: type[Model]) -> Visible | None:
    for base in model.__mro__:
        if base in _visible:
            return _visible[base]
    return next((visible for known, visible in _visible.items() if issubclass(known, model) and known._meta.concrete_model is known), None)


def _sees_model(user: Any, model: type[Model]) -> bool:
    """The right on the whole model, which counts where no app has said who sees single objects."""
    if getattr(user, "is_superuser", False) and user.is_active:
        return True
    return bool(user is not None and user.is_authenticated and user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}"))


def may_see(user: Any, obj: Model) -> bool:
    """Whether the user may see the object, and so read and write comments on it."""
    if getattr(user, "is_superuser", False) and user.is_active:
        return True
    visible = visibility_of(type(obj))
    return _sees_model(user, type(obj)) if visible is None else visible(user).filter(pk=obj.pk).exists()


def comments_are_on() -> bool:
    from tom_common.conf import tom_settings

    return bool(tom_settings.COMMENTS_ENABLED) and apps.is_installed("django_comments")


def shown_comments() -> QuerySet:
    """All comments that nobody withdrew, with their authors."""
    from django_comments import get_model

    return get_model().objects.filter(is_public=True, is_removed=False).select_related("user", "content_type")


def comments_on(obj: Model) -> QuerySet:
    """The comments on one object, oldest first. The caller has asked whether the object may be seen."""
    from django.contrib.contenttypes.models import ContentType

    kind = ContentType.objects.get_for_model(obj)
    return shown_comments().filter(content_type=kind, object_pk=str(obj.pk)).order_by("submit_date", "pk")


def newest_on(obj: Model) -> tuple[list[Any], int, str]:
    """The newest comments on an object in the order in which they were written, how many there are, and where all are when these are not all."""
    from django.contrib.contenttypes.models import ContentType

    found = _newest(ContentType.objects.get_for_model(obj).pk, str(obj.pk))
    if len(found) <= MOST_SHOWN:
        return found[::-1], len(found), ""
    return found[:MOST_SHOWN][::-1], comments_on(obj).count(), page_of_comments(obj)


_newest = Prepared(
    lambda kind, key: shown_comments().filter(content_type_id=kind, object_pk=key).order_by("-submit_date", "-pk")[: MOST_SHOWN + 1]
)


def visible_comments(user: Any, *, limit: int = 10) -> list[Any]:
    """The newest comments, at most ``limit``, on objects that the user may see, each with its object as ``target_object``.

    A fixed number of queries: the newest comments are looked through in windows of bounded size, and a viewer of few objects is served by
    the keys of these objects.
    """
    if not apps.is_installed("django_comments") or limit < 1:
        return []
    newest = shown_comments().order_by("-submit_date", "-pk")
    if getattr(user, "is_superuser", False) and user.is_active:
        return with_objects(newest[:limit])
    first = list(newest[: max(FIRST, limit)])
    found = with_visible_objects(user, first)[:limit]
    if len(found) == limit or len(first) < FIRST:
        return found
    kinds = _commented_kinds(user)
    if not kinds:
        return []
    rule = _on_visible(kinds)
    for window in WINDOWS:
        oldest = list(newest.values_list("submit_date", flat=True)[window - 1 : window])
        found = list(newest.filter(rule, **({"submit_date__gte": oldest[0]} if oldest else {}))[:limit])
        if len(found) >= limit or not oldest:
            return with_objects(found)
    few = Q(pk__in=[found.pk for found in found])
    for kind, rows in kinds:
        keys = list(rows.order_by().values_list("pk", flat=True)[: FEW_OBJECTS + 1])
        if len(keys) <= FEW_OBJECTS:
            few |= Q(content_type=kind, object_pk__in=[str(key) for key in keys])
    return with_objects(newest.filter(few)[:limit])


def visible_rows(user: Any) -> QuerySet:
    """All comments on objects that the user may see, newest first, as a queryset."""
    newest = shown_comments().order_by("-submit_date", "-pk")
    if getattr(user, "is_superuser", False) and user.is_active:
        return newest
    return newest.filter(_on_visible(_commented_kinds(user)))


def _on_visible(kinds: Iterable[tuple[Any, QuerySet]]) -> Q:
    rule = Q(pk__in=[])
    for kind, rows in kinds:
        same = rows.filter(pk=Cast(OuterRef("object_pk"), _integer(rows.model)))
        rule |= Q(content_type=kind) & Q(Exists(same.order_by().values("pk")))
    return rule


def _integer(model: type[Model]) -> Any:
    return BigIntegerField() if issubclass(type(model._meta.pk), IntegerField) else type(model._meta.pk)()


def _commented_kinds(user: Any) -> list[tuple[Any, QuerySet]]:
    """Content types that have comments at all, each with the rows of it that the user may see."""
    from django.contrib.contenttypes.models import ContentType

    found = []
    known = [model for model in apps.get_models() if not model._meta.proxy and (visibility_of(model) or _sees_model(user, model))]
    for kind in ContentType.objects.get_for_models(*known).values():
        model = kind.model_class()
        if not shown_comments().filter(content_type=kind).exists():
            continue
        visible = visibility_of(model)
        found.append((kind, visible(user) if visible is not None else model._default_manager.all()))
    return found


def with_objects(comments: Iterable[Any]) -> list[Any]:
    """The comments with their objects, read in bulk; without those whose object is gone."""
    return _joined(comments, lambda model: model._default_manager.all())


def with_visible_objects(user: Any, comments: Iterable[Any]) -> list[Any]:
    """Those comments whose object the user may see, each with its object as ``target_object``."""

    def rows(model: type[Model]) -> QuerySet | None:
        visible = visibility_of(model)
        if visible is not None:
            return visible(user)
        return model._default_manager.all() if _sees_model(user, model) else None

    return _joined(comments, rows)


def _joined(comments: Iterable[Any], rows_of: Callable[[type[Model]], QuerySet | None]) -> list[Any]:
    comments = list(comments)
    wanted: dict[Any, set[str]] = {}
    for comment in comments:
        wanted.setdefault(comment.content_type, set()).add(comment.object_pk)
    objects: dict[tuple[int, str], Any] = {}
    for content_type, keys in wanted.items():
        model = content_type.model_class()
        rows = rows_of(model) if model is not None else None
        if rows is None:
            continue
        for obj in rows.filter(pk__in=[key for key in keys if is_key(model, key)]):
            objects[content_type.pk, str(obj.pk)] = obj
    kept = []
    for comment in comments:
        obj = objects.get((comment.content_type_id, comment.object_pk))
        if obj is not None:
            comment.target_object = obj
            comment.target_url = object_url(obj)
            kept.append(comment)
    return kept


def with_parts(comments: Iterable[Any]) -> list[Any]:
    """The comments with their attachments (``files``) and when they were last edited (``edited_at``): two queries for all of them."""
    from tom_common.models import CommentAttachment, CommentEdit

    comments = list(comments)
    keys = [comment.pk for comment in comments]
    files: dict[int, list[Any]] = {}
    for attachment in CommentAttachment.objects.filter(comment_id__in=keys) if keys else []:
        files.setdefault(attachment.comment_id, []).append(attachment)
    edited = (
        dict(CommentEdit.objects.filter(comment_id__in=keys).order_by("edited_at").values_list("comment_id", "edited_at")) if keys else {}
    )
    for comment in comments:
        comment.files, comment.edited_at = files.get(comment.pk, []), edited.get(comment.pk)
    return comments


def mentions_of(user: Any, *, limit: int = 10) -> list[Any]:
    """Unread mentions of the user, newest first, each with its ``comment``; only where the user may (still) see what is commented on."""
    from tom_common.models import CommentMention

    if not comments_are_on() or user is None or not user.is_authenticated:
        return []
    unread = list(CommentMention.objects.filter(user=user, read_at=None).order_by("-pk")[: 5 * limit])
    comments = shown_comments().filter(pk__in=[mention.comment_id for mention in unread]) if unread else []
    seen = {comment.pk: comment for comment in with_visible_objects(user, comments)}
    found = []
    for mention in unread:
        if mention.comment_id in seen:
            mention.comment = seen[mention.comment_id]
            found.append(mention)
    return found[:limit]


def object_url(obj: Model) -> str:
    """The page of the object; for what has none, the page of its comments."""
    from django.urls import NoReverseMatch

    try:
        if hasattr(obj, "get_absolute_url"):
            return str(obj.get_absolute_url() or "")
    except NoReverseMatch:
        return ""
    return page_of_comments(obj)


def page_of_comments(obj: Model) -> str:
    """The page of all comments on one object."""
    from django.urls import reverse

    return reverse("comment-thread", args=[obj._meta.app_label, obj._meta.model_name, obj.pk])


def commented_object(content_type: str, object_pk: Any) -> Any:
    """The object that a form names as ``app.model`` and key, or None."""
    try:
        model = apps.get_model(*str(content_type).split(".", 1))
        return model._default_manager.filter(pk=object_pk).first()
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError, ValidationError):
        return None


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


def forget_parts(sender: Any, instance: Any, **kwargs: Any) -> None:
    """Receiver of ``post_delete`` of comments: what hangs on a comment goes with it, files too."""
    from tom_common.services.comments import drop_parts

    drop_parts(instance.pk)


def connect() -> None:
    """Called by the app's ``ready()``."""
    if not apps.is_installed("django_comments"):
        return
    from django.db.models.signals import post_delete
    from django_comments import get_model
    from django_comments.signals import comment_will_be_posted

    comment_will_be_posted.connect(refuse_hidden, dispatch_uid="tom_common.comments")
    post_delete.connect(forget_parts, sender=get_model(), dispatch_uid="tom_common.comments.parts")


def comment_urlpatterns() -> list[Any]:
    from django.contrib.contenttypes.views import shortcut
    from django.urls import include, path
    from django_comments.views import comments, moderation

    from tom_common.views.comments import (
        CommentAttachmentView,
        CommentEditView,
        CommentPreviewView,
        CommentThreadView,
        MentionableView,
        MentionsReadView,
        PostCommentView,
        of_visible_comments,
    )

    # the first match wins: all that shows or changes a comment goes through ours, which ask who may see the object
    return [
        path("post/", PostCommentView.as_view(), name="comments-post-comment"),
        path("preview/", CommentPreviewView.as_view(), name="comment-preview"),
        path("on/<slug:app_label>/<slug:model_name>/<str:object_pk>/", CommentThreadView.as_view(), name="comment-thread"),
        path("on/<slug:app_label>/<slug:model_name>/<str:object_pk>/people/", MentionableView.as_view(), name="comment-people"),
        path("<int:pk>/edit/", CommentEditView.as_view(), name="comment-edit"),
        path("attachment/<int:pk>/", CommentAttachmentView.as_view(), name="comment-attachment"),
        path("mentions/read/", MentionsReadView.as_view(), name="comment-mentions-read"),
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
