"""Comments are written, edited and deleted here: text, attachments, mentions."""

from __future__ import annotations

import logging
import mimetypes
import re
import warnings
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from tom_common.comments import comments_are_on, may_see, object_url
from tom_common.conf import tom_settings
from tom_common.errors import InvalidInputError, NotAllowedError, NotFoundError, RowError
from tom_common.models import CommentAttachment, CommentEdit, CommentMention
from tom_common.services.history import record_history
from tom_common.tasks import enqueue, task

logger = logging.getLogger(__name__)

# as Django allows them in a username; what ends a sentence does not belong to the name
MENTION = re.compile(r"(?<![\w@.+/-])@([\w.@+-]{1,150})")
MOST_MENTIONS = 20
MOST_TRIED = 40
IMAGES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
MOST_PIXELS = 100_000_000


def most_characters() -> int:
    return int(getattr(settings, "COMMENT_MAX_LENGTH", 3000))


@transaction.atomic
def post_comment(
    *,
    actor: Any,
    obj: Model,
    text: str,
    files: Iterable[Any] = (),
    ip_address: str | None = None,
    comment: Any = None,
    site_id: int | None = None,
    approve: Callable[[Any], bool] | None = None,
) -> Any:
    """A new comment of `actor` on `obj`, with the files that came with it. Who it mentions is told after the commit.

    `comment` is one that a form has made ready. The same text by the same author on the same day is the comment that is already there.
    `approve` looks at the comment before it is stored, and turns it away by False.
    """
    _must_see(actor, obj)
    files = list(files)
    _check_text(text)
    checked = [_checked(file) for file in files]
    _check_number(len(checked))
    if comment is None:
        comment = _new(actor, obj, text, site_id)
    if comment.pk is not None:
        return comment
    comment.user, comment.ip_address, comment.comment = actor, ip_address or None, text
    comment.user_name = (actor.get_full_name() or actor.get_username())[:50]
    if approve is not None and not approve(comment):
        raise InvalidInputError("This comment was turned away.")
    comment.save()
    for file, mime_type, is_image in checked:
        _attach(comment, file, mime_type, is_image)
    _mention(comment, obj)
    return comment


def _new(actor: Any, obj: Model, text: str, site_id: int | None) -> Any:
    from django.contrib.contenttypes.models import ContentType
    from django.contrib.sites.models import Site
    from django_comments import get_model

    place = {"content_type": ContentType.objects.get_for_model(obj), "object_pk": str(obj.pk), "user": actor}
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    same = get_model().objects.filter(**place, submit_date__gte=today, is_removed=False, comment=text).first()
    site = site_id or getattr(settings, "SITE_ID", None) or Site.objects.order_by("pk").values_list("pk", flat=True).first()
    return same or get_model()(**place, comment=text, submit_date=timezone.now(), site_id=site, is_public=True)


@transaction.atomic
def edit_comment(*, actor: Any, comment: Any, text: str) -> Any:
    """The author's own correction. What it said before is kept."""
    obj = comment.content_object
    if obj is None or comment.is_removed:
        raise NotFoundError("This comment is no longer there.")
    _must_see(actor, obj)
    if comment.user_id != actor.pk:
        raise NotAllowedError("Only its author edits a comment.")
    _check_text(text)
    if text == comment.comment:
        return comment
    CommentEdit.objects.create(comment_id=comment.pk, editor=actor, text_before=comment.comment)
    comment.comment = text
    comment.save(update_fields=["comment"])
    _mention(comment, obj)
    return comment


@transaction.atomic
def delete_comment(*, actor: Any, comment: Any) -> None:
    """By its author or a superuser; its attachments go with it. History keeps that it was, not what it said."""
    if not (actor.is_superuser or comment.user_id == actor.pk):
        raise NotAllowedError("Only its author and superusers delete a comment.")
    record_history(actor=actor, verb="deleted", obj=comment, summary=f"Comment of {comment.user_name or 'somebody'} deleted")
    comment.delete()


