"""Groups of data products."""

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import Count, Q
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.views.generic import CreateView, DeleteView, FormView, UpdateView
from django_filters.views import FilterView

from tom_common.errors import NotAllowedError
from tom_common.htmx_table import HTMXTableViewMixin
from tom_common.permissions import AccessMixin, deny
from tom_dataproducts import policy
from tom_dataproducts.filters import DataProductFilterSet, DataProductGroupFilterSet
from tom_dataproducts.forms import AddProductToGroupForm
from tom_dataproducts.forms.groups import DataProductGroupForm
from tom_dataproducts.models import DataProduct, DataProductGroup
from tom_dataproducts.product_tables import DataProductGroupTable, DataProductTable
from tom_dataproducts.services.grouping import add_to_group, create_group, delete_group, remove_from_group, update_group


class _GroupAccess(AccessMixin):
    model = DataProductGroup

    def get_visible_queryset(self, action):
        return policy.groups_visible_to(self.request.user, action)


class ProductTableMixin(HTMXTableViewMixin):
    """A table of products that the viewer may see; of their groups those that the viewer may see."""

    model = DataProduct
    table_class = DataProductTable
    filterset_class = DataProductFilterSet
    bulk_actions = "dataproducts"
    table_tools = True
    strict = False
    paginate_by = 25
    page_sizes = (25, 50, 100, 200)

    def get_queryset(self):
        rows = policy.visible_to(self.request.user, "view", DataProduct.objects.all())
        return rows.select_related("target", "observation_record").order_by("-created", "-pk")

    def get_table(self, **kwargs):
        table = super().get_table(**kwargs)
        table.seen_groups = set(policy.groups_visible_to(self.request.user).order_by().values_list("pk", flat=True))
        return table

    def get_context_data(self, *args, **kwargs):
        context = super().get_context_data(*args, **kwargs)
        page = context.get("page_obj")
        context["object_list"] = [row.record for row in page.object_list] if page is not None else []
        return context


class DataProductGroupListView(_GroupAccess, HTMXTableViewMixin, FilterView):
    template_name = "tom_dataproducts/dataproductgroup_list.html"
    table_class = DataProductGroupTable
    filterset_class = DataProductGroupFilterSet
    paginate_by = 50
    page_sizes = (20, 50, 100, 200)
    strict = False

    def get_queryset(self):
        # The number is of those products that the viewer may see.
        seen = Count("dataproduct", filter=Q(dataproduct__in=policy.visible_to(self.request.user).order_by().values("pk")))
        return super().get_queryset().annotate(products=seen).order_by("-created", "-pk")

    def get_table(self, **kwargs):
        table = super().get_table(**kwargs)
        table.changeable = set(policy.groups_visible_to(self.request.user, "change").order_by().values_list("pk", flat=True))
        return table

    def get_context_data(self, *args, **kwargs):
        context = super().get_context_data(*args, **kwargs)
        page = context.get("page_obj")
        context["object_list"] = [row.record for row in page.object_list] if page is not None else []
        return context


class DataProductGroupDetailView(ProductTableMixin, FilterView):
    """The products of a group that the viewer may see. Posted `products` are taken out of it."""

    template_name = "tom_dataproducts/dataproductgroup_detail.html"

    def group(self, action="view"):
        pk = self.kwargs["pk"]
        group = policy.groups_visible_to(self.request.user, action).filter(pk=pk).first()
        if group is None:
            deny(self.request, seen=action != "view" and policy.groups_visible_to(self.request.user).filter(pk=pk).exists())
        return group

    def get_queryset(self):
        self.object = self.group()
        return super().get_queryset().filter(group=self.object)

    def get_context_data(self, *args, **kwargs):
        context = super().get_context_data(*args, **kwargs)
        context["object"] = context["dataproductgroup"] = self.object
        context["products"] = context["object_list"]
        context["may_change"] = policy.groups_visible_to(self.request.user, "change").filter(pk=self.object.pk).exists()
        context["bulk_template"] = "tom_dataproducts/partials/group_bulk_actions.html" if self.request.user.is_authenticated else ""
        context["open_to"] = list(self.object.user_groups.order_by("name"))
        return context

    def post(self, request, *args, **kwargs):
        if "bulk" in request.POST or "_table" in request.POST:
            self.group()
            return super().post(request, *args, **kwargs)
        group = self.group("change")
        chosen = [key for key in request.POST.getlist("products") if key.isdigit()]
        products = policy.visible_to(request.user, "change", DataProduct.objects.filter(pk__in=chosen))
        remove_from_group(group=group, products=products, actor=request.user)
        return redirect(reverse("dataproducts:group-detail", kwargs={"pk": group.pk}))


class _GroupForm(LoginRequiredMixin):
    model = DataProductGroup
    form_class = DataProductGroupForm
    template_name = "tom_dataproducts/dataproductgroup_form.html"

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "user": self.request.user}


class DataProductGroupCreateView(_GroupForm, CreateView):
    success_url = reverse_lazy("dataproducts:group-list")

    def form_valid(self, form):
        self.object = create_group(
            name=form.cleaned_data["name"], user_groups=form.cleaned_data["user_groups"], actor=self.request.user
        )
        return redirect(self.success_url)


class DataProductGroupUpdateView(_GroupForm, _GroupAccess, UpdateView):
    """Another name, other user groups."""

    action = "change"

    def form_valid(self, form):
        group = DataProductGroup.objects.get(pk=self.object.pk)
        try:
            update_group(group=group, name=form.cleaned_data["name"], user_groups=form.cleaned_data["user_groups"], actor=self.request.user)
        except NotAllowedError as error:
            form.add_error("user_groups", error.message)
            return self.form_invalid(form)
        return redirect(group.get_absolute_url())


class DataProductGroupDeleteView(LoginRequiredMixin, _GroupAccess, DeleteView):
    action = "delete"
    template_name = "tom_dataproducts/dataproductgroup_confirm_delete.html"
    success_url = reverse_lazy("dataproducts:group-list")

    def form_valid(self, form):
        try:
            delete_group(group=self.object, actor=self.request.user)
        except NotAllowedError as error:
            messages.error(self.request, error.message)
            return redirect(self.object.get_absolute_url())
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
