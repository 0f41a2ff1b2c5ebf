"""Answers to what cannot be done: a page for people, a part for htmx, JSON for programs. Each says what went wrong and the way on."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist, loader

from tom_common.permissions import is_api_request

# status: (title, text)
WORDS = {
    400: ("This cannot be done as asked", "Something in the address or the form is not as it should be. Go back and try again."),
    403: ("You may not do that", "You are not allowed to see or do this."),
    404: ("There is nothing here", "It may have been moved or deleted, or it is not for you to see."),
    405: (
        "Not in this way",
        "This address is not made to be opened like that: it is the goal of a button or a form. Go back and use that one.",
    ),
    409: ("This clashes with what is there", "Somebody or something else changed this meanwhile. Look at it again."),
    413: ("This is too much at once", "What was sent is larger than this TOM takes. Send less, or in parts."),
    429: ("Too many attempts", "This was asked for too often in a short time. Wait a few minutes, then try again."),
    502: ("Another service has a problem", "A service that this TOM asked gave no sensible answer. Try again later."),
    503: ("Another service is not available", "A service that this TOM asks cannot answer at the moment. Try again in a few minutes."),
}
OF_PROJECT = (403, 404)  # a project may have pages of its own for these
DRESSED = (405, 413, 429)


def is_part(request: HttpRequest) -> bool:
    """Whether htmx asked for a part of a page."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Boosted") != "true"


def answer(request: HttpRequest, status: int, message: str = "", errors: list[Any] | None = None) -> HttpResponse:
    """The answer of this status, in the form that whoever asked can use; plain text if no page can be made."""
    title, text = WORDS.get(status, ("Something went wrong", "Try again; if it stays, tell the people who run this TOM."))
    message = message or text
    if is_api_request(request):
        from tom_common.api.errors import refusal

        return refusal(message, status=status)
    names = ["tom_common/error.html"]
    if is_part(request):
        names = ["tom_common/ui/error_part.html"]
    elif status in DRESSED:
        names = ["tom_common/error_refused.html"]  # without the frame: it says the same whether or not the thing is there
    elif status in OF_PROJECT:
        names = [f"{status}.html", *names]
    context = {"message": message, "title": title, "status": status, "errors": (errors or [])[:100]}
    try:
        body = loader.select_template(names).render(context, request)
    except TemplateDoesNotExist:
        return HttpResponse(message, status=status, content_type="text/plain; charset=utf-8")
    return HttpResponse(body, status=status)


def dressed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """A refusal without a word (405 of a view without that method, 413, 429) gets the page of its status; anything with a body stays."""
    if response.status_code not in DRESSED or response.streaming or response.content or is_api_request(request) or request.method == "HEAD":
        return response
    page = answer(request, response.status_code)
    for name, value in response.items():
        if name.lower() not in ("content-type", "content-length"):
            page[name] = value
    page.cookies.update(response.cookies)
    return page
