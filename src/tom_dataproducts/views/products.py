"""Pages of data products: list, upload, save from an observation, feature, delete."""

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.shortcuts import redirect, render
from django.views import View
from django.views.generic import DeleteView, FormView
from django_filters.views import FilterView

from tom_common.errors import TomError
from tom_common.hooks import run_hook
from tom_common.htmx_table import CappedPaginator
from tom_common.permissions import AccessMixin, deny
from tom_dataproducts import policy
from tom_dataproducts.filters import DataProductFilter
from tom_dataproducts.forms import DataProductUploadForm
from tom_dataproducts.models import DataProduct
from tom_dataproducts.services import delete_product, feature_product, store_product
from tom_targets.policy import can as can_target

from .going_back import safe_next, target_page


class DataProductListView(FilterView):
    """All data products that the viewer may see."""

    model = DataProduct
    template_name = "tom_dataproducts/dataproduct_list.html"
    paginate_by = 25
    paginator_class = CappedPaginator
    filterset_class = DataProductFilter
    strict = False
    ordering = ("-created", "-pk")

    def get_queryset(self):
        rows = policy.visible_to(self.request.user, "view", DataProduct.objects.all())
        return rows.select_related("target", "observation_record").prefetch_related("group").order_by(*self.ordering)

    def get_context_data(self, *args, **kwargs):
        context = super().get_context_data(*args, **kwargs)
        context["product_groups"] = policy.groups_visible_to(self.request.user)[:100]
        return context


class DataProductUploadView(LoginRequiredMixin, FormView):
    """Files to a target or an observation: stored, then processed. A file that fails leaves nothing behind."""

    form_class = DataProductUploadForm
    template_name = "tom_dataproducts/upload_form.html"

    def get_initial(self):
        found = {name: self.request.GET[name] for name in ("target", "observation_record") if self.request.GET.get(name, "").isdigit()}
        return {**super().get_initial(), **found}

    def form_valid(self, form):
        from tom_dataproducts.serializers import _share_with_groups

        data = form.cleaned_data
        record = data.get("observation_record")
        target = record.target if record is not None else data["target"]
        if not can_target(self.request.user, "change", target):
            deny(self.request, seen=can_target(self.request.user, "view", target))
        files = self.request.FILES.getlist("files")
        for file in files:
            self._take(file, target, record, data["data_product_type"], [{"id": g.pk} for g in data.get("groups", [])], _share_with_groups)
        return redirect(safe_next(self.request, data.get("referrer"), default=target_page(target.pk)))

    def _take(self, file, target, record, kind, groups, share):
        from tom_dataproducts.tasks import enqueue_processing

        try:
            product = store_product(
                target=target, observation_record=record, filename=file.name, content=file, data_product_type=kind, actor=self.request.user
            )
        except TomError as error:
            messages.error(self.request, f"{file.name}: {error}")
            return
        share(product, groups, self.request.user)
        try:
            run_hook("data_product_post_upload", product)
            enqueue_processing(product, actor=self.request.user)
        except Exception as error:
            delete_product(product=product, actor=self.request.user)
            messages.error(self.request, f"{file.name}: {error}")
            return
        product.refresh_from_db()
        if product.processing_state == DataProduct.Processing.FAILED:
            why = product.processing_message
            delete_product(product=product, actor=self.request.user)
            messages.error(self.request, f"{file.name} could not be processed and was not kept: {why}")
        elif product.processing_state == DataProduct.Processing.DONE:
            messages.success(self.request, f"{product.get_file_name()}: {product.processing_message}.")
        else:
            messages.success(self.request, f"{product.get_file_name()} was stored and is being processed.")

    def form_invalid(self, form):
        wrong = [f"{form.fields[name].label or name if name in form.fields else 'Upload'}: {' '.join(e)}" for name, e in form.errors.items()]
        messages.error(self.request, "Nothing was uploaded. " + " ".join(wrong))
        return redirect(safe_next(self.request, self.request.POST.get("referrer"), self.request.headers.get("referer"), default="/"))


