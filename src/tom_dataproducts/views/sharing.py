"""Sharing and downloading data."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.text import slugify
from django.views import View
from django.views.generic import FormView

from tom_common.errors import InvalidInputError
from tom_common.permissions import deny
from tom_dataproducts import policy
from tom_dataproducts.forms import DataShareForm
from tom_dataproducts.models import ReducedDatum
from tom_dataproducts.services import export_reduced_data
from tom_dataproducts.services.exporting import FORMATS
from tom_targets.policy import get_or_deny

from .going_back import safe_next, target_page


class DataShareView(LoginRequiredMixin, FormView):
    """Share a product, or chosen data of a target; `download` answers with a CSV file. Nothing is shared that one may not see."""

    form_class = DataShareForm
    http_method_names = ["post", "options"]

    def dispatch(self, request, *args, **kwargs):
        if request.method == "POST" and request.POST.get("share_destination") == "download":
            # Who sees the data may have them, logged in or not.
            return FormView.dispatch(self, request, *args, **kwargs)
        return super().dispatch(request, *args, **kwargs)

    def form_invalid(self, form):
        from django.contrib import messages

        messages.error(self.request, "Nothing was shared. " + " ".join(f"{name}: {' '.join(e)}" for name, e in form.errors.items()))
        return redirect(safe_next(self.request, self.request.POST.get("next"), self.request.headers.get("referer"), default="/"))

    def form_valid(self, form):
        from tom_dataproducts import sharing

        product_id = self.kwargs.get("dp_pk")
        target_id = self.kwargs.get("tg_pk")
        destination = form.cleaned_data["share_destination"]
        selected = [key for key in self.request.POST.getlist("share-box") if key.isdigit()]
        visible = policy.data_visible_to(self.request.user, "view", ReducedDatum.objects.filter(pk__in=selected))
        if product_id is not None:
            product = policy.visible_to(self.request.user).filter(pk=product_id).first()
            if product is None:
                deny(self.request, seen=False)
            target_id = product.target_id
        else:
            get_or_deny(self.request, target_id)
        if destination == "download":
            return sharing.download_data(form.cleaned_data, list(visible.values_list("pk", flat=True)))
        get_or_deny(self.request, target_id, "change")
        # rows that were chosen and may not be shared leave fewer, not all of the target
        whole = None if product_id or selected else target_id
        selected = [str(pk) for pk in visible.filter(target_id=target_id).values_list("pk", flat=True)]
        share = sharing.share_data_with_hermes if destination.lower().startswith("hermes") else sharing.share_data_with_tom
        try:
            response = share(destination, form.cleaned_data, product_id, whole, selected, user=self.request.user)
        except Exception as error:
            response = {"message": f"ERROR: {error}"}
        sharing.sharing_feedback_handler(response, self.request)
        return redirect(safe_next(self.request, self.request.POST.get("next"), default=target_page(target_id)))


class ReducedDataDownloadView(View):
    """Photometry of a target, or one spectrum, as CSV, ECSV or VOTable."""

    http_method_names = ["get", "head"]

    def get(self, request, target_pk):
        target = get_or_deny(request, target_pk)
        format = request.GET.get("format", "csv")
        rows = policy.target_data(request.user, target)
        if request.GET.get("datum", "").isdigit():
            rows = rows.filter(pk=request.GET["datum"])
        else:
            rows = rows.filter(data_type="photometry")
        try:
            content = export_reduced_data(data=rows, format=format)
        except InvalidInputError as error:
            raise Http404(str(error)) from None
        ending = "xml" if format == "votable" else format
        response = HttpResponse(content, content_type=FORMATS[format])
        response["Content-Disposition"] = f'attachment; filename="{slugify(target.name) or target.pk}.{ending}"'
        return response
