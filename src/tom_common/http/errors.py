"""What a call of an outside service ends in when it fails. `tom_common.middleware` and `tom_common.api.errors` make answers of them."""

from __future__ import annotations

from typing import Any

from tom_common.errors import TomError


class ServiceError(TomError):
    """A call of an outside service failed. `status_code` (0: no answer) and `body` (bounded, redacted) say how."""

    status = 502
    code = "service_error"
    certain_not_sent = False
    refused = False
    transient = False  # whether the same call may succeed a little later

    def __init__(
        self,
        message: str = "",
        *,
        service: str = "",
        url: str = "",
        status_code: int = 0,
        body: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, service=service, url=url, status_code=status_code)
        self.service = service
        self.url = url
        self.status_code = status_code
        self.body = body
        self.retry_after_s = retry_after_s


class ServiceUnavailableError(ServiceError):
    """No answer, or one that says to come back later. `certain_not_sent` when the request never left."""

    status = 503
    code = "service_unavailable"
    transient = True

    def __init__(self, message: str = "", *, certain_not_sent: bool = False, transient: bool = True, **kwargs: Any) -> None:
        super().__init__(message, **kwargs)
        self.certain_not_sent = certain_not_sent
        self.transient = transient


class ServiceRefusedError(ServiceError):
    """The service answered no (4xx), or is not asked at all: asking the same again is of no use."""

    status = 502
    code = "service_refused"
    refused = True

    @property
    def needs_credentials(self) -> bool:
        return self.status_code in (401, 403)


class ServiceAnswerError(ServiceError):
    """The answer is not what was agreed: not JSON, too large, cut off, or an error of the service itself (500)."""

    code = "service_answer"
