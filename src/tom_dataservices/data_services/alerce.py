"""ALeRCE: objects of the ZTF alert stream, with their light curves."""

from __future__ import annotations

from typing import Any

from django import forms

from tom_clients.alerce import AlerceClient
from tom_clients.alert_packets.measurement import EXPOSURE_START, flux_from_magnitude, number
from tom_dataproducts.rows import DatumRow
from tom_dataproducts.services import add_reduced_data
from tom_dataservices.dataservices import DataService
from tom_dataservices.forms import BaseQueryForm
from tom_targets.models import Target

ALERCE_URL = "https://alerce.online"
CLASSIFIERS = ("lc_classifier", "lc_classifier_transient", "lc_classifier_stochastic", "lc_classifier_periodic", "stamp_classifier")
FILTERS = {1: "g", 2: "r", 3: "i"}


class ALeRCEForm(BaseQueryForm):
    survey = forms.CharField(required=False, initial="ZTF", widget=forms.HiddenInput())
    object_id = forms.CharField(required=False, label="Object ID")
    ra = forms.FloatField(required=False, min_value=0, max_value=360, label="RA", help_text="degrees")
    dec = forms.FloatField(required=False, min_value=-90, max_value=90, label="Dec", help_text="degrees")
    radius = forms.FloatField(required=False, min_value=0, label="Radius", help_text="arcsec")
    firstmjd_gt = forms.FloatField(required=False, min_value=0, label="First detection after (MJD)")
    firstmjd_lt = forms.FloatField(required=False, min_value=0, label="First detection before (MJD)")
    lastmjd_gt = forms.FloatField(required=False, min_value=0, label="Last detection after (MJD)")
    lastmjd_lt = forms.FloatField(required=False, min_value=0, label="Last detection before (MJD)")
    ndet_min = forms.IntegerField(required=False, min_value=1, label="Least number of detections")
    ndet_max = forms.IntegerField(required=False, min_value=1, label="Largest number of detections")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for classifier in CLASSIFIERS:
            self.fields[f"cfield_{classifier}"] = forms.CharField(required=False, label=f"Class of {classifier}", help_text="e.g. SNIa")
            self.fields[f"prob_cfield_{classifier}"] = forms.FloatField(
                required=False, min_value=0, max_value=1, label="Minimum probability"
            )

    def get_simple_form_partial(self):
        return "tom_dataservices/alerce/partials/alerce_simple_form.html"

    def get_advanced_form_partial(self):
        return "tom_dataservices/alerce/partials/alerce_advanced_form.html"

    def simple_fields(self):
        return ["object_id", "ra", "dec", "radius"]

    def clean(self):
        cleaned = super().clean()
        cone = [cleaned.get(name) is not None for name in ("ra", "dec", "radius")]
        if any(cone) and not all(cone):
            raise forms.ValidationError("A search by place needs RA, Dec and radius.")
        return cleaned


