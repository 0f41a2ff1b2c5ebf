"""Messages of brokers, which may hold text of remote services."""

import nh3
from django.utils.safestring import SafeString, mark_safe


def clean_feedback(feedback: str) -> SafeString:
    """The message with nothing in it but harmless markup."""
    return mark_safe(nh3.clean(feedback, tags={"a", "b", "br", "code", "em", "i", "li", "p", "strong", "ul"}))  # noqa: S308 - cleaned
