"""What stands beside a comment of django-contrib-comments. Its key is kept without a foreign key: a TOM may leave that app out."""

import secrets
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone


def attachment_path(instance: Any, filename: str) -> str:
    """A place that nobody guesses; only the ending of the name given is kept."""
    return f"comments/{timezone.now():%Y/%m}/{secrets.token_hex(16)}{PurePosixPath(filename).suffix.lower()[:16]}"


class CommentAttachment(models.Model):
    """A file that came with a comment: seen by those who see the comment, gone when the comment goes."""

    comment_id = models.BigIntegerField(db_index=True)
    file = models.FileField(upload_to=attachment_path, max_length=255)
    name = models.CharField(max_length=200, help_text="As the author called it.")
    mime_type = models.CharField(max_length=100)
    size_bytes = models.BigIntegerField()
    is_image = models.BooleanField(default=False, help_text="A raster image that was read and found sound: it may be shown in the page.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class CommentMention(models.Model):
    """That a comment names a user; `read_at` says when they saw it."""

    comment_id = models.BigIntegerField(db_index=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["user", "comment_id"], name="tom_mention_once")]
        indexes = [models.Index(fields=["user", "read_at", "-id"], name="tom_mention_unread")]

    def __str__(self) -> str:
        return f"{self.user} in comment {self.comment_id}"


class CommentEdit(models.Model):
    """What a comment said before it was edited, and when that was."""

    comment_id = models.BigIntegerField(db_index=True)
    editor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    edited_at = models.DateTimeField(default=timezone.now)
    text_before = models.TextField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"comment {self.comment_id} until {self.edited_at:%Y-%m-%d %H:%M}"
