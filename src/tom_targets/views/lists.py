"""Pages of lists of targets."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponseRedirect, QueryDict
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.views.generic import DeleteView, DetailView, View
from django.views.generic.edit import CreateView
from django_filters.views import FilterView

from tom_common.errors import TomError
from tom_common.htmx_table import HTMXTableViewMixin
from tom_common.permissions import deny
from tom_targets import groups, queries
from tom_targets.filters import TargetGroupFilterSet
from tom_targets.forms import TargetListForm
from tom_targets.forms.lists import ListNamesForm
from tom_targets.forms.rights import RightsForm
from tom_targets.merge import merge_error_message
from tom_targets.models import TargetList
from tom_targets.policy import can_with_list, lists_visible_to, visible_to
from tom_targets.services import add_names_to_list, create_list, delete_list, rename_list, set_rights
from tom_targets.tables import TargetGroupTable


class ListObjectMixin:
    """The list of a page, for who has the right `action` on it."""

    model = TargetList
    action = "view"

    def get_object(self, queryset=None):
        grouping = TargetList.objects.filter(pk=self.kwargs["pk"]).first()
        user = self.request.user

        def has(action):
            return grouping is not None and can_with_list(user, action, grouping)

        if not has(self.action):
            deny(self.request, seen=self.action != "view" and has("view"))
        return grouping


class TargetGroupingView(HTMXTableViewMixin, FilterView):
    """The lists that the viewer may see."""

    template_name = "tom_targets/target_grouping.html"
    model = TargetList
    table_class = TargetGroupTable
    filterset_class = TargetGroupFilterSet
    paginate_by = 5
    page_sizes = (5, 20, 50, 100)
    table_tools = True
    strict = False

    def get_queryset(self):
        return queries.lists_with_counts(self.request.user).order_by("-created", "name")

    def get_table(self, **kwargs):
        table = super().get_table(**kwargs)
        table.deletable = set(lists_visible_to(self.request.user, "delete").values_list("pk", flat=True))
        return table

    def get_context_data(self, *args, **kwargs):
        from tom_targets.sharing import sharing_options

        context = super().get_context_data(*args, **kwargs)
        context["sharing"] = bool(sharing_options())
        context["query_string"] = self.request.META.get("QUERY_STRING", "")
        return context


class TargetGroupingCreateView(LoginRequiredMixin, CreateView):
    """A new list."""

    model = TargetList
    form_class = TargetListForm
    template_name = "tom_targets/targetlist_form.html"
    success_url = reverse_lazy("targets:targetgrouping")

    def form_valid(self, form):
        self.object = create_list(actor=self.request.user, name=form.cleaned_data["name"])
        return HttpResponseRedirect(self.get_success_url())


class TargetGroupingDetailView(ListObjectMixin, DetailView):
    """One list: what it holds, who has which rights on it, and what was done with it. It is renamed and filled here."""

    template_name = "tom_targets/targetlist_detail.html"
    SHOWN = 20

    def get_context_data(self, **kwargs):
        from tom_common.history_page import history_panel
        from tom_common.tables import capped_count, count_text
        from tom_targets.sharing import sharing_options

        user, grouping = self.request.user, self.object
        rows = visible_to(user, "view", grouping.targets.all())
        newest = list(rows.order_by("-pk")[: self.SHOWN])
        may = {action for action in ("change", "delete") if can_with_list(user, action, grouping)}
        context = super().get_context_data(**kwargs)
        context.update(grouping=grouping, targets=newest, count_text=count_text(capped_count(rows)), may=may, sharing=bool(sharing_options()))
        context.update(history=history_panel(self.request, grouping))
        if "change" in may:
            context.setdefault("name_form", TargetListForm(instance=TargetList(name=grouping.name)))
            context.setdefault("names_form", ListNamesForm())
            context.setdefault("rights_form", RightsForm(obj=grouping, user=user))
        return context

    def post(self, request, *args, **kwargs):
        self.action = "change"
        self.object = self.get_object()
        do = {"rename": self.rename, "names": self.add_names, "rights": self.give_rights}.get(request.POST.get("do"))
        if do is None:
            return redirect(request.path)
        try:
            wrong = do()
        except TomError as error:
            messages.error(request, error.message)
            wrong = None
        return redirect(request.path) if wrong is None else self.render_to_response(self.get_context_data(**wrong))

    def rename(self):
        form = TargetListForm(self.request.POST, instance=TargetList())
        if not form.is_valid():
            return {"name_form": form}
        rename_list(actor=self.request.user, grouping=self.object, name=form.cleaned_data["name"])
        messages.success(self.request, f"The list is now called {self.object.name}.")
        return None

    def add_names(self):
        form = ListNamesForm(self.request.POST)
        if not form.is_valid():
            return {"names_form": form}
        found = add_names_to_list(actor=self.request.user, grouping=self.object, names=form.cleaned_data["names"])
        if found.change.done:
            messages.success(self.request, f"{found.change.done} target(s) put into {self.object.name}.")
        if found.change.already:
            messages.info(self.request, f"{found.change.already} target(s) were in it already.")
        for names, what in ((found.unknown, "No target has this name"), (found.several, "Several targets have this name")):
            for name in names[: self.SHOWN]:
                form.add_error("names", f"{what}: {name}")
            if len(names) > self.SHOWN:
                form.add_error("names", f"{what}, and {len(names) - self.SHOWN} more.")
        if not form.errors:
            return None
        # what was not found stays to be mended
        form.data = {"names": "\n".join([*found.unknown, *found.several])}
        return {"names_form": form}

    def give_rights(self):
        form = RightsForm(self.request.POST, obj=self.object, user=self.request.user)
        if not form.is_valid():
            return {"rights_form": form}
        changed = set_rights(actor=self.request.user, obj=self.object, levels=form.levels())
        messages.success(self.request, "Rights changed." if changed else "Nothing was changed.")
        return None


class TargetGroupingDeleteView(ListObjectMixin, DeleteView):
    """Delete a list; its targets stay."""

    action = "delete"
    template_name = "tom_targets/targetlist_confirm_delete.html"
    success_url = reverse_lazy("targets:targetgrouping")

    def form_valid(self, form):
        url = self.get_success_url()
        delete_list(actor=self.request.user, grouping=self.object)
        return HttpResponseRedirect(url)


class TargetAddRemoveGroupingView(LoginRequiredMixin, View):
    """Put selected (or all filtered) targets into a list, take them out, move them, or go to merging two of them."""

    def get(self, request, *args, **kwargs):
        return redirect(reverse("targets:list"))

    def post(self, request, *args, **kwargs):
        query_string = request.POST.get("query_string", "")
        back = reverse("targets:list") + (f"?{query_string}" if query_string else "")
        selected = request.POST.getlist("selected-target")
        if "merge" in request.POST:
            if len(selected) != 2:
                merge_error_message(request)
                return redirect(back)
            return redirect(reverse("targets:merge", kwargs={"pk1": selected[0], "pk2": selected[1]}))
        key = request.POST.get("grouping", "")
        grouping = TargetList.objects.filter(pk=key).first() if key.isdigit() else None
        if grouping is None or not can_with_list(request.user, "view", grouping):
            messages.error(request, "Choose one of your target groups first.")
            return redirect(back)
        verb = next((verb for verb in ("add", "remove", "move") if verb in request.POST), None)
        if verb is None:
            messages.error(request, "Choose whether to add, remove or move.")
            return redirect(back)
        way = "from" if verb == "remove" else "to"
        if request.POST.get("isSelectAll") == "True":
            getattr(groups, f"{verb}_all_{way}_grouping")(QueryDict(query_string), grouping, request)
        else:
            getattr(groups, f"{verb}_selected_{way}_grouping")(selected, grouping, request)
        return redirect(back)
