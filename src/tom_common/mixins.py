"""Mixins of class views that outside code builds on."""

from __future__ import annotations

from django.contrib.auth.mixins import LoginRequiredMixin, UserPassesTestMixin
from guardian.mixins import PermissionRequiredMixin


class SuperuserRequiredMixin(LoginRequiredMixin, UserPassesTestMixin):
    """Anonymous visitors are sent to login; a logged-in user who is no superuser gets 403."""

    def test_func(self) -> bool:
        return self.request.user.is_superuser

    def dispatch(self, request, *args, **kwargs):
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        return super().dispatch(request, *args, **kwargs)


class Raise403PermissionRequiredMixin(PermissionRequiredMixin):
    """guardian's mixin that answers 403 instead of redirecting to login."""

    return_403 = True
