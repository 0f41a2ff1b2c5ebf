"""Groups of data products."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import Count, Q
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.views.generic import CreateView, DeleteView, DetailView, FormView, ListView

from tom_common.permissions import AccessMixin, deny
from tom_dataproducts import policy
from tom_dataproducts.forms import AddProductToGroupForm
from tom_dataproducts.forms.groups import DataProductGroupForm
from tom_dataproducts.models import DataProduct, DataProductGroup
from tom_dataproducts.services.grouping import add_to_group, create_group, delete_group, remove_from_group


class _GroupAccess(AccessMixin):
    model = DataProductGroup

    def get_visible_queryset(self, action):
        return policy.groups_visible_to(self.request.user, action)


class DataProductGroupListView(_GroupAccess, ListView):
    template_name = "tom_dataproducts/dataproductgroup_list.html"
    paginate_by = 50

    def get_queryset(self):
        # The number is of those products that the viewer may see.
        seen = Count("dataproduct", filter=Q(dataproduct__in=policy.visible_to(self.request.user).order_by().values("pk")))
        return super().get_queryset().annotate(products=seen).order_by("-created", "-pk")


class DataProductGroupDetailView(_GroupAccess, DetailView):
    template_name = "tom_dataproducts/dataproductgroup_detail.html"

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        products = policy.visible_to(self.request.user, "view", DataProduct.objects.filter(group=self.object))
        context["products"] = products.select_related("target", "observation_record")[:500]
        context["may_change"] = policy.groups_visible_to(self.request.user, "change").filter(pk=self.object.pk).exists()
        return context

    def post(self, request, *args, **kwargs):
        self.action = "change"
        group = self.get_object()
        chosen = [key for key in request.POST.getlist("products") if key.isdigit()]
        products = policy.visible_to(request.user, "change", DataProduct.objects.filter(pk__in=chosen))
        remove_from_group(group=group, products=products, actor=request.user)
        return redirect(reverse("dataproducts:group-detail", kwargs={"pk": group.pk}))


class DataProductGroupCreateView(LoginRequiredMixin, CreateView):
    model = DataProductGroup
    form_class = DataProductGroupForm
    template_name = "tom_dataproducts/dataproductgroup_form.html"
    success_url = reverse_lazy("dataproducts:group-list")

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "user": self.request.user}

    def form_valid(self, form):
        self.object = create_group(
            name=form.cleaned_data["name"], user_groups=form.cleaned_data["user_groups"], actor=self.request.user
        )
        return redirect(self.success_url)


class DataProductGroupDeleteView(LoginRequiredMixin, _GroupAccess, DeleteView):
    action = "delete"
    template_name = "tom_dataproducts/dataproductgroup_confirm_delete.html"
    success_url = reverse_lazy("dataproducts:group-list")

    def form_valid(self, form):
        delete_group(group=self.object, actor=self.request.user)
        return redirect(self.success_url)


class DataProductGroupDataView(LoginRequiredMixin, FormView):
    form_class = AddProductToGroupForm
    template_name = "tom_dataproducts/add_product_to_group.html"

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "user": self.request.user}

    def form_valid(self, form):
        group = form.cleaned_data["group"]
        if not policy.groups_visible_to(self.request.user, "change").filter(pk=group.pk).exists():
            deny(self.request, seen=True)
        add_to_group(group=group, products=form.cleaned_data["products"], actor=self.request.user)
        return redirect(reverse("dataproducts:group-detail", kwargs={"pk": group.pk}))
