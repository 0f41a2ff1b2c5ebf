"""Hooks: a project's own functions, named in the setting HOOKS, called at certain moments."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.utils.module_loading import import_string

from tom_common.conf import tom_settings

logger = logging.getLogger(__name__)


def import_method(name: str) -> Callable[..., Any]:
    """The function at a dotted path."""
    return import_string(name)


def run_hook(name: str, *args: Any, **kwargs: Any) -> Any:
    """Call the hook `name` and give what it returns; without such a hook nothing happens and None is given."""
    path = (tom_settings.HOOKS or {}).get(name)
    if not path:
        return None
    method = path if callable(path) else import_method(path)
    return method(*args, **kwargs)


def target_post_save(target: Any, created: bool) -> None:
    """The default hook: called after every saving of a target."""
    logger.info("Target post save hook: %s created: %s", target, created)


def observation_change_state(observation: Any, previous_state: str | None) -> None:
    """The default hook: called when an observation is new (`previous_state` None) or its status changed."""
    logger.info("Observation change state hook: %s from %s to %s", observation, previous_state, getattr(observation, "status", ""))