class DataProductSaveView(LoginRequiredMixin, View):
    """Save products of an observation from its facility: `products` are their ids, or ALL."""

    http_method_names = ["post"]

    def post(self, request, pk, *args, **kwargs):
        from tom_observations import policy as observations
        from tom_observations.facility import get_service_class

        record = observations.visible_to(request.user, "change").filter(pk=pk).first()
        if record is None:
            deny(request, seen=observations.visible_to(request.user).filter(pk=pk).exists())
        back = safe_next(request, request.POST.get("next"), default=record.get_absolute_url())
        products = request.POST.getlist("products")
        if not products:
            messages.warning(request, "No products were saved, please select at least one dataproduct")
            return redirect(back)
        try:
            facility = get_service_class(record.facility)()
            facility.set_user(request.user)
            if products[0] == "ALL":
                saved = facility.save_data_products(record)
            else:
                saved = []
                for product in products:
                    found = facility.save_data_products(record, product)
                    run_hook("data_product_post_save", found)
                    saved += found or []
                run_hook("multiple_data_products_post_save", saved)
        except Exception as error:
            messages.error(request, f"The products could not be saved: {error}")
            return redirect(back)
        names = ", ".join(str(product) for product in (saved or [])[:10])
        messages.success(request, f"Successfully saved: {names}" if saved else "There was nothing new to save.")
        return redirect(back)


class DataProductDeleteView(LoginRequiredMixin, AccessMixin, DeleteView):
    """Delete a product with its file and the data made of it."""

    model = DataProduct
    action = "delete"
    template_name = "tom_dataproducts/dataproduct_confirm_delete.html"

    def get_visible_queryset(self, action):
        return policy.visible_to(self.request.user, action)

    def get_success_url(self):
        return safe_next(
            self.request, self.request.POST.get("next"), self.request.GET.get("next"), default=target_page(self.object.target_id)
        )

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        context["next"] = safe_next(self.request, self.request.GET.get("next"), default=target_page(self.object.target_id))
        context["datum_count"] = self.object.reduceddatum_set.count()
        return context

    def form_valid(self, form):
        url = self.get_success_url()
        delete_product(product=self.object, actor=self.request.user)
        return redirect(url)


class _ActOnProduct(LoginRequiredMixin, View):
    """A page that asks, and an answer that posts."""

    question = ""
    label = ""

    def _product(self, pk):
        product = policy.visible_to(self.request.user, "change").filter(pk=pk).first()
        if product is None:
            deny(self.request, seen=policy.visible_to(self.request.user).filter(pk=pk).exists())
        return product

    def get(self, request, pk):
        product = self._product(pk)
        context = {
            "title": self.label, "question": self.question.format(product.get_file_name()), "action_label": self.label,
            "cancel_url": target_page(product.target_id),
        }
        return render(request, "tom_common/ui/confirm.html", context)


class DataProductFeatureView(_ActOnProduct):
    question = "Feature {} among the products of its target?"
    label = "Feature"

    def post(self, request, pk):
        product = self._product(pk)
        feature_product(product=product, actor=request.user)
        return redirect(safe_next(request, request.POST.get("next"), default=target_page(product.target_id)))


class ReprocessView(_ActOnProduct):
    question = "Process {} again? What it gave before is replaced."
    label = "Process again"

    def post(self, request, pk):
        from tom_dataproducts.tasks import enqueue_processing

        product = self._product(pk)
        enqueue_processing(product, actor=request.user)
        product.refresh_from_db()
        failed = product.processing_state == DataProduct.Processing.FAILED
        note = product.processing_message or "it is being processed"
        (messages.error if failed else messages.success)(request, f"{product.get_file_name()}: {note}")
        return redirect(target_page(product.target_id))
