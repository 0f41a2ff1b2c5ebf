"""Contract paths of sharing. The work is done two floors up (`tom_dataproducts.sharing`), where data are; this façade imports late."""

from __future__ import annotations

from django.apps import apps
from django.conf import settings


def sharing_options() -> list:
    """Destinations that the setting DATA_SHARING names, as choices."""
    if not getattr(settings, "DATA_SHARING", None):
        return []
    if apps.is_installed("tom_dataproducts"):
        from tom_dataproducts.sharing import get_sharing_destination_options

        return list(get_sharing_destination_options(include_download=False))
    return [(name, entry.get("DISPLAY_NAME", name)) for name, entry in settings.DATA_SHARING.items()]


def share_target_and_all_data(share_destination, target, user=None):
    """Send a target and all its data to another TOM, or to Hermes; returns what the other side said."""
    from tom_dataproducts import sharing

    return sharing.share_target_and_all_data(share_destination, target, user=user)


def continuous_share_data(target, reduced_datums):
    """Put new data of `target` in the outbox, once for each of its persistent shares."""
    from tom_dataproducts import sharing

    return sharing.continuous_share_data(target, reduced_datums)


def share_target_with_tom(share_destination, form_data, target_lists=(), user=None):
    """Send a target to another TOM: created there, or put into the lists where it is there already."""
    from tom_dataproducts import sharing

    return sharing.share_target_with_tom(share_destination, form_data, target_lists, user=user)


def custom_target_to_extras(target_id) -> list[dict]:
    """Columns of the project's own target model as extras, for a TOM that does not have them."""
    from tom_targets.models import BaseTarget, get_target_model_class

    model = get_target_model_class()
    if model is BaseTarget:
        return []
    target = model._base_manager.filter(pk=target_id).first()
    own = {f.name for f in model._meta.concrete_fields} - {f.name for f in BaseTarget._meta.concrete_fields}
    own -= {f.name for f in model._meta.concrete_fields if f.primary_key or f.is_relation}
    if target is None:
        return []
    return [{"key": name, "value": getattr(target, name)} for name in sorted(own) if getattr(target, name) is not None]
