"""Contract paths of sharing. Data are shared two floors up (`tom_dataproducts.sharing`): that part is imported late."""

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


def share_target_and_all_data(share_destination, target, user=None) -> str:
    """Send a target, and then all its data, to another TOM, or publish both on Hermes; returns what to tell the person."""
    from tom_dataproducts.sharing import NOTHING_TO_SHARE, share_data_with_tom, share_target_list_with_hermes, sharing_feedback_converter

    form_data = {"share_title": f"Updated data for {target.name}", "submitter": str(user or ""), "target": target}
    if "hermes" in share_destination:
        return sharing_feedback_converter(share_target_list_with_hermes(share_destination, form_data, [target.pk], True, user=user))
    answer = share_target_with_tom(share_destination, form_data, user=user)
    if not isinstance(answer, dict):
        answer = share_data_with_tom(share_destination, form_data, target_id=target.pk, user=user)
    text = sharing_feedback_converter(answer)
    return "Target shared. It has no data yet." if text == NOTHING_TO_SHARE else text


def share_target_and_chosen_data(share_destination, target, chosen, form_data, user=None):
    """Send a target and those of its data whose keys are `chosen`; returns what the other side said."""
    from tom_dataproducts.models import ReducedDatum
    from tom_dataproducts.sharing import share_data_with_hermes, share_data_with_tom

    keys = [key for key in chosen if str(key).isdigit()]
    own = list(ReducedDatum.objects.filter(pk__in=keys, target_id=target.pk).values_list("pk", flat=True))
    if "hermes" in share_destination:
        return share_data_with_hermes(share_destination, form_data, selected_data=own, user=user)
    answer = share_target_with_tom(share_destination, {**form_data, "target": target}, user=user)
    return answer if isinstance(answer, dict) or not own else share_data_with_tom(share_destination, form_data, selected_data=own, user=user)


def continuous_share_data(target, reduced_datums):
    """Send new data of `target` to the destination of each of its persistent shares. Speaks to other systems: call it from a task."""
    data = [datum for datum in reduced_datums if datum.pk is not None and datum.target_id == target.pk]
    for share in target.persistentshare_set.all() if data else ():
        send_to_share(share, data)


def send_to_share(share, reduced_datums):
    """Send data of one target to the destination of one persistent share; returns what the sharing function of its kind returns."""
    from tom_dataproducts.sharing import share_data_with_hermes, share_data_with_tom

    keys = [datum.pk for datum in reduced_datums]
    if not share.destination.startswith("hermes"):
        return share_data_with_tom(share.destination, {}, selected_data=keys)
    form_data = {
        "share_title": f"Updated data for {share.target.name} from {_tom_name()}",
        "share_authors": settings.DATA_SHARING.get("hermes", {}).get("DEFAULT_AUTHORS", ""),
        "submitter": str(share.user or ""),
    }
    return share_data_with_hermes(share.destination, form_data, selected_data=keys)


def _tom_name() -> str:
    from tom_common.conf import tom_settings

    return tom_settings.TOM_NAME


def share_target_with_tom(share_destination, form_data, target_lists=(), user=None):
    """Send `form_data["target"]` to another TOM: created there, or put into the lists where it is there already.

    Returns the other side's response, or {"message": text}. Raises `ImproperlyConfigured` for a destination that the settings do
    not describe, `ServiceError` when the other side does not answer or refuses.
    """
    from tom_dataproducts.sharing import SEVERAL_TARGETS, OtherTom

    target = form_data["target"]
    remote = OtherTom(share_destination)
    known = remote.target_id(target)
    if isinstance(known, list):
        return {"message": SEVERAL_TARGETS}
    lists = [{"name": f"Imported From {_tom_name()}"}, *({"name": grouping.name} for grouping in target_lists)]
    if known is not None:
        return remote.client.patch(f"api/targets/{known}/", json={"target_lists": lists})
    return remote.client.post("api/targets/", json={**_as_json(target, user), "target_lists": lists})


def _as_json(target, user) -> dict:
    """The target as another TOM takes it: columns of our own as extras, no groups, nothing but what a target is."""
    import json

    from rest_framework.renderers import JSONRenderer

    from tom_targets.api.serializers import TargetSerializer
    from tom_targets.models import BaseTarget

    data = json.loads(JSONRenderer().render(TargetSerializer(target).data))
    plain = {f.name for f in BaseTarget._meta.concrete_fields} - {"id", "created", "modified"}
    shared = {name: value for name, value in data.items() if name in plain and value is not None}
    shared["aliases"] = [{"name": alias["name"]} for alias in data["aliases"]]
    extras = [{"key": extra["key"], "value": extra["value"]} for extra in data["targetextra_set"]]
    extras += [{"key": extra["key"], "value": str(extra["value"])} for extra in custom_target_to_extras(target.pk)]
    return {**shared, "targetextra_set": extras, "groups": [], "shared_by": str(user or ""), "shared_from": _tom_name()}


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
