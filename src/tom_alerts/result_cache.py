"""A user's query results, kept for a while so that targets can be made of them. One user's never meet another's."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from django.core.cache import cache

from tom_common.conf import tom_settings


def _key(user: Any, query: Any, alert_id: Any) -> str:
    return "tom_alerts:" + hashlib.sha256(f"{user.pk}\0{query}\0{alert_id}".encode()).hexdigest()


def remember(*, user: Any, query: Any, alerts: Mapping[Any, Any]) -> None:
    """Keep raw alerts by their id."""
    cache.set_many({_key(user, query, key): alert for key, alert in alerts.items()}, timeout=tom_settings.ALERT_RESULT_CACHE_S)


def recall(*, user: Any, query: Any, alert_ids: list[Any]) -> dict[Any, Any]:
    """The raw alerts of these ids that are still kept."""
    keys = {_key(user, query, alert_id): alert_id for alert_id in alert_ids}
    return {keys[key]: alert for key, alert in cache.get_many(keys).items()}
