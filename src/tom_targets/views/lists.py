"""Pages of lists of targets."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponseRedirect, QueryDict
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.views.generic import DeleteView, View
from django.views.generic.edit import CreateView
from django_filters.views import FilterView
from guardian.shortcuts import get_objects_for_user

from tom_common.htmx_table import HTMXTableViewMixin
from tom_common.permissions import deny
from tom_targets import groups, queries
from tom_targets.filters import TargetGroupFilterSet
from tom_targets.forms import TargetListForm
from tom_targets.merge import merge_error_message
from tom_targets.models import TargetList
from tom_targets.services import create_list, delete_list
from tom_targets.tables import TargetGroupTable


class ListObjectMixin:
    """The list of a page, for who has the right `action` on it."""

    model = TargetList
    action = "view"

    def get_object(self, queryset=None):
        grouping = TargetList.objects.filter(pk=self.kwargs["pk"]).first()
        user = self.request.user

        def has(action):
            code = f"tom_targets.{action}_targetlist"
            return grouping is not None and (user.has_perm(code) or user.has_perm(code, grouping))

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
    strict = False

    def get_queryset(self):
        return queries.lists_with_counts(self.request.user).order_by("-created", "name")

    def get_table(self, **kwargs):
        table = super().get_table(**kwargs)
        mine = get_objects_for_user(self.request.user, "tom_targets.delete_targetlist", klass=TargetList)
        table.deletable = set(mine.values_list("pk", flat=True))
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
        may_see = grouping is not None and (
            request.user.has_perm("tom_targets.view_targetlist") or request.user.has_perm("tom_targets.view_targetlist", grouping)
        )
        if not may_see:
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
