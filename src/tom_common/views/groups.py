from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.views.generic import CreateView, DeleteView, UpdateView

from tom_common.accounts.services import delete_group, save_group
from tom_common.forms import GroupForm
from tom_common.mixins import SuperuserRequiredMixin


class GroupFormMixin(SuperuserRequiredMixin):
    model = Group
    form_class = GroupForm
    template_name = "auth/group_form.html"
    success_url = reverse_lazy("user-list")

    def form_valid(self, form: GroupForm) -> HttpResponse:
        group = save_group(actor=self.request.user, form=form)
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

    def form_valid(self, form: Any) -> HttpResponse:
        delete_group(actor=self.request.user, group=self.object)
        messages.success(self.request, "The group is deleted.")
        return redirect(str(self.success_url))
