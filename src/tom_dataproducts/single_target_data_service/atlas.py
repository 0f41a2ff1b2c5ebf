"""ATLAS forced photometry: a task at its server, then a text file."""

from __future__ import annotations

import datetime as dt
import logging
import re
import time
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils import timezone

from tom_common.errors import TomError
from tom_dataproducts.single_target_data_service.single_target_data_service import (
    BaseSingleTargetDataService,
    BaseSingleTargetDataServiceQueryForm,
    SingleTargetDataServiceException,
    service_settings,
)

logger = logging.getLogger(__name__)

DAYS_BY_DEFAULT = 20
DEFAULT_URL = "https://fallingstar-data.com/forcedphot"
POLL_S = 10.0
LONGEST_WAIT_S = 3600.0


def _days_ago() -> float:
    from tom_astro.times import now_mjd

    return round(now_mjd() - DAYS_BY_DEFAULT, 5)


class AtlasForcedPhotometryQueryForm(BaseSingleTargetDataServiceQueryForm):
    min_date = forms.DateTimeField(
        label="Minimum date (UTC)", required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    max_date = forms.DateTimeField(
        label="Maximum date (UTC)", required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    min_date_mjd = forms.FloatField(label="Minimum date (MJD)", required=False, min_value=0)
    max_date_mjd = forms.FloatField(label="Maximum date (MJD)", required=False, min_value=0)
    use_reduced_data = forms.BooleanField(label="Use the target image instead of the difference image", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            self.initial.setdefault("min_date_mjd", _days_ago())

    def layout(self) -> Any:
        from crispy_forms.layout import Div

        return Div("min_date", "max_date", "min_date_mjd", "max_date_mjd", "use_reduced_data")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if bool(cleaned.get("min_date")) == (cleaned.get("min_date_mjd") is not None):
            raise forms.ValidationError("Give the minimum date once: as a date or as MJD.")
        if cleaned.get("max_date") and cleaned.get("max_date_mjd") is not None:
            raise forms.ValidationError("Give the maximum date once: as a date or as MJD.")
        return cleaned


class AtlasForcedPhotometryService(BaseSingleTargetDataService):
    name = "Atlas"
    info_url = "https://fallingstar-data.com/forcedphot/apiguide/"
    data_service_type = "Forced Photometry"
    service_notes = "The server works through a queue: results may take minutes. A token of the ATLAS server is needed."

    def __init__(self) -> None:
        super().__init__()
        self.success_message = "The ATLAS query was submitted. Its result appears among the data of the target when the server has it."

    def get_form(self) -> type[forms.Form]:
        return AtlasForcedPhotometryQueryForm

    def get_data_product_type(self) -> str:
        return "atlas_photometry"

    def get_success_message(self) -> str:
        return self.success_message

    def validate_form(self, query_parameters: dict[str, Any]) -> None:
        if not _server()[1]:
            raise SingleTargetDataServiceException("the settings name no api_key for ATLAS (SINGLE_TARGET_DATA_SERVICES)")

    def query_service(self, query_parameters: dict[str, Any]) -> bool:
        """Hand the query over to the worker; True when it went out."""
        from tom_dataproducts.tasks import atlas_query

        earliest = self._mjd(query_parameters, "min_date")
        latest = self._mjd(query_parameters, "max_date")
        atlas_query.enqueue(
            earliest, latest, query_parameters["target_id"], self.get_data_product_type(), bool(query_parameters.get("use_reduced_data"))
        )
        return True

    @staticmethod
    def _mjd(query_parameters: dict[str, Any], name: str) -> float | None:
        from tom_astro.times import datetime_to_mjd

        when = query_parameters.get(name)
        if when:
            return float(datetime_to_mjd(timezone.make_aware(when, dt.UTC) if timezone.is_naive(when) else when))
        return query_parameters.get(f"{name}_mjd")


def _server() -> tuple[str, str]:
    own = next((s for s in service_settings().values() if "atlas" in str(s.get("class", "")).lower()), {})
    return (own.get("url") or DEFAULT_URL).rstrip("/"), own.get("api_key") or ""


def _client() -> Any:
    from tom_common.http import ServiceClient

    url, key = _server()
    return ServiceClient("atlas", base_url=url + "/", headers={"Authorization": f"Token {key}", "Accept": "application/json"})


def _path(url: str) -> str:
    """The part of an address below the configured server; another host is refused, for it would be sent the token."""
    base = urlsplit(_server()[0])
    parts = urlsplit(url)
    if parts.netloc and parts.netloc != base.netloc:
        raise SingleTargetDataServiceException(f"ATLAS answered with an address of another host ({parts.netloc})")
    path = parts.path.removeprefix(base.path).lstrip("/")
    return f"{path}?{parts.query}" if parts.query else path


def run_atlas_query(
    min_date_mjd: float, max_date_mjd: float | None, target_id: int, data_product_type: str, use_reduced: bool = False
) -> bool:
    """Submit, wait, fetch, store, process. Returns whether data came; the reason why not is logged."""
    from tom_dataproducts.services import process_product, store_product
    from tom_targets.models import get_target_model_class

    target = get_target_model_class().objects.get(pk=target_id)
    if target.ra is None or target.dec is None:
        logger.error("ATLAS can be asked only for a target with a position, which %s has not", target)
        return False
    form = {"ra": target.ra, "dec": target.dec, "mjd_min": min_date_mjd, "send_email": False, "use_reduced": use_reduced}
    if max_date_mjd is not None:
        form["mjd_max"] = max_date_mjd
    client = _client()
    try:
        job = _submit(client, form)
        result = _wait(client, _path(job["url"]))
        if not result.get("result_url"):
            logger.warning("ATLAS has no data of %s: %s", target, result.get("error_msg"))
            return False
        content = client.get(_path(result["result_url"])).content
    except (TomError, SingleTargetDataServiceException, KeyError) as error:
        logger.error("the ATLAS query of %s failed: %s", target, error)
        return False
    file = urlsplit(result["result_url"]).path.rsplit("/", 1)[-1]
    product = store_product(
        target=target, filename=_file_name(min_date_mjd, max_date_mjd, file), content=content, data_product_type=data_product_type,
        product_id=f"{_file_name(min_date_mjd, max_date_mjd, file)}_{target.pk}", or_existing=True,
    )
    process_product(product=product)
    return True


def _file_name(min_date_mjd: float, max_date_mjd: float | None, file: str) -> str:
    from tom_astro.times import mjd_to_datetime

    days = f"{mjd_to_datetime(min_date_mjd):%Y_%m_%d}"
    if max_date_mjd is not None:
        days += f"-{mjd_to_datetime(max_date_mjd):%Y_%m_%d}"
    return f"atlas_{days}_{file}"


def _submit(client: Any, form: dict[str, Any]) -> dict[str, Any]:
    from tom_common.http import ServiceError

    for _ in range(6):
        try:
            return client.post("queue/", data=form).json()
        except ServiceError as error:
            if error.status_code != 429:
                raise
            time.sleep(_asked_wait_s(error.body) or error.retry_after_s or POLL_S)
    raise SingleTargetDataServiceException("ATLAS takes no further queries now; try again later")


def _asked_wait_s(text: str) -> float | None:
    match = re.search(r"available in (\d+) (second|minute)", text)
    return float(match[1]) * (60 if match[2] == "minute" else 1) if match else None


def _wait(client: Any, path: str) -> dict[str, Any]:
    from tom_common.tasks import progress

    start = time.monotonic()
    while time.monotonic() - start < LONGEST_WAIT_S:
        job = client.get(path).json()
        if job.get("finishtimestamp"):
            return job
        place = job.get("queuepos")
        progress(0, 1, "running at ATLAS" if job.get("starttimestamp") else f"waiting at ATLAS, place {place}")
        time.sleep(POLL_S)
    raise SingleTargetDataServiceException("ATLAS did not finish within an hour")
