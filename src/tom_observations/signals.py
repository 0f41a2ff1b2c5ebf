"""What happens by itself when observations change: the project's hook, after commit."""

from tom_common.hooks import run_hook

from .events import observation_changed


def _run_hook(*, observation, previous_state, **_):
    run_hook("observation_change_state", observation, previous_state)


observation_changed.connect(_run_hook, when="after_commit")
