"""ATLAS forced photometry: a task at its server, then a text file."""

from __future__ import annotations

import datetime as dt
import logging
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils import timezone

from tom_common.conf import tom_settings
from tom_common.errors import TomError
from tom_common.http import ServiceError
from tom_common.tasks import RetryLaterError, backend_is_immediate
from tom_dataproducts.single_target_data_service.single_target_data_service import (
    BaseSingleTargetDataService,
    BaseSingleTargetDataServiceQueryForm,
    SingleTargetDataServiceException,
    service_settings,
)

logger = logging.getLogger(__name__)

DAYS_BY_DEFAULT = 20
LONGEST_OPEN_DAYS = 0.5
"""A form that was opened longer ago offers another default."""
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

        return Div("min_date", "max_date", "min_date_mjd", "max_date_mjd", "use_reduced_data", css_class="form-grid")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        offered = cleaned.get("min_date_mjd")
        if cleaned.get("min_date") and offered is not None and abs(offered - _days_ago()) < LONGEST_OPEN_DAYS:
            cleaned["min_date_mjd"] = None  # it stood in the form when it was opened, and was left there
        if bool(cleaned.get("min_date")) == (cleaned.get("min_date_mjd") is not None):
            raise forms.ValidationError("Give the minimum date once, as a date or as MJD, and clear the other.")
        if cleaned.get("max_date") and cleaned.get("max_date_mjd") is not None:
            raise forms.ValidationError("Give the maximum date once, as a date or as MJD, and clear the other.")
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
        kind = self.get_data_product_type()
        if kind not in (tom_settings.DATA_PROCESSORS or {}):
            raise SingleTargetDataServiceException(f"the settings name nothing that would read the result (DATA_PROCESSORS, {kind})")

    def query_service(self, query_parameters: dict[str, Any]) -> bool:
        """Submit the query, by the worker where there is one; its result is fetched by worker or scheduler, never while the page waits."""
        from tom_common.task_health import health
        from tom_dataproducts.tasks import atlas_query

        earliest = self._mjd(query_parameters, "min_date")
        latest = self._mjd(query_parameters, "max_date")
        run = atlas_query.enqueue(
            earliest, latest, query_parameters["target_id"], self.get_data_product_type(), bool(query_parameters.get("use_reduced_data"))
        )
        if run.state == run.State.FAILED:
            raise SingleTargetDataServiceException(run.reason)
        if backend_is_immediate() and not health().scheduler:
            self.success_message = (
                "The ATLAS query was submitted. Its result will be fetched when the scheduler runs, which it does not now: "
                "start `manage.py runscheduler`."
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
    """Submit, wait, fetch, store and process in one go, which takes minutes. Returns whether data came; the reason why not is logged."""
    until = time.monotonic() + LONGEST_WAIT_S
    try:
        job = _patiently(until, submit_query, min_date_mjd, max_date_mjd, target_id, use_reduced)
        return bool(_patiently(until, fetch_result, job, min_date_mjd, max_date_mjd, target_id, data_product_type))
    except (TomError, SingleTargetDataServiceException) as error:
        logger.error("the ATLAS query of target %s failed: %s", target_id, error)
        return False


def _patiently(until: float, step: Callable[..., Any], *args: Any) -> Any:
    while True:
        try:
            return step(*args)
        except RetryLaterError as later:
            if time.monotonic() + later.delay_s > until:
                raise SingleTargetDataServiceException(f"ATLAS did not finish within an hour: {later}") from None
            time.sleep(later.delay_s)


def submit_query(min_date_mjd: float, max_date_mjd: float | None, target_id: int, use_reduced: bool = False) -> str:
    """Put a query (MJD in UTC) into the queue of ATLAS; gives the address of the job there.

    Raises RetryLaterError when ATLAS takes no more for the moment, ServiceError or SingleTargetDataServiceException when it refuses.
    """
    target = _target(target_id)
    if target.ra is None or target.dec is None:
        raise SingleTargetDataServiceException(f"ATLAS can be asked only for a target with a position, which {target} has not")
    form = {"ra": target.ra, "dec": target.dec, "mjd_min": min_date_mjd, "send_email": False, "use_reduced": use_reduced}
    if max_date_mjd is not None:
        form["mjd_max"] = max_date_mjd
    try:
        job = _client().post("queue/", data=form).json()
    except ServiceError as error:
        if error.status_code != 429:
            raise
        delay_s = _asked_wait_s(error.body) or error.retry_after_s or POLL_S
        raise RetryLaterError(f"ATLAS takes no further queries for {delay_s:.0f} s", delay_s=delay_s) from None
    if not isinstance(job, dict) or not isinstance(job.get("url"), str):
        raise SingleTargetDataServiceException("ATLAS did not say where its answer will be")
    _path(job["url"])
    return str(job["url"])


def fetch_result(job: str, min_date_mjd: float, max_date_mjd: float | None, target_id: int, data_product_type: str) -> bool:
    """Store and process the result of a job when ATLAS has it. Returns whether there are data.

    Raises RetryLaterError while ATLAS has not finished, ServiceError or SingleTargetDataServiceException when it fails.
    """
    from tom_dataproducts.services import process_product, store_product

    target = _target(target_id)
    client = _client()
    state = client.get(_path(job)).json()
    if not isinstance(state, dict):
        raise SingleTargetDataServiceException("ATLAS told nothing of the query")
    if not state.get("finishtimestamp"):
        where = "running at ATLAS" if state.get("starttimestamp") else f"waiting at ATLAS, place {state.get('queuepos')}"
        raise RetryLaterError(where, delay_s=POLL_S)
    if not state.get("result_url"):
        logger.warning("ATLAS has no data of %s: %s", target, state.get("error_msg"))
        return False
    file = urlsplit(state["result_url"]).path.rsplit("/", 1)[-1]
    name = _file_name(min_date_mjd, max_date_mjd, file)
    product = store_product(
        target=target, filename=name, content=client.get(_path(state["result_url"])).content, data_product_type=data_product_type,
        product_id=f"{name}_{target.pk}", or_existing=True,
    )  # fmt: skip
    process_product(product=product)
    return True


def _target(pk: int) -> Any:
    from tom_targets.models import get_target_model_class

    target = get_target_model_class().objects.filter(pk=pk).first()
    if target is None:
        raise SingleTargetDataServiceException("the target is not there any more")
    return target


def _file_name(min_date_mjd: float, max_date_mjd: float | None, file: str) -> str:
    from tom_astro.times import mjd_to_datetime

    days = f"{mjd_to_datetime(min_date_mjd):%Y_%m_%d}"
    if max_date_mjd is not None:
        days += f"-{mjd_to_datetime(max_date_mjd):%Y_%m_%d}"
    return f"atlas_{days}_{file}"


def _asked_wait_s(text: str) -> float | None:
    match = re.search(r"available in (\d+) (second|minute)", text)
    return float(match[1]) * (60 if match[2] == "minute" else 1) if match else None
