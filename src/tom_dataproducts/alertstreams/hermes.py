"""Hermes: messages made of data, sent to it; and its messages taken in. At the path that outside code imports."""

from __future__ import annotations

import logging
from typing import Any

from django.apps import apps
from django.core.cache import cache
from django.db import transaction
from django.utils.module_loading import import_string

from tom_common.conf import tom_settings
from tom_common.errors import TomError

logger = logging.getLogger(__name__)

DEFAULT_BASE_URL = "https://hermes.lco.global/"
TOPICS_CACHE_S = 86400
TOPICS_AFTER_FAILURE_S = 300
ORBIT = {
    "epoch_of_elements": "epoch_of_elements", "eccentricity": "eccentricity", "argument_of_the_perihelion": "arg_of_perihelion",
    "mean_anomaly": "mean_anomaly", "orbital_inclination": "inclination", "longitude_of_the_ascending_node": "lng_asc_node",
    "semimajor_axis": "semimajor_axis", "epoch_of_perihelion": "epoch_of_perihelion", "perihelion_distance": "perihdist",
}
WAVELENGTH_UNITS = {"angstrom": "Å", "aa": "Å", "å": "Å", "um": "µm", "micron": "µm", "µm": "µm", "hz": "Hz"}


class HermesMessageException(TomError):  # noqa: N818
    """A message that Hermes would not take."""

    status = 400


class BuildHermesMessage:
    """What a message says beside its data."""

    def __init__(
        self, title: str = "", submitter: str = "", authors: str = "", message: str = "", topic: str = "hermes.test", **extra: Any
    ) -> None:
        self.title, self.submitter, self.authors, self.message, self.topic = title, submitter, authors, message, topic
        self.extra_info = extra


def _entry() -> dict[str, Any]:
    return (tom_settings.DATA_SHARING or {}).get("hermes", {})


def _client() -> Any:
    from tom_common.http import ServiceClient

    entry = _entry()
    return ServiceClient(
        "hermes", base_url=(entry.get("BASE_URL") or DEFAULT_BASE_URL).rstrip("/") + "/",
        headers={"Authorization": f"Token {entry.get('HERMES_API_KEY', '')}", "Accept": "application/json"},
    )


def get_hermes_data_converter_class() -> type:
    """The class that DATA_SHARING["hermes"]["DATA_CONVERTER_CLASS"] names, else HermesDataConverter."""
    path = _entry().get("DATA_CONVERTER_CLASS")
    return import_string(path) if path else HermesDataConverter


class HermesDataConverter:
    """Targets and reduced data as rows of a Hermes message. A project may subclass it."""

    def __init__(self, validate: bool = True) -> None:
        self.validate = validate

    def get_hermes_target(self, target: Any) -> dict[str, Any]:
        row: dict[str, Any] = {"name": target.name, "aliases": [alias.name for alias in target.aliases.all()]}
        if target.type == "SIDEREAL":
            row.update(ra=target.ra, dec=target.dec)
            row.update({name: value for name in ("epoch", "pm_ra", "pm_dec") if (value := getattr(target, name)) is not None})
        else:
            row["orbital_elements"] = {
                name: value for name, attribute in ORBIT.items() if (value := getattr(target, attribute, None)) is not None
            }
        return row

    def get_hermes_photometry(self, datum: Any) -> dict[str, Any]:
        unit = datum.unit or "AB mag"
        row: dict[str, Any] = {
            "target_name": datum.target.name, "date_obs": datum.timestamp.isoformat(), "telescope": datum.telescope,
            "instrument": datum.instrument, "bandpass": datum.bandpass, "brightness_unit": "AB mag" if unit == "AB" else unit,
        }
        if datum.brightness is not None:
            row["brightness"] = datum.brightness
            if datum.brightness_error is not None:
                row["brightness_error"] = datum.brightness_error
        elif datum.limit is not None:
            row["limiting_brightness"] = datum.limit
        elif self.validate:
            raise HermesMessageException(f"Datum {datum.pk} has neither a brightness nor a limit.")
        return row

    def get_hermes_spectroscopy(self, datum: Any) -> dict[str, Any]:
        if self.validate and (not datum.flux or len(datum.flux) != len(datum.wavelength) or (datum.error and len(datum.error) != len(datum.flux))):
            raise HermesMessageException(f"The arrays of spectrum {datum.pk} differ in length: wavelength, flux and error must be equally long.")
        value = datum.value if isinstance(datum.value, dict) else {}
        row: dict[str, Any] = {
            "target_name": datum.target.name, "date_obs": datum.timestamp.isoformat(), "telescope": datum.telescope,
            "instrument": datum.instrument, "reducer": value.get("reducer", ""), "observer": value.get("observer", ""),
            "flux": datum.flux, "wavelength": datum.wavelength, "flux_units": datum.flux_unit,
            "wavelength_units": WAVELENGTH_UNITS.get((datum.wavelength_unit or "angstrom").lower(), datum.wavelength_unit),
        }
        if datum.error:
            row["flux_error"] = datum.error
        return row


def create_hermes_alert(message_info: BuildHermesMessage, datums: Any, targets: Any = None, **kwargs: Any) -> dict[str, Any]:
    """The body of a message."""
    converter = get_hermes_data_converter_class()(validate=kwargs.pop("validate", True))
    datums = list(datums or [])
    every = {target.pk: target for target in targets or []} | {datum.target_id: datum.target for datum in datums}
    return {
        "topic": message_info.topic, "title": message_info.title, "submitter": message_info.submitter, "authors": message_info.authors,
        "data": {
            "targets": [converter.get_hermes_target(target) for target in every.values()],
            "photometry": [converter.get_hermes_photometry(datum) for datum in datums if datum.data_type == "photometry"],
            "spectroscopy": [converter.get_hermes_spectroscopy(datum) for datum in datums if datum.data_type == "spectroscopy"],
            "extra_data": message_info.extra_info,
        },
        "message_text": message_info.message,
    }


