from __future__ import annotations

from typing import Any

from allauth.mfa.base.forms import AuthenticateForm


class TomAuthenticateForm(AuthenticateForm):
    """The code of the second factor, with what helps a phone to fill it in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs.update({"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"})
        self.fields["code"].help_text = "The code of your authenticator app, or one of your recovery codes."
