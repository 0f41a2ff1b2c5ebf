"""One shape of errors: DRF's (`detail`, or messages by field), also for the toolkit's own errors."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler
from rest_framework.views import set_rollback

from tom_common.errors import InvalidInputError, TomError
from tom_common.permissions import LoginNeeded

logger = logging.getLogger(__name__)


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """`{"detail": text, "code": code}`, or `{"<field>": [texts], ...}` for input that is not valid."""
    if isinstance(exc, LoginNeeded):
        exc = exceptions.NotAuthenticated()
    if isinstance(exc, OverflowError):
        # a number that the database has no room for: no row can have it
        exc = exceptions.ValidationError({"detail": "A number is too large."})
    if isinstance(exc, ValidationError):
        exc = exceptions.ValidationError(exc.message_dict if hasattr(exc, "error_dict") else exc.messages)
    if isinstance(exc, TomError):
        set_rollback()
        if exc.status >= 500:
            logger.error("API: %s", exc, exc_info=exc)
        if isinstance(exc, InvalidInputError) and exc.errors:
            return Response(exc.by_field(), status=exc.status)
        headers = {}
        if (wait_s := getattr(exc, "retry_after_s", None)) is not None:
            headers["Retry-After"] = str(int(wait_s) + 1)
        return Response({"detail": exc.message, "code": exc.code}, status=exc.status, headers=headers)
    response = drf_exception_handler(exc, context)
    if response is not None and isinstance(response.data, dict) and set(response.data) == {"detail"}:
        response.data["code"] = getattr(response.data["detail"], "code", "error")
    return response
