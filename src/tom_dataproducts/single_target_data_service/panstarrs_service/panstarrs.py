"""Mean magnitudes of the Pan-STARRS1 catalogue at MAST."""

from __future__ import annotations

from typing import Any

from django import forms

from tom_common.errors import TomError
from tom_dataproducts.single_target_data_service.single_target_data_service import (
    BaseSingleTargetDataService,
    BaseSingleTargetDataServiceQueryForm,
    SingleTargetDataServiceException,
    service_settings,
)

DEFAULT_URL = "https://catalogs.mast.stsci.edu/api/v0.1/panstarrs"
RADIUS_DEG = 0.008333
COLUMNS = [
    "objID", "objName", "raMean", "decMean", "raMeanErr", "decMeanErr", "epochMean", "nDetections", "ng", "nr", "ni", "nz", "ny",
    *(f"{band}MeanPSFMag{end}" for band in "grizy" for end in ("", "Err")),
]  # fmt: skip


class PanstarrsForm(BaseSingleTargetDataServiceQueryForm):
    min_date_mjd = forms.FloatField(label="Minimum mean epoch (MJD)", required=False, min_value=0)
    max_date_mjd = forms.FloatField(label="Maximum mean epoch (MJD)", required=False, min_value=0)
    min_detections = forms.IntegerField(label="Minimum number of detections", initial=2, min_value=1)
    data_release = forms.ChoiceField(choices=[("dr1", "DR1"), ("dr2", "DR2")], initial="dr2")
    catalog = forms.ChoiceField(choices=[("mean", "Mean")], initial="mean")

    def layout(self) -> Any:
        from crispy_forms.layout import Div

        return Div("min_date_mjd", "max_date_mjd", "min_detections", "data_release", "catalog", css_class="form-grid")


class PanstarrsSingleTargetDataService(BaseSingleTargetDataService):
    name = "PanSTARRS"
    info_url = "https://catalogs.mast.stsci.edu/docs/panstarrs.html"
    data_service_type = "Catalog Search"
    service_notes = "Mean magnitudes of the objects within 30 arcsec of the target."

    def get_form(self) -> type[forms.Form]:
        return PanstarrsForm

    def get_data_product_type(self) -> str:
        return "panstarrs_photometry"

    def get_success_message(self) -> str:
        return "The Pan-STARRS catalogue answered; its table is among the data of the target."

    def validate_form(self, query_parameters: dict[str, Any]) -> None:
        earliest, latest = query_parameters.get("min_date_mjd"), query_parameters.get("max_date_mjd")
        if earliest is not None and latest is not None and earliest > latest:
            raise SingleTargetDataServiceException("the minimum epoch is later than the maximum")

    def query_service(self, query_parameters: dict[str, Any]) -> bool:
        from tom_common.http import ServiceClient
        from tom_dataproducts.services import delete_product, process_product, store_product
        from tom_targets.models import get_target_model_class

        target = get_target_model_class().objects.get(pk=query_parameters["target_id"])
        if target.ra is None or target.dec is None:
            raise SingleTargetDataServiceException("the target has no position")
        release, catalog = query_parameters["data_release"], query_parameters["catalog"]
        earliest, latest = query_parameters.get("min_date_mjd"), query_parameters.get("max_date_mjd")
        params: dict[str, Any] = {
            "ra": target.ra, "dec": target.dec, "radius": RADIUS_DEG, "nDetections.min": query_parameters["min_detections"],
            "columns": COLUMNS,
        }
        if earliest is not None:
            params["epochMean.min"] = earliest
        if latest is not None:
            params["epochMean.max"] = latest
        own = next((s for s in service_settings().values() if "panstarrs" in str(s.get("class", "")).lower()), {})
        client = ServiceClient("panstarrs", base_url=(own.get("url") or DEFAULT_URL).rstrip("/") + "/")
        try:
            text = client.get(f"{release}/{catalog}.csv", params=params).text
        except TomError as error:
            raise SingleTargetDataServiceException(str(error)) from error
        if len(text.strip().splitlines()) < 2:
            raise SingleTargetDataServiceException("the catalogue has no object here")
        days = "-".join(str(day) for day in (earliest, latest) if day is not None)
        name = "-".join(filter(None, ("panstarrs", release, catalog, str(target.pk), days))) + ".csv"
        product = store_product(
            target=target, filename=name, content=text, product_id=name, data_product_type=self.get_data_product_type(), or_existing=True
        )
        try:
            process_product(product=product)
        except TomError as error:
            delete_product(product=product)
            raise SingleTargetDataServiceException(str(error)) from error
        return True
