"""Pages about comments. Everybody is asked first whether they may see what is commented on; to others it is not there."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.apps import apps
from django.contrib import messages
from django.core.files.storage import Storage
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.generic import TemplateView, View

from tom_common.comments import commented_object, comments_are_on, comments_on, is_key, may_see, object_url, with_parts
from tom_common.errors import InvalidInputError
from tom_common.forms.comments import EditCommentForm, comment_form
from tom_common.markup import markdown_to_html
from tom_common.permissions import deny
from tom_common.services import comments as services

ON_A_PAGE = 50


def _seen_or_denied(request: Any, obj: Any) -> Any:
    if obj is None or not comments_are_on() or not may_see(request.user, obj):
        deny(request, seen=False)
    return obj


def _found_comment(pk: Any) -> Any:
    """The comment with its author and its object; (None, None) where there is none that is shown."""
    if not comments_are_on() or int(pk) >= 2**63:
        return None, None
    from django_comments import get_model

    comment = get_model().objects.filter(pk=pk, is_public=True, is_removed=False).select_related("user", "content_type").first()
    return comment, comment.content_object if comment is not None and comment.content_type.model_class() else None


class PostCommentView(View):
    """Posting a comment: by those who are logged in, on what they may see. ``preview`` shows it first."""

    http_method_names = ["post"]

    def post(self, request: Any) -> HttpResponse:
        from django.contrib.sites.shortcuts import get_current_site
        from django_comments import signals
        from django_comments.views.utils import next_redirect

        if not request.user.is_authenticated:
            deny(request, seen=False)
        if not ("content_type" in request.POST and "object_pk" in request.POST):
            return HttpResponseBadRequest("A comment says what it is about: content_type and object_pk.")
        obj = _seen_or_denied(request, commented_object(request.POST["content_type"], request.POST["object_pk"]))
        data = request.POST.copy()  # in one's own name, whatever the form says
        data.update({"name": (request.user.get_full_name() or request.user.get_username())[:50], "email": request.user.email, "url": ""})
        form = comment_form(obj, data, request.FILES)
        if "preview" in request.POST or not form.is_valid():
            return self.ask_again(request, obj, form)
        comment = form.get_comment_object(site_id=get_current_site(request).pk)
        if comment.pk is None:
            comment.user, comment.ip_address = request.user, request.META.get("REMOTE_ADDR") or None
            answers = signals.comment_will_be_posted.send(sender=type(comment), comment=comment, request=request)
            if any(answer is False for _, answer in answers):
                return HttpResponseBadRequest("This comment was turned away.")
        try:
            comment = services.post_comment(
                actor=request.user,
                obj=obj,
                text=form.cleaned_data["comment"],
                files=form.cleaned_data.get("files") or [],
                ip_address=request.META.get("REMOTE_ADDR"),
                comment=comment,
            )
        except InvalidInputError as error:
            for field, texts in error.by_field().items():
                form.add_error(field if field in form.fields else None, texts)
            return self.ask_again(request, obj, form)
        signals.comment_was_posted.send(sender=type(comment), comment=comment, request=request)
        return next_redirect(request, fallback=object_url(obj) or reverse("home"), c=comment.pk)

    @staticmethod
    def ask_again(request: Any, obj: Any, form: Any) -> HttpResponse:
        """The preview page. A form that lay open for too long is signed anew, with the text that was written."""
        meta = obj._meta
        names = [
            f"comments/{meta.app_label}_{meta.model_name}_preview.html",
            f"comments/{meta.app_label}_preview.html",
            f"comments/{meta.app_label}/{meta.model_name}/preview.html",
            f"comments/{meta.app_label}/preview.html",
            "comments/preview.html",
        ]
        stale = bool(form.security_errors()) if form.is_bound else False
        fresh = comment_form(obj)
        fresh.fields["comment"].initial = request.POST.get("comment", "")
        problems = [] if "preview" in request.POST and not stale else [text for texts in form.errors.values() for text in texts]
        if stale:
            problems = ["This form was open for too long, or was not made here. Your text is below: look at it and post it again."]
        context = {
            "comment": request.POST.get("comment", ""),
            "form": fresh,
            "problems": problems,
            "object": obj,
            "object_url": object_url(obj),
            "next": request.POST.get("next", ""),
        }
        return render(request, names, context, status=400 if problems else 200)


class CommentPreviewView(View):
    """Markdown as it will look; changes nothing."""

    http_method_names = ["post"]

    def post(self, request: Any) -> HttpResponse:
        if not request.user.is_authenticated or not comments_are_on():
            deny(request, seen=False)
        text = request.POST.get("comment", "")[: services.most_characters()]
        return render(request, "comments/preview_part.html", {"html": markdown_to_html(text), "empty": not text.strip()})


class CommentThreadView(TemplateView):
    """All comments on one object, a page at a time, newest page first; for things that have no page of their own too."""

    template_name = "comments/thread_page.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        obj = _seen_or_denied(self.request, _named_object(self.kwargs))
        page = Paginator(comments_on(obj).reverse(), ON_A_PAGE).get_page(self.request.GET.get("page"))
        page.object_list = with_parts(list(page.object_list)[::-1])
        return super().get_context_data(**kwargs) | {
            "commented": obj,
            "kind": obj._meta.verbose_name,
            "page": page,
            "comment_list": page.object_list,
            "own_url": obj.get_absolute_url() if hasattr(obj, "get_absolute_url") else "",
        }


def _named_object(kwargs: dict[str, Any]) -> Any:
    return commented_object(f"{kwargs['app_label']}.{kwargs['model_name']}", kwargs["object_pk"])


class MentionableView(View):
    """Whom a comment here can mention: accounts that the viewer may know and that may see the object, by the start of the name."""

    http_method_names = ["get", "head"]

    def get(self, request: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            deny(request, seen=False)
        obj = _seen_or_denied(request, _named_object(kwargs))
        people = services.mentionable(request.user, obj, request.GET.get("q", ""))
        return JsonResponse({"people": [{"username": one.get_username(), "name": one.get_full_name()} for one in people]})


class CommentEditView(View):
    """The author corrects a comment; what it said before is kept."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        self.comment, self.commented = _found_comment(kwargs["pk"])
        if not request.user.is_authenticated:
            deny(request, seen=False)
        _seen_or_denied(request, self.commented)
        if self.comment.user_id != request.user.pk:
            deny(request, seen=True)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: Any, pk: int) -> HttpResponse:
        return self.page(EditCommentForm(initial={"comment": self.comment.comment}))

    def post(self, request: Any, pk: int) -> HttpResponse:
        form = EditCommentForm(request.POST)
        if form.is_valid():
            try:
                services.edit_comment(actor=request.user, comment=self.comment, text=form.cleaned_data["comment"])
            except InvalidInputError as error:
                form.add_error("comment", [text for texts in error.by_field().values() for text in texts])
            else:
                return redirect(f"{object_url(self.commented) or reverse('home')}#c{pk}")
        return self.page(form)

    def page(self, form: Any) -> HttpResponse:
        from tom_common.models import CommentEdit

        earlier = CommentEdit.objects.filter(comment_id=self.comment.pk).order_by("-edited_at")
        context = {
            "form": form,
            "comment": self.comment,
            "commented": self.commented,
            "earlier": earlier,
            "cancel_url": object_url(self.commented),
        }
        return render(self.request, "comments/edit.html", context, status=400 if form.errors else 200)


