"""Sharing data with other TOMs and with Hermes, at the path that outside code imports."""

from __future__ import annotations

from io import StringIO
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils.text import slugify

from tom_common.conf import tom_settings
from tom_common.errors import TomError

from .models import DataProduct, ReducedDatum
from .policy import data_visible_to

NO_TARGET = "ERROR: No matching target found."
SEVERAL_TARGETS = "ERROR: Multiple targets with matching name found in destination TOM."
NOTHING_TAKEN = "ERROR: No valid data shared. These data may already exist in target TOM."
NOTHING_TO_SHARE = "ERROR: No valid data to share."


def _destination(share_destination: str) -> dict[str, Any]:
    """The entry of DATA_SHARING, complete; ImproperlyConfigured says what it lacks."""
    entry = (tom_settings.DATA_SHARING or {}).get(share_destination)
    if entry is None:
        raise ImproperlyConfigured(f"DATA_SHARING has no entry {share_destination}.")
    missing = [key for key in ("BASE_URL", "USERNAME", "PASSWORD") if not entry.get(key)]
    if missing:
        raise ImproperlyConfigured(f"Check DATA_SHARING configuration for {share_destination}: {', '.join(missing)} missing.")
    return entry


class OtherTom:
    """Another TOM that DATA_SHARING describes: `client` speaks to it, `target_id` asks for the key of a target there."""

    def __init__(self, share_destination: str) -> None:
        import base64

        from tom_common.http import ServiceClient

        entry = _destination(share_destination)
        token = base64.b64encode(f"{entry['USERNAME']}:{entry['PASSWORD']}".encode()).decode()
        self.client = ServiceClient(
            f"tom-{slugify(share_destination)}", base_url=entry["BASE_URL"].rstrip("/") + "/",
            headers={"Authorization": f"Basic {token}", "Accept": "application/json"},
        )

    def target_id(self, target: Any) -> Any:
        """The key of the target there; None when it is not there, the results when they are several."""
        names = ",".join([target.name, *target.aliases.values_list("name", flat=True)])
        results = self.client.get("api/targets/", params={"name_fuzzy": names}).json().get("results", [])
        if len(results) > 1:
            return results
        return results[0]["id"] if results else None


def _seen_by(user: Any, data: QuerySet) -> QuerySet:
    """What `user` may see of it; all of it where nobody in particular shares."""
    return data if user is None else data_visible_to(user, "view", data)


def share_data_with_tom(
    share_destination: str, form_data: dict, product_id: Any = None, target_id: Any = None, selected_data: Any = None, user: Any = None
) -> Any:
    """Send a product's file, or data of a target (all that `user` may see, or those chosen), to another TOM that knows the target.

    Returns the other's response, or {"message": text}. ImproperlyConfigured for a destination that settings do not describe.
    """
    remote = OtherTom(share_destination)
    if product_id:
        return _share_product(remote, DataProduct.objects.get(pk=product_id))
    data = ReducedDatum.objects.none()
    if selected_data:
        data = ReducedDatum.objects.filter(pk__in=selected_data)
    elif target_id:
        data = ReducedDatum.objects.filter(target_id=target_id)
        kind = form_data.get("data_type") if form_data else None
        data = data.filter(data_type=kind) if kind else data
    data = list(check_for_share_safe_datums(share_destination, _seen_by(user, data)).select_related("target"))
    if not data:
        return {"message": NOTHING_TO_SHARE}
    return _share_data(remote, data)


def _share_product(remote: OtherTom, product: DataProduct) -> Any:
    target = remote.target_id(product.target)
    if isinstance(target, list):
        return {"message": SEVERAL_TARGETS}
    if target is None:
        return {"message": NO_TARGET}
    form = {"target": target, "data_product_type": product.data_product_type, "product_id": product.product_id or "", "extra_data": product.extra_data}
    with product.data.storage.open(product.data.name, "rb") as stored:
        return remote.client.post("api/dataproducts/", data=form, files={"file": (product.get_file_name(), stored, "text/csv")})


def _share_data(remote: OtherTom, data: list[ReducedDatum]) -> dict[str, str]:
    from .normalising import plain_json

    ids: dict[int, Any] = {}
    sent = 0
    for datum in data:
        if datum.target_id not in ids:
            ids[datum.target_id] = remote.target_id(datum.target)
        target = ids[datum.target_id]
        if target is None or isinstance(target, list):
            continue
        body = {
            "target": target, "data_type": datum.data_type, "timestamp": datum.timestamp.isoformat(), "value": plain_json(datum.value),
            "source_name": datum.source_name or tom_settings.TOM_NAME,
            "source_location": (datum.source_location or f"ReducedDatum {datum.pk} of {tom_settings.TOM_NAME}")[:200],
        }
        try:
            answer = remote.client.post("api/reduceddatums/", json=body)
        except TomError:
            continue
        sent += answer.status_code in (200, 201)
    if all(found is None for found in ids.values()):
        return {"message": NO_TARGET}
    if sent == 0:
        return {"message": SEVERAL_TARGETS if any(isinstance(found, list) for found in ids.values()) else NOTHING_TAKEN}
    return {"message": f"{sent} of {len(data)} datums successfully saved."}


def get_destination_target(target: Any, targets_url: str, headers: dict, auth: Any) -> tuple[Any, Any]:
    """(id, several results or None; the response) of the target in the other TOM."""
    import requests

    names = ",".join([target.name, *target.aliases.values_list("name", flat=True)])
    response = requests.get(targets_url, params={"name_fuzzy": names}, headers=headers, auth=auth, timeout=tuple(tom_settings.TOM_HTTP_TIMEOUT_S))
    results = response.json().get("results", []) if response.ok else []
    if len(results) > 1:
        return results, response
    return (results[0]["id"] if results else None), response