def drop_parts(comment_id: int) -> None:
    """Attachments with their files, mentions and old texts of a comment that goes."""
    attachments = CommentAttachment.objects.filter(comment_id=comment_id)
    for attachment in attachments:
        transaction.on_commit(_deleter(attachment.file.storage, str(attachment.file.name)), robust=True)
    attachments.delete()
    CommentMention.objects.filter(comment_id=comment_id).delete()
    CommentEdit.objects.filter(comment_id=comment_id).delete()


def _deleter(storage: Any, name: str) -> Any:
    return lambda: storage.delete(name)


def read_mentions(*, actor: Any) -> int:
    """Mark the mentions of `actor` as seen; gives how many there were."""
    return CommentMention.objects.filter(user=actor, read_at=None).update(read_at=timezone.now())


def _must_see(actor: Any, obj: Model) -> None:
    if not comments_are_on():
        raise NotFoundError("This TOM has no comments.")
    if not may_see(actor, obj):
        raise NotFoundError


def _check_text(text: str) -> None:
    problem = ""
    if not text.strip():
        problem, mend = "it is empty", "Write something."
    elif "\x00" in text:
        problem, mend = "it holds a null character", "Take it out."
    elif len(text) > most_characters():
        problem, mend = f"it has {len(text)} characters, and {most_characters()} are allowed", "Shorten it, or attach a file."
    if problem:
        raise InvalidInputError(errors=[RowError(None, "comment", text, problem, mend)])


def _check_number(number: int) -> None:
    most = tom_settings.TOM_COMMENT_ATTACHMENTS_MAX
    if number > most:
        text = f"{number} files, and a comment takes {most}" if most else "this TOM takes no files with comments"
        raise InvalidInputError(errors=[RowError(None, "files", None, text, "Attach fewer." if most else "Leave them out.")])


def _checked(file: Any) -> tuple[Any, str, bool]:
    """The file, its media type, and whether it is an image that may be shown. Size and ending must be allowed."""
    name = _safe_name(file.name)
    ending = PurePosixPath(name).suffix.lower()
    allowed = [item.lower() for item in tom_settings.TOM_COMMENT_ATTACHMENT_TYPES]
    most = tom_settings.TOM_COMMENT_ATTACHMENT_MAX_BYTES
    if ending not in allowed:
        problem = f"{name}: files that end in {ending or 'nothing'} are not taken"
        raise InvalidInputError(errors=[RowError(None, "files", name, problem, f"Allowed are {', '.join(allowed)}.")])
    if file.size > most:
        problem = f"{name} has {file.size / 1e6:.1f} MB, and {most / 1e6:.1f} MB are allowed"
        raise InvalidInputError(errors=[RowError(None, "files", name, problem, "Make it smaller, or upload it as data.")])
    image = _image_type(file)
    if image:
        return file, image, True
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return file, kind if not kind.startswith("image/") else "application/octet-stream", False


def _safe_name(name: str) -> str:
    bare = PurePosixPath(str(name).replace("\\", "/")).name
    clean = "".join(letter for letter in bare if letter.isprintable() and letter not in '<>:"|?*').strip(" .")
    stem, ending = PurePosixPath(clean or "file").stem, PurePosixPath(clean or "file").suffix
    return f"{stem[: 180 - len(ending)]}{ending}"


