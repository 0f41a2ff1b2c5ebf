"""The form of the login page. allauth's form modules must be complete before this one is imported."""

from __future__ import annotations

from typing import Any

from allauth.account import app_settings
from allauth.account.app_settings import LoginMethod
from allauth.account.forms import LoginForm

LABELS = {LoginMethod.USERNAME: "username", LoginMethod.EMAIL: "e-mail address", LoginMethod.PHONE: "phone number"}


class TomLoginForm(LoginForm):
    """Says by what one can log in (``ACCOUNT_LOGIN_METHODS``), in a label and not only as a placeholder."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ways = [label for method, label in LABELS.items() if method in app_settings.LOGIN_METHODS]
        field = self.fields["login"]
        field.label = " or ".join(ways).capitalize()
        field.widget.attrs.pop("placeholder", None)
        field.widget.attrs.update(autocomplete="username", autocapitalize="none", spellcheck="false", autofocus=True)
        if "password" in self.fields:
            self.fields["password"].widget.attrs.pop("placeholder", None)
            # the way to a forgotten password stands beside the button
            self.fields["password"].help_text = ""
