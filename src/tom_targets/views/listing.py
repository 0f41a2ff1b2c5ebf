"""The list of targets, and the search by name that leads to one of them.

What a project may override: `queryset` or `get_queryset`, `filterset_class`, `table_class`, `get_context_data`, `get`, templates.
"""

from __future__ import annotations

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.http import urlencode
from django.views.generic import ListView, RedirectView
from django_filters.views import FilterView

from tom_common.htmx_table import HTMXTableViewMixin
from tom_common.tables.filters import filters_alone
from tom_targets import queries, search_terms
from tom_targets.filters import TargetFilterSet
from tom_targets.models import TargetList, get_target_model_class
from tom_targets.policy import lists_visible_to, visible_to
from tom_targets.tables import TargetTable

Target = get_target_model_class()
# How far from typed coordinates a target may be, in degrees: those of finding charts and circulars are good to a few arcseconds.
NEAR_DEG = 1.0 / 60.0


def lists_to_change(user):
    """The lists into which `user` may put targets."""
    return lists_visible_to(user, "change") if user.is_authenticated else TargetList.objects.none()


class TargetListView(HTMXTableViewMixin, FilterView):
    """The table of targets that the viewer may see."""

    template_name = "tom_targets/target_list.html"
    model = Target
    table_class = TargetTable
    filterset_class = TargetFilterSet
    paginate_by = 20
    strict = False
    ordering = ["-created", "-pk"]
    table_tools = True
    bulk_actions = "targets"

    def get_queryset(self):
        return visible_to(self.request.user, "view", Target.objects.all()).order_by("-created", "-pk")

    def get_table_pagination(self, table):
        options = super().get_table_pagination(table)
        own = type(self).get_queryset is TargetListView.get_queryset and self.get_filterset_class() is TargetFilterSet
        if not isinstance(options, dict) or not own or filters_alone(self.request.GET):
            return options
        return {**options, "counter": lambda cap: queries.count_visible(self.request.user, cap)}

    def get_context_data(self, *args, **kwargs):
        context = super().get_context_data(*args, **kwargs)
        page = context.get("page_obj")
        rows = [row.record for row in page.object_list] if page is not None else []
        context["object_list"] = context["targets"] = rows
        context["target_count"] = context["record_count"]
        user = self.request.user
        # asked for by the page when somebody ticks a row
        context["groupings"] = SimpleLazyObject(lambda: lists_to_change(user))
        context["with_groupings"] = "_lists" in self.request.GET
        context["query_string"] = self.request.META.get("QUERY_STRING", "")
        context["skymap_objects"] = [{"name": t.name, "ra": t.ra, "dec": t.dec} for t in rows if t.ra is not None]
        context["bulk_template"] = "tom_targets/partials/bulk_actions.html" if user.is_authenticated else ""
        return context


class TargetListChoiceView(LoginRequiredMixin, ListView):
    """The lists into which the viewer may put targets, as the choices of a field."""

    template_name = "tom_targets/partials/list_choice.html"
    context_object_name = "groupings"

    def get_queryset(self):
        return lists_to_change(self.request.user).order_by("name", "pk")


class TargetNameSearchView(RedirectView):
    """The page of the one target with this in its name or alias, or that is spelt alike, or is at these coordinates; else the list."""

    def get(self, request, *args, **kwargs):
        text = kwargs["name"].replace("\x00", "").strip()
        visible = visible_to(request.user, "view")
        for parameter, found in (("name", queries.search_text(visible, text)), ("name_fuzzy", queries.match_names(visible, [text]))):
            hits = list(found[:2])
            if len(hits) == 1:
                return HttpResponseRedirect(reverse("targets:detail", kwargs={"pk": hits[0].pk}))
            if hits:
                return self.listed(**{parameter: text})
        try:
            ra, dec = search_terms.read_position(text)
        except ValueError:
            return self.listed(name=text)
        hits = list(queries.cone(visible, ra, dec, NEAR_DEG)[:2])
        if len(hits) == 1:
            return HttpResponseRedirect(reverse("targets:detail", kwargs={"pk": hits[0].pk}))
        return self.listed(cone_search=f"{ra:.6f}, {dec:.6f}, {NEAR_DEG:.4f}")

    def listed(self, **query):
        return HttpResponseRedirect(f"{reverse('targets:list')}?{urlencode(query)}")
