"""Forms of registration and of the second factor."""

from __future__ import annotations

from typing import Any

from django import forms

from tom_common.conf import tom_settings


class TomSignupForm(forms.Form):
    """What registration asks beside name, e-mail and password."""

    first_name = forms.CharField(max_length=150, required=False)
    last_name = forms.CharField(max_length=150, required=False)
    affiliation = forms.CharField(max_length=100, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("first_name", "last_name", "affiliation"):
            if name in tom_settings.TOM_REQUIRED_USER_FIELDS:
                self.fields[name].required = True

    def signup(self, request: Any, user: Any) -> None:
        """Called by allauth with the saved user."""
        from tom_common.accounts.services import complete_registration

        complete_registration(user=user, affiliation=self.cleaned_data.get("affiliation", ""))


def __getattr__(name: str) -> Any:
    # allauth imports this module while its own form modules are still loading
    if name == "TomAuthenticateForm":
        from tom_common.accounts.mfa_forms import TomAuthenticateForm

        return TomAuthenticateForm
    raise AttributeError(name)