def check_for_share_safe_datums(destination: str, reduced_datums: QuerySet, **kwargs: Any) -> QuerySet:
    """What of these data may be sent: to Hermes, not what was published on `topic` already. An override point."""
    if destination.lower().startswith("hermes") and kwargs.get("topic"):
        from django.apps import apps

        if apps.is_installed("tom_alerts"):
            return reduced_datums.exclude(message__exchange_status="published", message__topic=kwargs["topic"])
    return reduced_datums


def check_for_save_safe_datums() -> None:
    """An override point for what may be saved."""


def share_data_with_hermes(
    share_destination: str, form_data: dict, product_id: Any = None, target_id: Any = None, selected_data: Any = None, user: Any = None
) -> Any:
    """Publish photometry and spectra, of them what `user` may see, to the topic of `hermes:<topic>`."""
    from .alertstreams.hermes import BuildHermesMessage, publish_to_hermes

    topic = share_destination.partition(":")[2]
    data = ReducedDatum.objects.filter(data_type__in=("photometry", "spectroscopy"))
    if product_id:
        data = data.filter(data_product_id=product_id)
    elif selected_data:
        data = data.filter(pk__in=selected_data)
    elif target_id:
        data = data.filter(target_id=target_id)
    else:
        data = data.none()
    data = check_for_share_safe_datums("hermes", _seen_by(user, data), topic=topic).select_related("target")
    if not data.exists():
        return {"message": f"ERROR: No valid data to share. (Check Sharing Protocol. Note that data types must be in {('photometry', 'spectroscopy')})"}
    message = BuildHermesMessage(
        title=form_data.get("share_title", ""), submitter=str(form_data.get("submitter", "")), authors=form_data.get("share_authors", ""),
        message=form_data.get("share_message", ""), topic=topic,
    )
    return publish_to_hermes(message, data)


def share_target_list_with_hermes(
    share_destination: str, form_data: dict, selected_targets: Any = None, include_all_data: bool = False, user: Any = None
) -> Any:
    """Publish a list of targets, if asked with all their photometry and spectra that `user` may see."""
    from tom_targets.models import get_target_model_class

    from .alertstreams.hermes import BuildHermesMessage, publish_to_hermes

    topic = share_destination.partition(":")[2]
    targets = get_target_model_class().objects.filter(pk__in=selected_targets or [])
    data = ReducedDatum.objects.none()
    if include_all_data:
        data = ReducedDatum.objects.filter(target__in=targets, data_type__in=("photometry", "spectroscopy"))
        data = check_for_share_safe_datums("hermes", _seen_by(user, data), topic=topic).select_related("target")
    message = BuildHermesMessage(
        title=form_data.get("share_title", ""), submitter=str(form_data.get("submitter", "")), authors=form_data.get("share_authors", ""),
        message=form_data.get("share_message", ""), topic=topic,
    )
    return publish_to_hermes(message, data, targets)


def get_sharing_destination_options(include_download: bool = True) -> tuple:
    """Choices of destinations: `download` first; one with USER_TOPICS becomes a group with values `destination:topic`."""
    choices: list[tuple[Any, Any]] = [("download", "download")] if include_download else []
    for name, entry in (getattr(settings, "DATA_SHARING", None) or {}).items():
        label = entry.get("DISPLAY_NAME", name)
        if entry.get("USER_TOPICS"):
            topics = entry["USER_TOPICS"]
            if name == "hermes":
                # Pages ask no outside service: what Hermes said when it was last asked (`get_hermes_topics`) is used, if it was.
                writable = cache.get("hermes_writable_topics")
                topics = [topic for topic in topics if topic in writable] if writable else topics
            choices.append((label, [(f"{name}:{topic}", topic) for topic in topics]))
        else:
            choices.append((name, label))
    return tuple(choices)


def sharing_feedback_converter(response: Any) -> str:
    """What to tell the person about the response of a sharing."""
    if isinstance(response, dict):
        return str(response.get("message", ""))
    try:
        response.raise_for_status()
        said = response.json()
        if said.get("message"):
            return str(said["message"])
        # Hermes answers with the key of the message
        return "The message was published." if said.get("uuid") else "ERROR: The destination did not say whether it took the data."
    except AttributeError:
        return str(response)
    except Exception as error:
        return f"ERROR: Returned Response code {getattr(response, 'status_code', '?')}: {error}"


def sharing_feedback_handler(response: Any, request: Any) -> None:
    """Show the outcome of a sharing on the next page."""
    text = sharing_feedback_converter(response)
    (messages.error if "ERROR" in text.upper() else messages.success)(request, text)


def process_spectro_data_for_download(datum: ReducedDatum) -> list[dict[str, Any]]:
    """One row for each wavelength of a spectrum."""
    common = {"timestamp": datum.timestamp, "data_type": datum.data_type, "source_name": datum.source_name, "telescope": datum.telescope}
    errors = datum.error if len(datum.error) == len(datum.flux) else [""] * len(datum.flux)
    return [
        {**common, "wavelength": wavelength, "flux": flux, "error": error}
        for wavelength, flux, error in zip(datum.wavelength, datum.flux, errors, strict=False)
    ]


def download_data(form_data: dict, selected_data: Any) -> StreamingHttpResponse:
    """A CSV file of the chosen photometry, with the message as comments above."""
    from .services.exporting import photometry_csv

    data = ReducedDatum.objects.filter(pk__in=selected_data or [], data_type="photometry")
    out = StringIO()
    for line in str(form_data.get("share_message") or "").splitlines():
        out.write(f"# {line}\r\n")
    out.write(photometry_csv(data))
    response = StreamingHttpResponse(iter([out.getvalue()]), content_type="text/ascii")
    name = slugify(form_data.get("share_title") or "") or "data"
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