def _image_type(file: Any) -> str:
    """The media type of a raster image by its content, empty for what is none or cannot be read."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            file.seek(0)
            with Image.open(file, formats=list(IMAGES)) as image:
                if image.width * image.height > MOST_PIXELS:
                    return ""
                kind = IMAGES.get(image.format or "", "")
                image.verify()
        return kind
    except Exception:
        return ""
    finally:
        file.seek(0)


def _attach(comment: Any, file: Any, mime_type: str, is_image: bool) -> CommentAttachment:
    name = _safe_name(file.name)
    attachment = CommentAttachment(comment_id=comment.pk, name=name, mime_type=mime_type, size_bytes=file.size, is_image=is_image)
    attachment.file.save(name, file, save=False)
    try:
        attachment.save()
    except Exception:
        attachment.file.storage.delete(str(attachment.file.name))
        raise
    return attachment


def names_mentioned(text: str) -> list[str]:
    """Usernames that a text may mention: as written, and without what ends a sentence."""
    found: dict[str, None] = {}
    for name in MENTION.findall(text or ""):
        found[name] = None
        found[name.rstrip(".-+@")] = None
    return [name for name in found if name][: 2 * MOST_MENTIONS]


def mentioned_people(obj: Model, text: str) -> list[Any]:
    """Accounts that a text mentions and that may see the object. Nobody else is told, and the author is not told who was not."""
    names = names_mentioned(text)
    if not names:
        return []
    people = get_user_model().objects.filter(username__in=names, is_active=True).order_by("pk")[:MOST_MENTIONS]
    return [person for person in people if may_see(person, obj)]


def _mention(comment: Any, obj: Model) -> None:
    people = [person for person in mentioned_people(obj, comment.comment) if person.pk != comment.user_id]
    rows = CommentMention.objects.filter(comment_id=comment.pk)
    rows.exclude(user__in=people).delete()
    known = set(rows.values_list("user_id", flat=True))
    new = [CommentMention(comment_id=comment.pk, user=person) for person in people if person.pk not in known]
    if new:
        CommentMention.objects.bulk_create(new)
        transaction.on_commit(lambda: enqueue(mail_mentions, comment.pk, actor=comment.user), robust=True)


def mentionable(viewer: Any, obj: Model, start: str, *, limit: int = 8) -> list[Any]:
    """Accounts whose name begins with `start`, that the viewer may know and that may see the object. The caller has asked the viewer's right."""
    from django.db.models import Q

    from tom_common.services.users import visible_users

    start = start.replace("\x00", "")[:150]
    named = Q(username__istartswith=start) | Q(first_name__istartswith=start) | Q(last_name__istartswith=start)
    people = visible_users(viewer).filter(named, is_active=True).exclude(pk=viewer.pk).order_by("username")[:MOST_TRIED]
    found: list[Any] = []
    for person in people:
        if may_see(person, obj):
            found.append(person)
            if len(found) >= limit:
                break
    return found


@task(max_attempts=3)
def mail_mentions(comment_id: int) -> int:
    """Tell those whom a comment mentions by e-mail, where this TOM sends any; each once, and only who may see the object now."""
    from django.core.mail import send_mail
    from django.template.loader import render_to_string

    from tom_common.accounts.email import email_is_configured
    from tom_common.comments import shown_comments

    comment = shown_comments().filter(pk=comment_id).first() if email_is_configured() else None
    obj = comment.content_object if comment is not None else None
    if obj is None:
        return 0
    sent = 0
    for mention in CommentMention.objects.filter(comment_id=comment_id, mailed_at=None, read_at=None).select_related("user"):
        if not mention.user.email or not mention.user.is_active or not may_see(mention.user, obj):
            continue
        context = {
            "comment": comment,
            "object": obj,
            "user": mention.user,
            "tom_name": tom_settings.TOM_NAME,
            "url": _address(comment, obj),
        }
        subject = " ".join(render_to_string("comments/email/mention_subject.txt", context).split())[:200]
        send_mail(subject, render_to_string("comments/email/mention_message.txt", context), None, [mention.user.email])
        CommentMention.objects.filter(pk=mention.pk).update(mailed_at=timezone.now())
        sent += 1
    return sent


def _address(comment: Any, obj: Model) -> str:
    """The whole address of the page, where the TOM's own is known (the site's domain)."""
    domain = comment.site.domain if comment.site_id else ""
    path = f"{object_url(obj)}#c{comment.pk}"
    known = domain and domain != "example.com"
    return f"{'http' if settings.DEBUG else 'https'}://{domain}{path}" if known and path.startswith("/") else path
