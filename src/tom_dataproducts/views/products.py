"""Pages of data products: list, one product, save from an observation, feature, delete."""

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.shortcuts import redirect, render
from django.views import View
from django.views.generic import DeleteView, DetailView
from django_filters.views import FilterView

from tom_common.conf import tom_settings
from tom_common.hooks import run_hook
from tom_common.permissions import AccessMixin, deny
from tom_dataproducts import policy
from tom_dataproducts.forms.processing import ReprocessForm
from tom_dataproducts.forms.tags import TagsForm
from tom_dataproducts.models import DataProduct, ReducedDatum
from tom_dataproducts.services import delete_product, feature_product, preview_product, reprocess_product
from tom_dataproducts.services.tagging import set_tags, split_tags
from tom_dataproducts.services.thumbnails import has_image

from .going_back import safe_next, target_page
from .groups import ProductTableMixin


class DataProductListView(ProductTableMixin, FilterView):
    """All data products that the viewer may see."""

    template_name = "tom_dataproducts/dataproduct_list.html"

    def get_context_data(self, *args, **kwargs):
        context = super().get_context_data(*args, **kwargs)
        context["product_groups"] = policy.groups_visible_to(self.request.user).order_by("-created", "-pk")[:100]
        return context


class DataProductDetailView(AccessMixin, DetailView):
    """One product: what it is and where it comes from, what was read from it, who may see it, and what was done with it."""

    model = DataProduct
    template_name = "tom_dataproducts/dataproduct_detail.html"
    context_object_name = "product"
    ROWS = 20

    def get_visible_queryset(self, action):
        rows = policy.visible_to(self.request.user, action)
        return rows.select_related("target", "observation_record", "added_by")

    def get_context_data(self, **kwargs):
        from tom_common.access import explain
        from tom_common.history_page import history_panel
        from tom_common.tables import capped_count, count_text

        context = super().get_context_data(**kwargs)
        product, user = self.object, self.request.user
        data = policy.target_data(user, product.target, ReducedDatum.objects.filter(data_product=product))
        may_change = policy.can(user, "change", product)
        groups = policy.groups_visible_to(user)
        context |= {
            "may_change": may_change,
            "may_delete": policy.can(user, "delete", product),
            "is_picture": has_image(product),
            "data_count": count_text(capped_count(data)),
            "data": list(data.defer("wavelength", "flux", "error", "value").order_by("timestamp", "pk")[: self.ROWS]),
            "groups": list(groups.filter(dataproduct=product).order_by("name")),
            "tags": [tag.name for tag in product.tags.all()],
            "history": history_panel(self.request, product),
        }
        if may_change:
            changeable = policy.groups_visible_to(user, "change").exclude(dataproduct=product).order_by("name")
            context |= {
                "tags_form": TagsForm(initial={"tags": ", ".join(context["tags"])}),
                "other_groups": list(changeable[:200]),
                "explanation": explain(product, user),
            }
            if tom_settings.DATA_SHARING:
                from tom_dataproducts.forms import DataShareForm

                context["share_form"] = DataShareForm(initial={"target": product.target})
        return context


class DataProductTagsView(LoginRequiredMixin, View):
    """Give a product its tags."""

    http_method_names = ["post"]

    def post(self, request, pk):
        product = changeable_or_deny(request, pk)
        form = TagsForm(request.POST)
        if form.is_valid():
            set_tags(product=product, tags=split_tags(form.cleaned_data["tags"]), actor=request.user)
        else:
            messages.error(request, "The tags were not changed. " + " ".join(form.errors.get("tags", [])))
        return redirect(product.get_absolute_url())


def changeable_or_deny(request, pk):
    """The product, where the user may change it; else the right refusal."""
    product = policy.visible_to(request.user, "change").filter(pk=pk).first()
    if product is None:
        deny(request, seen=policy.visible_to(request.user).filter(pk=pk).exists())
    return product


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

    def get(self, request, pk):
        product = changeable_or_deny(request, pk)
        context = {
            "title": self.label,
            "question": self.question.format(product.get_file_name()),
            "action_label": self.label,
            "cancel_url": product.get_absolute_url(),
        }
        return render(request, "tom_common/ui/confirm.html", context)


class DataProductFeatureView(_ActOnProduct):
    question = "Feature {} among the products of its target?"
    label = "Feature"

    def post(self, request, pk):
        product = changeable_or_deny(request, pk)
        feature_product(product=product, actor=request.user)
        return redirect(safe_next(request, request.POST.get("next"), default=target_page(product.target_id)))


class ReprocessView(LoginRequiredMixin, View):
    """Read a stored product once more: what would be read is shown first, then a task does it."""

    def get(self, request, pk):
        product = changeable_or_deny(request, pk)
        return self._page(request, product, ReprocessForm(product=product, initial={"next": request.GET.get("next", "")}))

    def _page(self, request, product, form, status=200):
        context = {
            "product": product, "form": form, "previews": [preview_product(product=product)], "datum_count": product.reduceddatum_set.count(),
        }  # fmt: skip
        return render(request, "tom_dataproducts/process_again.html", context, status=status)

    def post(self, request, pk):
        product = changeable_or_deny(request, pk)
        form = ReprocessForm(request.POST, product=product)
        if not form.is_valid():
            return self._page(request, product, form, status=400)
        told = form.cleaned_data
        reprocess_product(
            product=product, actor=request.user, data_product_type=told["data_product_type"], keep_good_rows=told["keep_good_rows"]
        )
        product.refresh_from_db()
        failed = product.processing_state == DataProduct.Processing.FAILED
        note = product.processing_message or "it is being processed"
        (messages.error if failed else messages.success)(request, f"{product.get_file_name()}: {note}")
        return redirect(safe_next(request, told["next"], default=product.get_absolute_url()))