def publish_to_hermes(message_info: BuildHermesMessage, datums: Any, targets: Any = None, **kwargs: Any) -> Any:
    """Send a message; that its data were published is remembered with each of them."""
    datums = list(datums or [])
    try:
        response = _client().post("api/v0/submit_message/", json=create_hermes_alert(message_info, datums, targets, **kwargs))
    except HermesMessageException as error:
        return {"message": f"ERROR: {error}"}
    except TomError as error:
        return {"message": f"ERROR: Hermes did not take the message: {error}"}
    if apps.is_installed("tom_alerts"):
        from django.utils.module_loading import import_string as load

        with transaction.atomic():
            known = load("tom_alerts.models.AlertStreamMessage").objects.create(
                topic=message_info.topic, message_id=response.json().get("uuid"), exchange_status="published"
            )
            for datum in datums:
                datum.message.add(known)
    return response


def preload_to_hermes(message_info: BuildHermesMessage, reduced_datums: Any, targets: Any = None) -> str:
    """Leave a draft at Hermes; the key under which its page shows it, or an empty string."""
    body = create_hermes_alert(message_info, reduced_datums, targets, validate=False)
    try:
        return _client().post("api/v0/submit_message/preload/", json=body).json().get("key", "")
    except (TomError, ValueError) as error:
        logger.error("Hermes did not take the draft: %s", error)
        return ""


def draft_address(key: str) -> str:
    """The page of Hermes that goes on with a draft."""
    return f"{(_entry().get('BASE_URL') or DEFAULT_BASE_URL).rstrip('/')}/submit-message?id={key}"


def own_authors() -> str:
    """Who the messages of this TOM are by, as DATA_SHARING says."""
    return _entry().get("DEFAULT_AUTHORS", "")


def get_hermes_topics(**kwargs: Any) -> list[str]:
    """Topics to which this TOM may write (remembered for a day)."""
    topics = cache.get("hermes_writable_topics")
    if topics is None:
        try:
            topics = _client().get("api/v0/profile/").json().get("writable_topics", [])
        except (TomError, ValueError) as error:
            logger.warning("Hermes did not say its topics: %s", error)
            cache.set("hermes_writable_topics", [], TOPICS_AFTER_FAILURE_S)
            return []
        cache.set("hermes_writable_topics", topics, TOPICS_CACHE_S)
    return topics


def get_hermes_phot_value(phot_data: dict[str, Any]) -> dict[str, Any]:
    """The value of a reduced datum for a row of photometry."""
    value = {
        "error": phot_data.get("brightness_error", ""), "filter": phot_data.get("bandpass", ""), "telescope": phot_data.get("telescope", ""),
        "instrument": phot_data.get("instrument", ""), "unit": phot_data.get("brightness_unit", ""),
    }
    if phot_data.get("brightness") is not None:
        value["magnitude"] = phot_data["brightness"]
    else:
        value["limit"] = phot_data.get("limiting_brightness")
    return value


def create_new_hermes_target(target_table: list[dict[str, Any]], target_name: str | None = None, target_list_name: str | None = None) -> Any:
    """A target of a message that this TOM does not know, perhaps into a list; None when the message does not describe it."""
    from tom_targets.models import TargetList
    from tom_targets.rows import TargetRow
    from tom_targets.services import create_or_match_target

    found = next((row for row in target_table if target_name is None or row.get("name") == target_name), None)
    if found is None or found.get("ra") is None or found.get("dec") is None:
        return None
    row = TargetRow(
        name=found["name"], type="SIDEREAL", ra=float(found["ra"]), dec=float(found["dec"]), epoch=found.get("epoch"),
        aliases=tuple(alias for alias in found.get("aliases") or [] if isinstance(alias, str)),
    )
    target = create_or_match_target(actor=None, row=row).target
    if target_list_name:
        listed = TargetList.objects.filter(name=target_list_name).first() or TargetList.objects.create(name=target_list_name)
        listed.targets.add(target)
    return target


def hermes_alert_handler(alert: Any, metadata: Any) -> None:
    """Take in the photometry of a message for targets that this TOM knows by name."""
    from tom_astro.times import parse_time
    from tom_dataproducts.rows import DatumRow
    from tom_dataproducts.services import add_reduced_data
    from tom_targets.models import get_target_model_class

    content = alert.content
    rows: dict[int, list[DatumRow]] = {}
    known: dict[str, Any] = {}
    for point in content.get("data", {}).get("photometry", []):
        name = point.get("target_name")
        if name not in known:
            known[name] = get_target_model_class().matches.match_name(name).first() if name else None
        if known[name] is None:
            continue
        rows.setdefault(known[name].pk, []).append(
            DatumRow(
                data_type="photometry", timestamp=parse_time(point["date_obs"]), value=get_hermes_phot_value(point),
                source_name=content.get("topic", "")[:100], source_location="Hermes via HOP",
            )
        )
    if not rows:
        return
    with transaction.atomic():
        keys = [pk for target, found in rows.items() for pk in add_reduced_data(target=target, rows=found).all]
        if apps.is_installed("tom_alerts"):
            from django.utils.module_loading import import_string as load

            message = load("tom_alerts.models.AlertStreamMessage").objects.create(
                topic=content.get("topic", ""), message_id=str(getattr(metadata, "id", "") or "")[:50], exchange_status="ingested"
            )
            message.reduced_data.add(*keys)
