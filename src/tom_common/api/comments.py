"""Comments over REST: with the rights and through the services of the pages."""

from __future__ import annotations

from typing import Any

import django_filters
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django_comments import get_model, signals
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import serializers

from tom_common.api.viewsets import TomModelViewSet
from tom_common.comments import commented_object, comments_are_on, may_see, visible_rows, with_parts
from tom_common.errors import InvalidInputError
from tom_common.models import CommentAttachment
from tom_common.permissions import deny
from tom_common.services import comments as services

Comment = get_model()


class AttachmentSerializer(serializers.ModelSerializer):
    url = serializers.SerializerMethodField(help_text="Where the file is to be had, for those who see the comment.")

    class Meta:
        model = CommentAttachment
        fields = ("id", "name", "mime_type", "size_bytes", "url")

    def get_url(self, attachment: Any) -> str:
        return reverse("comment-attachment", args=[attachment.pk])


class CommentSerializer(serializers.ModelSerializer):
    content_type = serializers.CharField(max_length=200, help_text="What is commented on, as `app.model`: `tom_targets.basetarget`.")
    object_pk = serializers.CharField(max_length=64, help_text="Its key.")
    comment = serializers.CharField(trim_whitespace=False, help_text="The text, in Markdown.")
    author = serializers.CharField(source="user_name", read_only=True)
    mine = serializers.SerializerMethodField(help_text="Whether you wrote it, and so may edit it.")
    edited_at = serializers.DateTimeField(read_only=True, allow_null=True, default=None)
    attachments = AttachmentSerializer(source="files", many=True, read_only=True, default=list)
    files = serializers.ListField(
        child=serializers.FileField(), write_only=True, required=False, help_text="Only in a new comment, as a multipart form."
    )

    class Meta:
        model = Comment
        fields = ("id", "content_type", "object_pk", "comment", "author", "mine", "submit_date", "edited_at", "attachments", "files")
        read_only_fields = ("id", "submit_date")

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        if isinstance(self.instance, Comment):  # it stays where it was written
            fields["content_type"].read_only = fields["object_pk"].read_only = True
            fields.pop("files")
        return fields

    def get_mine(self, comment: Any) -> bool:
        return comment.user_id is not None and comment.user_id == self.context["request"].user.pk

    def to_representation(self, comment: Any) -> dict[str, Any]:
        kind = comment.content_type
        return super().to_representation(comment) | {"content_type": f"{kind.app_label}.{kind.model}"}

    def create(self, validated_data: dict[str, Any]) -> Any:
        request = self.context["request"]
        obj = commented_object(validated_data["content_type"], validated_data["object_pk"])
        if obj is None or not may_see(request.user, obj):
            deny(request, seen=False)

        def approve(comment: Any) -> bool:
            answers = signals.comment_will_be_posted.send(sender=type(comment), comment=comment, request=request._request)
            return not any(answer is False for _, answer in answers)

        comment = told(
            services.post_comment, actor=request.user, obj=obj, text=validated_data["comment"], files=validated_data.get("files", []),
            ip_address=request.META.get("REMOTE_ADDR"), approve=approve,
        )  # fmt: skip
        signals.comment_was_posted.send(sender=type(comment), comment=comment, request=request._request)
        return with_parts([comment])[0]

    def update(self, comment: Any, validated_data: dict[str, Any]) -> Any:
        text = validated_data.get("comment", comment.comment)
        told(services.edit_comment, actor=self.context["request"].user, comment=comment, text=text)
        return with_parts([comment])[0]


def told(service: Any, **kwargs: Any) -> Any:
    """What the service finds wrong, by field."""
    try:
        return service(**kwargs)
    except InvalidInputError as error:
        raise serializers.ValidationError(error.by_field() or {"comment": [error.message]}) from None


class CommentFilters(django_filters.FilterSet):
    content_type = django_filters.CharFilter(method="of_kind", label="What is commented on, as `app.model`.")
    object_pk = django_filters.CharFilter(label="The key of what is commented on.")
    since = django_filters.IsoDateTimeFilter(field_name="submit_date", lookup_expr="gte", label="Written at this time or later.")

    class Meta:
        model = Comment
        fields = ("content_type", "object_pk", "since")

    def of_kind(self, rows: Any, name: str, value: str) -> Any:
        try:
            model = apps.get_model(value)
        except (LookupError, ValueError):
            return rows.none()
        return rows.filter(content_type=ContentType.objects.get_for_model(model))


class CommentViewSet(TomModelViewSet):
    """Comments on what one may see, newest first. Authors change theirs; authors and superusers delete."""

    thing = "Comment"
    queryset = Comment.objects.none()
    serializer_class = CommentSerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = CommentFilters
    ordering_fields = ("id", "submit_date")

    def get_visible_queryset(self, action: str) -> Any:
        if not comments_are_on():
            deny(self.request, seen=False)
        user = self.request.user
        rows = visible_rows(user)
        if action in ("view", "add") or (action == "delete" and user.is_superuser):
            return rows
        return rows.filter(user_id=user.pk) if user.is_authenticated else rows.none()

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        return None if page is None else with_parts(page)

    def get_object(self, *args: Any) -> Any:
        return with_parts([super().get_object(*args)])[0]

    def version_of(self, row: Any) -> str:
        return super().version_of(with_parts([row])[0])

    def perform_destroy(self, instance: Any) -> None:
        with self.unchanged(instance):
            services.delete_comment(actor=self.request.user, comment=instance)
