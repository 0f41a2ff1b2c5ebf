from __future__ import annotations

from functools import wraps
from typing import Any

from django.apps import apps
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.generic import TemplateView, View

from tom_common.comments import is_key, may_see
from tom_common.permissions import deny


class PostCommentView(View):
    """Posting a comment: by those who are logged in, on what they may see."""

    http_method_names = ["post"]

    def post(self, request: Any) -> HttpResponse:
        from django_comments.views.comments import post_comment

        if not request.user.is_authenticated:
            deny(request, seen=False)
        obj = self.commented_object(request)
        if obj is not None and not may_see(request.user, obj):
            deny(request, seen=False)
        return post_comment(request)

    @staticmethod
    def commented_object(request: Any) -> Any:
        try:
            model = apps.get_model(*request.POST.get("content_type", "").split(".", 1))
            return model._default_manager.filter(pk=request.POST.get("object_pk")).first()
        except (LookupError, TypeError, ValueError):
            return None


def of_visible_comments(view: Any) -> Any:
    """The library's page about one comment, for those who may see what is commented on; to others it is not there."""

    @wraps(view)
    def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        from django.contrib.contenttypes.models import ContentType
        from django_comments import get_model

        if "content_type_id" in kwargs:
            content_type = ContentType.objects.filter(pk=kwargs["content_type_id"]).first()
            model = content_type.model_class() if content_type is not None else None
            obj = model._default_manager.filter(pk=kwargs["object_id"]).first() if model and is_key(model, kwargs["object_id"]) else None
            if obj is None or not may_see(request.user, obj):
                deny(request, seen=False)
            return view(request, *args, **kwargs)
        named = kwargs.get("comment_id") or request.GET.get("c", "")
        comment = get_model().objects.filter(pk=named).first() if str(named).isdecimal() and len(str(named)) < 19 else None
        hidden = comment is None or comment.content_object is None or not may_see(request.user, comment.content_object)
        if "comment_id" in kwargs and hidden:
            deny(request, seen=False)
        if hidden and "c" in request.GET:
            request.GET = request.GET.copy()
            del request.GET["c"]
        return view(request, *args, **kwargs)

    return guarded


class CommentDeleteView(TemplateView):
    """Asks, then deletes. For the author and for superusers."""

    template_name = "django_comments/comment_confirm_delete.html"

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if not apps.is_installed("django_comments"):
            deny(request, seen=False)
        from django_comments import get_model

        self.object = get_model().objects.filter(pk=kwargs["pk"]).select_related("user", "content_type").first()
        if not request.user.is_authenticated or self.object is None:
            deny(request, seen=False)
        if not (request.user.is_superuser or self.object.user_id == request.user.pk):
            commented = self.object.content_object
            deny(request, seen=commented is not None and may_see(request.user, commented))
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"object": self.object, "comment": self.object, "cancel_url": self.get_success_url()}

    def get_success_url(self) -> str:
        commented = self.object.content_object
        return commented.get_absolute_url() if hasattr(commented, "get_absolute_url") else reverse("home")

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        back = self.get_success_url()
        with transaction.atomic():
            self.object.delete()
        messages.success(request, "The comment is deleted.")
        return redirect(back)
