"""One shape of errors, whoever raises them.

Input that is not valid: 400 and texts by field, `{"<field>": ["..."], ...}`, what belongs to no field under `non_field_errors`.
Everything else: `{"detail": "<text>", "code": "<word>"}`. Rows of a list carry their index (see `tom_common.api.bulk`).
"""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
    ValidationError,
)
from django.db import DataError
from django.http import HttpRequest, HttpResponse, JsonResponse
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler
from rest_framework.views import set_rollback

from tom_common.errors import InvalidInputError, TomError
from tom_common.permissions import LoginNeeded

logger = logging.getLogger(__name__)

NOT_OUR_FAULT = "What was sent holds a value that cannot be stored: a number too large, or a character that is no text."
OUR_FAULT = "Something went wrong on this side. It has been recorded for the administrators of this TOM."
# what an answer says that was made outside of the API's views: by status (text, code)
PLAIN = {
    400: ("This request cannot be read.", "bad_request"),
    401: ("A login is needed.", "not_authenticated"),
    403: ("You are not allowed to do this.", "permission_denied"),
    404: ("Not found.", "not_found"),
    405: ("This method is not allowed here.", "method_not_allowed"),
    413: ("What was sent is too large.", "too_large"),
    500: (OUR_FAULT, "error"),
}
CHALLENGE = 'Token realm="api"'


class PreconditionFailed(exceptions.APIException):  # noqa: N818
    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = "This has changed since you read it: read it again, and repeat your change with the new ETag."
    default_code = "changed_meanwhile"


class PreconditionRequired(exceptions.APIException):  # noqa: N818
    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_detail = "Say which version you change: send its ETag in the header If-Match."
    default_code = "if_match_needed"


class TooLarge(exceptions.APIException):  # noqa: N818
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = PLAIN[413][0]
    default_code = PLAIN[413][1]


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to an exception of an API view: REST_FRAMEWORK["EXCEPTION_HANDLER"], and that of our viewsets in any case."""
    ours = _as_api_exception(exc)
    if isinstance(ours, TomError):
        return _answer_to_tom_error(ours)
    response = drf_exception_handler(ours, context)
    if response is None:  # raised on, for the middleware and whoever records such things; `for_programs` shapes the answer
        return None
    if isinstance(response.data, dict) and set(response.data) == {"detail"}:
        response.data["code"] = getattr(response.data["detail"], "code", "error")
    elif isinstance(response.data, list) and all(isinstance(text, str) for text in response.data) and _is_ours(context.get("view")):
        response.data = {"non_field_errors": response.data}
    return response


def _as_api_exception(exc: Exception) -> Exception:
    if isinstance(exc, LoginNeeded):
        return exceptions.NotAuthenticated()
    if isinstance(exc, PermissionDenied) and str(exc):
        return exceptions.PermissionDenied(str(exc))
    if isinstance(exc, OverflowError | DataError | UnicodeEncodeError) or (isinstance(exc, ValueError) and "NUL (0x00)" in str(exc)):
        return exceptions.ValidationError({"non_field_errors": [NOT_OUR_FAULT]})
    if isinstance(exc, ValidationError):
        return exceptions.ValidationError(exc.message_dict if hasattr(exc, "error_dict") else {"non_field_errors": exc.messages})
    if isinstance(exc, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
        return TooLarge()
    if isinstance(exc, SuspiciousOperation):
        return exceptions.ParseError(PLAIN[400][0])
    return exc


def _answer_to_tom_error(error: TomError) -> Response:
    set_rollback()
    if error.status >= 500:
        logger.error("API: %s", error, exc_info=error)
    if isinstance(error, InvalidInputError) and error.errors:
        return Response(error.by_field(), status=error.status)
    headers = {}
    if (wait_s := getattr(error, "retry_after_s", None)) is not None:
        headers["Retry-After"] = str(int(wait_s) + 1)
    return Response({"detail": error.message, "code": error.code}, status=error.status, headers=headers)


def _is_ours(view: Any) -> bool:
    from tom_common.api.viewsets import TomViewSetMixin

    return isinstance(view, TomViewSetMixin)


def refusal(text: str = "", *, status: int, code: str = "") -> JsonResponse:
    """The same shape for answers that are given outside of the API's views (middleware)."""
    plain_text, plain_code = PLAIN.get(status, ("Something went wrong.", "error"))
    answer = JsonResponse({"detail": text or plain_text, "code": code or plain_code}, status=status)
    if status == 401:
        answer["WWW-Authenticate"] = CHALLENGE
    return answer


def for_programs(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Pages that Django itself answers with below /api/ (no such address, an error of ours, ...) become the API's shape: a 500 tells
    nothing of what it was."""
    if response.status_code not in PLAIN or not request.path_info.startswith("/api/") or response.streaming:
        return response
    if not response.get("Content-Type", "").startswith("text/html") or hasattr(response, "accepted_renderer"):
        return response
    if settings.DEBUG and response.status_code in (404, 500):
        return response
    return refusal(status=response.status_code)
