"""Where a page goes when it is done: only to places of this site."""

from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme


def safe_next(request, *candidates, default="/"):
    """The first candidate that is an address of this site."""
    for url in candidates:
        if url and url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
            return url
    return default


def target_page(target_id, tab="manage-data"):
    try:
        return reverse("targets:detail", kwargs={"pk": target_id}) + f"?tab={tab}"
    except NoReverseMatch:
        return "/"
