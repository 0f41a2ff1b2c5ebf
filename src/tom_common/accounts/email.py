"""Whether this TOM can send e-mail, and the e-mails about registration."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import send_mail
from django.template.loader import render_to_string

from tom_common.conf import tom_settings

logger = logging.getLogger(__name__)


def email_is_configured() -> bool:
    """True when the e-mail backend delivers somewhere: not the dummy, and SMTP only with a host of its own choice."""
    backend = settings.EMAIL_BACKEND
    if backend.endswith(("dummy.EmailBackend", "console.EmailBackend")):
        return False
    if backend.endswith("smtp.EmailBackend"):
        return bool(settings.EMAIL_HOST) and (settings.EMAIL_HOST != "localhost" or bool(settings.EMAIL_HOST_USER))
    return True


def send_registration_mail(kind: str, user: Any, recipients: list[str]) -> int:
    """Send ``account/email/registration_<kind>``; a failure is logged and never stops the registration."""
    recipients = [address for address in recipients if address]
    if not recipients or not email_is_configured():
        return 0
    context = {"user": user, "tom_name": tom_settings.TOM_NAME}
    subject = " ".join(render_to_string(f"account/email/registration_{kind}_subject.txt", context).split())
    body = render_to_string(f"account/email/registration_{kind}_message.txt", context)
    try:
        return send_mail(subject, body, None, recipients)
    except Exception:
        logger.exception("the e-mail about a registration could not be sent")
        return 0


def administrators() -> list[str]:
    return list(get_user_model().objects.filter(is_superuser=True, is_active=True).exclude(email="").values_list("email", flat=True))