class ALeRCEDataService(DataService):
    name = "ALeRCE"
    info_url = "https://alerce.science/"
    base_url = "https://api.alerce.online"
    query_results_table = "tom_dataservices/alerce/partials/alerce_results_table.html"

    @classmethod
    def get_form_class(cls):
        return ALeRCEForm

    def build_query_parameters(self, parameters, **kwargs):
        found: dict[str, Any] = {}
        if parameters.get("object_id"):
            found["oid"] = parameters["object_id"].strip()
        if all(parameters.get(name) is not None for name in ("ra", "dec", "radius")):
            found |= {name: parameters[name] for name in ("ra", "dec", "radius")}
        for name in ("firstmjd", "lastmjd"):
            low, high = parameters.get(f"{name}_gt"), parameters.get(f"{name}_lt")
            if low is not None or high is not None:
                found[name] = [low if low is not None else 0, high if high is not None else 100000]
        low, high = parameters.get("ndet_min"), parameters.get("ndet_max")
        if low is not None or high is not None:
            found["ndet"] = [low or 1] if high is None else [low or 1, high]
        for classifier in CLASSIFIERS:
            if parameters.get(f"cfield_{classifier}"):
                found |= {"classifier": classifier, "class": parameters[f"cfield_{classifier}"]}
                if parameters.get(f"prob_cfield_{classifier}") is not None:
                    found["probability"] = parameters[f"prob_cfield_{classifier}"]
                break
        self.query_parameters = found
        return found

    def build_query_parameters_from_target(self, target, **kwargs):
        oid = next((name for name in target.names if name.startswith("ZTF")), None)
        if oid:
            return self.build_query_parameters({"object_id": oid})
        return self.build_query_parameters({"ra": target.ra, "dec": target.dec, "radius": 1.5})

    def query_service(self, query_parameters, **kwargs):
        pairs = [(name, item) for name, value in query_parameters.items() for item in (value if isinstance(value, list) else [value])]
        self.query_results = list(AlerceClient().all_objects(pairs, max_pages=6))
        return self.query_results

    def query_targets(self, query_parameters, **kwargs):
        self.target_results = [
            {
                "name": item["oid"],
                "ra": item["meanra"],
                "dec": item["meandec"],
                "ndet": item.get("ndet"),
                "firstmjd": item.get("firstmjd"),
                "lastmjd": item.get("lastmjd"),
                "class": item.get("class"),
                "probability": item.get("probability"),
                "reduced_datums": {"photometry": item["oid"]},
            }
            for item in self.query_service(query_parameters)
        ]
        return self.target_results

    def query_photometry(self, query_parameters, **kwargs):
        """The object's id, whose light curve is then fetched where it is stored: a page of a hundred objects needs no hundred curves."""
        if query_parameters.get("oid"):
            return query_parameters["oid"]
        found = self.query_service(query_parameters)
        return found[0]["oid"] if found else None

    def create_target_from_query(self, target_result, **kwargs):
        return Target(name=target_result["name"], type="SIDEREAL", ra=target_result["ra"], dec=target_result["dec"])

    def create_reduced_datums_from_query(self, target, data=None, data_type=None, **kwargs):
        if data_type not in (None, "photometry") or not data:
            return None
        curve = data if isinstance(data, dict) else AlerceClient().light_curve(data)
        oid = data if isinstance(data, str) else target.name
        return add_reduced_data(target=target, rows=light_curve_rows(curve, oid=oid), actor=self.user)


def light_curve_rows(curve: dict[str, list[dict[str, Any]]], *, oid: str) -> list[DatumRow]:
    """Detections and limits. Times are the start of the exposure; a negative difference is a flux, not a brightness."""
    from tom_astro.times import mjd_to_datetime

    rows = []
    for record in [*(curve.get("detections") or []), *(curve.get("non_detections") or [])]:
        detected = record.get("magpsf") is not None
        value: dict[str, Any] = {"time_reference": EXPOSURE_START, "flux_kind": "difference"}
        numbers: dict[str, Any] = {}
        if detected and str(record.get("isdiffpos")) in ("-1", "f", "0"):
            value |= {
                "difference_sign": "negative",
                "difference_flux": -flux_from_magnitude(record["magpsf"]),
                "difference_flux_unit": "nJy",
            }
        elif detected:
            numbers = {"brightness": number(record["magpsf"]), "brightness_error": number(record.get("sigmapsf"))}
        elif number(record.get("diffmaglim")) is not None:
            numbers = {"limit": number(record["diffmaglim"])}
        else:
            continue
        rows.append(
            DatumRow(
                data_type="photometry",
                timestamp=mjd_to_datetime(float(record["mjd"]), scale="utc"),
                source_name="ALeRCE",
                source_location=f"{ALERCE_URL}/object/{oid}",
                source_id=str(record["candid"]) if record.get("candid") else f"limit:{record['fid']}:{record['mjd']:.7f}",
                telescope="ZTF",
                bandpass=FILTERS.get(record.get("fid"), ""),
                unit="AB" if numbers else "",
                value=value,
                **numbers,
            )
        )
    return rows
