"""Contract path: which targets a user may see, change or delete."""

from tom_targets.policy import visible_to


def targets_for_user(user, qs, action):
    """`qs` restricted to the targets on which `user` may do `action` (view_target, change_target or delete_target)."""
    return visible_to(user, action, qs)
