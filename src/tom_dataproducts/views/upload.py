"""Uploading files to a target or an observation: by a form, or file by file from the script of the page."""

from __future__ import annotations

import contextlib

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.generic import FormView

from tom_common.conf import tom_settings
from tom_common.errors import TomError
from tom_common.hooks import run_hook
from tom_common.permissions import deny
from tom_dataproducts.forms import DataProductUploadForm
from tom_dataproducts.models import DataProduct
from tom_dataproducts.services import delete_product, store_product
from tom_observations import policy as observations
from tom_targets import policy as targets

from .going_back import safe_next, target_page


class LimitedUpload(FileUploadHandler):
    """Lets no more of a file come to the disk than TOM_UPLOAD_MAX_BYTES; the names of larger ones stand in `request.files_too_large`."""

    def new_file(self, *args, **kwargs):
        super().new_file(*args, **kwargs)
        self.received = 0

    def receive_data_chunk(self, raw_data, start):
        self.received += len(raw_data)
        if self.received > tom_settings.TOM_UPLOAD_MAX_BYTES:
            self.request.files_too_large = [*getattr(self.request, "files_too_large", []), self.file_name]
            raise SkipFile
        return raw_data

    def file_complete(self, file_size):
        return None


# Django reads what is uploaded when its check of the token looks for it in the form: the limit has to stand before that.
@method_decorator(csrf_exempt, name="dispatch")
class _TakesFiles(LoginRequiredMixin, FormView):
    form_class = DataProductUploadForm

    def dispatch(self, request, *args, **kwargs):
        if request.method == "POST" and request.user.is_authenticated:
            with contextlib.suppress(AttributeError):  # somebody has read the form before us
                request.upload_handlers.insert(0, LimitedUpload(request))
        return self.guarded(request, *args, **kwargs)

    @method_decorator(csrf_protect)
    def guarded(self, request, *args, **kwargs):
        return super().dispatch(request, *args, **kwargs)

    @property
    def wants_json(self):
        return self.request.headers.get("Accept", "").startswith("application/json")

    def get_form(self, form_class=None):
        """Hidden targets, observations and groups are answered like those that are not there."""
        form, user = super().get_form(form_class), self.request.user
        form.fields["target"].queryset = targets.visible_to(user)
        form.fields["observation_record"].queryset = observations.visible_to(user)
        if "groups" in form.fields and not user.is_superuser:
            form.fields["groups"].queryset = user.groups.all()
        return form

    def form_invalid(self, form):
        if {"target", "observation_record"} & set(form.errors):
            deny(self.request, seen=False)
        return self.not_taken(form)

    def target_of(self, data):
        """The target to which the files go, and the observation; refused to who may not change the target."""
        record = data.get("observation_record")
        target = record.target if record is not None else data["target"]
        if not targets.can(self.request.user, "change", target):
            deny(self.request, seen=targets.can(self.request.user, "view", target))
        return target, record

    def problem(self, form):
        """Why nothing was taken."""
        wrong = [
            f"{form.fields[name].label or name if name in form.fields else 'Upload'}: {' '.join(e)}" for name, e in form.errors.items()
        ]
        too_large = getattr(self.request, "files_too_large", [])
        if too_large and set(form.errors) <= {"files"}:
            wrong = [f"{name}: {_too_large()}" for name in too_large]
        return " ".join(wrong)


class DataProductUploadView(_TakesFiles):
    """Files to a target or an observation: stored, then processed. A file that fails leaves nothing behind.

    A request that accepts JSON gets `{"files": [{"name", "state", "message", "url"}], "next"}`; state is stored, processing or refused.
    """

    template_name = "tom_dataproducts/upload_form.html"

    def get_initial(self):
        found = {name: self.request.GET[name] for name in ("target", "observation_record") if self.request.GET.get(name, "").isdigit()}
        return {**super().get_initial(), **found}

    def form_valid(self, form):
        data = form.cleaned_data
        target, record = self.target_of(data)
        taken = [refused(name, _too_large()) for name in getattr(self.request, "files_too_large", [])]
        for file in self.request.FILES.getlist("files"):
            taken.append(self.take(file, target, record, data))
        return self.answer(taken, safe_next(self.request, data.get("referrer"), default=target_page(target.pk)))

    def answer(self, taken, following):
        if self.wants_json:
            return JsonResponse({"files": taken, "next": following})
        for one in taken:
            level = messages.ERROR if one["state"] == "refused" else messages.SUCCESS
            messages.add_message(self.request, level, f"{one['name']}: {one['message']}")
        return redirect(following)

    def take(self, file, target, record, data):
        """Store and process one file; what became of it."""
        from tom_dataproducts.serializers import _share_with_groups
        from tom_dataproducts.tasks import enqueue_processing

        user = self.request.user
        try:
            product = store_product(
                target=target,
                observation_record=record,
                filename=file.name,
                content=file,
                data_product_type=data["data_product_type"],
                actor=user,
            )
        except TomError as error:
            return refused(file.name, str(error))
        _share_with_groups(product, [{"id": group.pk} for group in data.get("groups", [])], user)
        try:
            run_hook("data_product_post_upload", product)
            enqueue_processing(product, actor=user, keep_good_rows=data.get("keep_good_rows", False))
        except Exception as error:
            delete_product(product=product, actor=user)
            return refused(file.name, str(error))
        product.refresh_from_db()
        name = product.get_file_name()
        if product.processing_state == DataProduct.Processing.FAILED:
            why = product.processing_message
            delete_product(product=product, actor=user)
            return refused(file.name, f"could not be processed and was not kept: {why}")
        done = product.processing_state == DataProduct.Processing.DONE
        message = f"{product.processing_message}." if done else "was stored and is being processed."
        return {"name": name, "state": "stored" if done else "processing", "message": message, "url": product.get_absolute_url()}

    def not_taken(self, form):
        text = f"Nothing was uploaded. {self.problem(form)}"
        if self.wants_json:
            return JsonResponse({"files": [], "problem": text}, status=400)
        messages.error(self.request, text)
        back = safe_next(
            self.request, self.request.POST.get("referrer"), self.request.headers.get("referer"), default=reverse("dataproducts:list")
        )
        return redirect(back)


class UploadPreviewView(_TakesFiles):
    """What would be read from the files, before anything is stored: a part of the page for the script, else a page with the form below it."""

    http_method_names = ["post"]
    MOST = 10

    def form_valid(self, form):
        from tom_dataproducts.services.preview import preview_file

        target, _ = self.target_of(form.cleaned_data)
        kind = form.cleaned_data["data_product_type"]
        files = self.request.FILES.getlist("files")[: self.MOST]
        previews = [preview_file(file=file, filename=file.name, target=target, data_product_type=kind) for file in files]
        return self.shown({"previews": previews}, form)

    def not_taken(self, form):
        return self.shown({"problem": self.problem(form)}, form)

    def shown(self, context, form):
        if self.request.headers.get("X-Requested-With") == "XMLHttpRequest":
            return render(self.request, "tom_dataproducts/partials/upload_preview.html", context)
        # files cannot be put into a form by the server: they are chosen again
        again = DataProductUploadForm(initial={name: form.data.get(name, "") for name in form.fields if name != "files"})
        return render(self.request, "tom_dataproducts/upload_form.html", {"form": again, "is_preview": True, **context})


def refused(name, why):
    return {"name": name, "state": "refused", "message": why, "url": ""}


def _too_large():
    return f"larger than the {tom_settings.TOM_UPLOAD_MAX_BYTES:,} bytes that are taken"
