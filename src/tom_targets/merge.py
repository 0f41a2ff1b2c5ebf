"""Contract paths of merging."""

from django.contrib import messages


def merge_error_message(request):
    """Warn that exactly two targets are needed."""
    messages.warning(request, "Please select exactly two targets to merge.")


def target_merge(primary_target, secondary_target):
    """Merge `secondary_target` into `primary_target`; see `services.merge_targets`. The caller has asked whether that is allowed."""
    from tom_targets.services import merge_targets

    return merge_targets(actor=None, primary=primary_target, secondary=secondary_target)
