from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.models import Group
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.views.generic import CreateView, DeleteView, UpdateView, View
from django_filters.views import FilterView

from tom_common.errors import TomError
from tom_common.forms import GroupForm
from tom_common.htmx_table import HTMXTableViewMixin, capped_count
from tom_common.mixins import SuperuserRequiredMixin
from tom_common.services import groups as services
from tom_common.services.users import accounts, may_see_all_users, visible_users
from tom_common.services.view_as import may_view_as
from tom_common.user_tables import MemberFilterSet, MemberTable


class GroupFormMixin(SuperuserRequiredMixin):
    model = Group
    form_class = GroupForm
    template_name = "auth/group_form.html"
    success_url = reverse_lazy("user-list")

    def form_valid(self, form: GroupForm) -> HttpResponse:
        group = services.save_group(actor=self.request.user, form=form)
        messages.success(self.request, f"The group {group.name} is saved.")
        return redirect(str(self.success_url))


class GroupCreateView(GroupFormMixin, CreateView):
    """A new group."""


class GroupUpdateView(GroupFormMixin, UpdateView):
    """Name and members of a group."""


class GroupDeleteView(SuperuserRequiredMixin, DeleteView):
    model = Group
    template_name = "auth/group_confirm_delete.html"
    success_url = reverse_lazy("user-list")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"members": capped_count(self.object.user_set.all())}

    def form_valid(self, form: Any) -> HttpResponse:
        services.delete_group(actor=self.request.user, group=self.object)
        messages.success(self.request, "The group is deleted.")
        return redirect(str(self.success_url))


class GroupOfViewerMixin(LoginRequiredMixin):
    """The group named in the address, for superusers and its members; for others it is not there."""

    def get_group(self) -> Group:
        group = services.visible_groups(self.request.user).filter(pk=self.kwargs["pk"]).first()
        if group is None:
            raise Http404
        return group


class GroupDetailView(GroupOfViewerMixin, HTMXTableViewMixin, FilterView):
    """A group with its members; those who manage it find others by name and add them."""

    template_name = "auth/group_detail.html"
    table_class = MemberTable
    filterset_class = MemberFilterSet
    paginate_by = 50
    strict = False

    def get_queryset(self) -> Any:
        self.group = self.get_group()
        self.manages = services.may_manage(self.request.user, self.group)
        members = services.members_of(self.group, managers_first=True).select_related("profile")
        if self.manages or may_see_all_users(self.request.user):
            return members
        return members.filter(pk__in=visible_users(self.request.user).order_by().values("pk"))

    def get_table_kwargs(self) -> dict[str, Any]:
        return super().get_table_kwargs() | {"may_manage": self.manages}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        text = self.request.GET.get("find", "")
        user = self.request.user
        return context | {
            "group": self.group,
            "may_manage": self.manages,
            "may_view_as": may_view_as(user, self.group),
            "find": text,
            "candidates": services.candidates(actor=user, group=self.group, text=text) if self.manages and text else [],
            "found_at_most": services.FOUND_AT_MOST,
            "by_whole_name": not may_see_all_users(user, managing=True),
        }


class GroupMembersView(GroupOfViewerMixin, View):
    """Adds, removes, names and dismisses: POST ``action`` with ``username`` (add) or ``users`` (keys of members)."""

    http_method_names = ["post"]

    def post(self, request: Any, pk: int) -> HttpResponse:
        group = self.get_group()
        what = request.POST.get("action", "")
        try:
            text = self.act(group, what)
        except TomError as error:
            if error.status == 403:
                raise
            messages.error(request, error.message)
        else:
            messages.success(request, text)
        if not services.visible_groups(request.user).filter(pk=group.pk).exists():
            return redirect("user-list")
        return redirect(reverse("group-detail", args=[group.pk]))

    def act(self, group: Group, what: str) -> str:
        from tom_common.errors import InvalidInputError

        actor = self.request.user
        if what == "add":
            names = [name.strip() for name in self.request.POST.getlist("username") if name.strip() and "\x00" not in name]
            users = list(accounts().filter(username__in=[name[:150] for name in names], is_active=True))
            if not users:
                services.add_members(actor=actor, group=group, users=[])  # refuses who may not
                raise InvalidInputError("Nobody was added: choose at least one active account.")
            added = services.add_members(actor=actor, group=group, users=users)
            return f"Added to {group.name}: {self.listed(added)}."
        keys = [int(key) for key in self.request.POST.getlist("users") if key.isascii() and key.isdigit() and len(key) < 19]
        users = list(services.members_of(group).filter(pk__in=keys))
        if what == "remove":
            gone = services.remove_members(actor=actor, group=group, users=users)
            return f"Removed from {group.name}: {self.listed(gone)}."
        verbs = {"name": services.name_manager, "dismiss": services.dismiss_manager}
        if what not in verbs:
            raise InvalidInputError("Choose what to do: add, remove, name or dismiss.")
        if not users:
            services.remove_members(actor=actor, group=group, users=[])
        for user in users:
            verbs[what](actor=actor, group=group, user=user)
        return f"{'Managers' if what == 'name' else 'Plain members'} of {group.name} now: {self.listed(users)}."

    @staticmethod
    def listed(users: list[Any]) -> str:
        return ", ".join(user.get_username() for user in users) or "nobody"