class CommentAttachmentView(View):
    """The door to a comment's file. Only images that were found sound are shown; everything else is handed over as a file."""

    http_method_names = ["get", "head"]

    def get(self, request: Any, pk: int) -> HttpResponse:
        from tom_common.models import CommentAttachment

        attachment = CommentAttachment.objects.filter(pk=pk).first() if pk < 2**63 else None
        commented = _found_comment(attachment.comment_id)[1] if attachment is not None else None
        _seen_or_denied(request, commented)
        storage: Storage = attachment.file.storage
        try:
            stored = storage.open(attachment.file.name, "rb")
        except OSError:
            raise Http404("The file is not in the storage.") from None
        shown = attachment.is_image and "download" not in request.GET
        response = FileResponse(stored, as_attachment=not shown, filename=attachment.name, content_type=attachment.mime_type)
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "sandbox; default-src 'none'"  # what somebody attached is never a page of this site
        response["Cache-Control"] = "private, max-age=0, must-revalidate"
        return response


class MentionsReadView(View):
    """One's own mentions are seen."""

    http_method_names = ["post"]

    def post(self, request: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            deny(request, seen=False)
        services.read_mentions(actor=request.user)
        back = request.POST.get("next", "")
        return HttpResponseRedirect(
            back if url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()) else reverse("home")
        )


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
            if not hasattr(obj, "get_absolute_url"):
                return redirect(object_url(obj))
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
        seen = commented is not None and may_see(self.request.user, commented)
        return (object_url(commented) if seen else "") or reverse("home")

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        back = self.get_success_url()
        services.delete_comment(actor=request.user, comment=self.object)
        messages.success(request, "The comment is deleted.")
        return redirect(back)
