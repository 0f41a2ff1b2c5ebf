from __future__ import annotations

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn.views import RemoveWebAuthnView
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect


class TomRemoveWebAuthnView(RemoveWebAuthnView):
    """Where a second factor is asked for, the last key stays, as the last authenticator app does."""

    def form_valid(self, form: Any) -> HttpResponse:
        if get_adapter().can_delete_authenticator(self.get_object()):
            return super().form_valid(form)
        messages.error(self.request, "This TOM asks for a second factor, and this is your only one. Add another one first.")
        return redirect("mfa_list_webauthn")
