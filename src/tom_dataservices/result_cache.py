"""A user's query results, kept for a while so that targets can be made of them. One user's never meet another's."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.cache import cache

from tom_common.conf import tom_settings


def _key(request: Any, data_service: str, number: Any) -> str:
    owner = f"{request.user.pk}\0{request.session.session_key or ''}\0{data_service}\0{number}"
    return "tom_dataservices:" + hashlib.sha256(owner.encode()).hexdigest()


def remember(*, request: Any, data_service: str, results: list[Any]) -> None:
    """Keep results by their number on the page."""
    kept = {_key(request, data_service, number): result for number, result in enumerate(results)}
    cache.set_many(kept, timeout=tom_settings.DATA_SERVICE_RESULT_CACHE_S)


def recall(*, request: Any, data_service: str, numbers: list[Any]) -> dict[Any, Any]:
    """The results of these numbers that are still kept."""
    keys = {_key(request, data_service, number): number for number in numbers}
    return {keys[key]: result for key, result in cache.get_many(keys).items()}
