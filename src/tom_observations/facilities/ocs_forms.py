"""Forms by which observations are requested at an observatory of the Observatory Control System.

A request holds configurations ``c_<j>_...`` and each of these instrument configurations ``c_<j>_ic_<i>_...``.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import requests
from crispy_forms.layout import Div, Layout
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from tom_common.exceptions import ImproperCredentialsException
from tom_common.http import ServiceError
from tom_targets.models import BaseTarget

from ..facility import BaseRoboticObservationForm
from ..forms.layouts import Section, row
from ..observation_template import GenericTemplateForm
from .ocs_portal import OCSSettings, Portal, flatten_errors

logger = logging.getLogger(__name__)

VALID_AIRMASS = (1.0, 25.0)
# fields of records stored by older versions, and what they are called now
OLD_CONFIGURATION_FIELDS = {
    "instrument_type": "c_1_instrument_type",
    "configuration_type": "c_1_configuration_type",
    "repeat_duration": "c_1_repeat_duration",
    "max_airmass": "c_1_max_airmass",
    "min_lunar_distance": "c_1_min_lunar_distance",
    "max_lunar_phase": "c_1_max_lunar_phase",
    "fractional_ephemeris_rate": "c_1_fractional_ephemeris_rate",
    "guide_mode": "c_1_guide_mode",
    "acquisition_mode": "c_1_acquisition_mode",
}
OLD_INSTRUMENT_CONFIG_FIELDS = {
    name: f"c_1_ic_1_{name}"
    for name in ("readout_mode", "exposure_count", "exposure_time", "filter", "slit", "grating", "rotator_mode", "rotator_angle", "exposure_mode",
                 "exposure_time_g", "exposure_time_r", "exposure_time_i", "exposure_time_z")
}  # fmt: skip


class UTCSplitDateTimeWidget(forms.SplitDateTimeWidget):
    """Date and time boxes; an ISO time under the plain name is read too, as stored parameters and programs give it."""

    def __init__(self, attrs=None):
        super().__init__(
            attrs, date_format="%Y-%m-%d", time_format="%H:%M:%S", date_attrs={"type": "date"}, time_attrs={"type": "time", "step": "1"}
        )

    def decompress(self, value):
        moment = as_datetime(value)
        return [moment.date(), moment.time().replace(microsecond=0)] if moment else [None, None]

    def value_from_datadict(self, data, files, name):
        values = super().value_from_datadict(data, files, name)
        if any(values):
            return values
        moment = as_datetime(data.get(name))
        return [moment.date().isoformat(), moment.time().isoformat()] if moment else values


class UTCDateTimeField(forms.SplitDateTimeField):
    """A time in UTC, whatever the project's time zone is."""

    widget = UTCSplitDateTimeWidget

    def compress(self, data_list):
        with timezone.override(UTC):
            return super().compress(data_list)


def as_datetime(value) -> datetime | None:
    if isinstance(value, datetime):
        moment = value
    else:
        try:
            moment = parse_datetime(str(value)) if value else None
            if moment is None and value and len(str(value)) == 10:
                moment = parse_datetime(f"{value}T00:00:00")
        except ValueError:
            return None
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if timezone.is_naive(moment) else moment.astimezone(UTC)


def _schedulable(item) -> bool:
    return str(item.get("schedulable", True)).lower() == "true"


def optical_element_field(group: str) -> str:
    """The portal's group ``filters`` is the field ``filter``."""
    return group.removesuffix("s")


class OCSBaseForm(forms.Form):
    """What the observatory offers, as choices. Cached, and kept from before when the portal does not answer."""

    def __init__(self, *args, **kwargs):
        self.facility_settings = kwargs.pop("facility_settings", None) or getattr(self, "facility_settings", None) or OCSSettings("OCS")
        self.portal = Portal(self.facility_settings)
        super().__init__(*args, **kwargs)

    def target_group_choices(self, include_self=True):
        """The target itself first, then those that share a target list with it and that the user may see."""
        from tom_targets.policy import visible_to

        target_id = self.data.get("target_id") or self.initial.get("target_id")
        target = BaseTarget.objects.filter(pk=target_id).first() if str(target_id or "").isdigit() else None
        if target is None:
            return []
        others = BaseTarget.objects.filter(targetlist__in=target.targetlist_set.all()).exclude(pk=target.pk).distinct()
        user = getattr(getattr(self, "facility", None), "user", None)
        found = [(str(other.pk), other.name) for other in visible_to(user, "view", others).order_by("name")[:200]]
        return [(str(target.pk), target.name), *found] if include_self else found

    def _get_instruments(self) -> dict:
        instruments = self.portal.instruments()
        if self.portal.problem and getattr(self, "facility", None) is not None and hasattr(self.facility, "problems"):
            if self.portal.problem not in self.facility.problems:
                self.facility.problems.append(self.portal.problem)
        return instruments

    def get_instruments(self) -> dict:
        """Override point: those of the instruments that this form is for."""
        return self._get_instruments()

    def instrument_choices(self):
        return sorted(((code, item.get("name", code)) for code, item in self.get_instruments().items()), key=lambda choice: choice[1])

    def mode_type_choices(self, mode_type, use_code_only=False):
        found = {
            mode["code"]: mode["code"] if use_code_only else mode.get("name", mode["code"])
            for item in self.get_instruments().values()
            for mode in item.get("modes", {}).get(mode_type, {}).get("modes", [])
        }
        return sorted(found.items(), key=lambda choice: choice[1])

    def readout_mode_choices(self):
        return self.mode_type_choices("readout")

    def get_optical_element_groups(self) -> list[str]:
        return sorted({group for item in self.get_instruments().values() for group in item.get("optical_elements", {})})

    def filter_choices_for_group(self, group, use_code_only=False):
        found = {
            element["code"]: element["code"] if use_code_only else element.get("name", element["code"])
            for item in self.get_instruments().values()
            for element in item.get("optical_elements", {}).get(group, [])
            if _schedulable(element)
        }
        return sorted(found.items(), key=lambda choice: choice[1])

    def all_optical_element_choices(self, use_code_only=False):
        found = {}
        for group in self.get_optical_element_groups():
            found.update(self.filter_choices_for_group(group, use_code_only))
        return sorted(found.items(), key=lambda choice: choice[1])

    def filter_choices(self, use_code_only=False):
        return self.all_optical_element_choices(use_code_only)

    def configuration_type_choices(self):
        found = {
            code: kind.get("name", code)
            for item in self.get_instruments().values()
            for code, kind in item.get("configuration_types", {}).items()
            if _schedulable(kind)
        }
        return sorted(found.items(), key=lambda choice: choice[1])

    def proposal_choices(self):
        return self.portal.proposals() or [("", "No proposals found")]


class OCSTemplateBaseForm(GenericTemplateForm, OCSBaseForm):
    """What is kept of a request to be made again for other targets."""

    ipp_value = forms.FloatField(required=False, min_value=0.5, max_value=2, label="Intra proposal priority")
    exposure_count = forms.IntegerField(required=False, min_value=1)
    exposure_time = forms.FloatField(required=False, min_value=0.001, label="Exposure time (s)")
    max_airmass = forms.FloatField(required=False, min_value=VALID_AIRMASS[0], max_value=VALID_AIRMASS[1])

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["proposal"] = forms.ChoiceField(choices=[("", "---"), *self.proposal_choices()], required=False)
        self.fields["filter"] = forms.ChoiceField(choices=[("", "---"), *self.all_optical_element_choices()], required=False)
        self.fields["instrument_type"] = forms.ChoiceField(choices=[("", "---"), *self.instrument_choices()], required=False)
        self.helper.layout = Layout(
            self.common_layout,
            row("proposal", "ipp_value"),
            row("instrument_type", "filter"),
            row("exposure_count", "exposure_time", "max_airmass"),
        )


class OCSBaseObservationForm(BaseRoboticObservationForm, OCSBaseForm):
    """What every request has, apart from its configurations."""

    name = forms.CharField(max_length=50)
    start = UTCDateTimeField(label="Window start (UTC)")
    end = UTCDateTimeField(label="Window end (UTC)")
    observation_mode = forms.ChoiceField(
        choices=[("NORMAL", "Normal"), ("RAPID_RESPONSE", "Rapid response"), ("TIME_CRITICAL", "Time critical")],
        initial="NORMAL",
    )
    ipp_value = forms.FloatField(
        label="Intra proposal priority",
        min_value=0.5,
        max_value=2,
        initial=1.05,
        help_text="Priority among the requests of the proposal, 0.5 to 2",
    )
    optimization_type = forms.ChoiceField(choices=[("TIME", "Time"), ("AIRMASS", "Airmass")], required=False, initial="TIME")
    configuration_repeats = forms.IntegerField(min_value=1, initial=1, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["proposal"] = forms.ChoiceField(choices=self.proposal_choices())
        self.convert_old_observation_payload_to_fields(self.initial)
        if self.is_bound:
            data = self.data.copy()
            if self.convert_old_observation_payload_to_fields(data):
                self.data = data

    def convert_old_observation_payload_to_fields(self, data) -> bool:
        """Old field names of stored records become those of the first configuration; whether any was there."""
        changed = False
        for old, new in {**OLD_CONFIGURATION_FIELDS, **OLD_INSTRUMENT_CONFIG_FIELDS}.items():
            if old in data and old not in self.fields and data.get(new) in (None, ""):
                data[new] = data.get(old)
                changed = True
        return changed

    def clean(self):
        cleaned = super().clean()
        start, end = cleaned.get("start"), cleaned.get("end")
        if start and end and end <= start:
            self.add_error("end", "The window ends before it begins.")
        return cleaned

    def is_valid(self):
        """Whether the form and then the portal find nothing amiss."""
        if super().is_valid():
            self.validate_at_facility()
        return not self._errors

    def validate_at_facility(self):
        facility = self.facility or self._own_facility()
        try:
            answer = facility.validate_observation(self.observation_payload()) or {}
        except ValidationError as error:
            self.add_error(None, error)
            return
        except (ServiceError, ImproperCredentialsException, requests.RequestException) as error:
            self.add_error(None, f"{facility.name} could not be asked whether this is valid: {error}")
            return
        seconds = (answer.get("request_durations") or {}).get("duration")
        if seconds:
            self.validation_message = f"This observation is valid with a duration of {seconds} seconds."
        if answer.get("errors"):
            self.add_error(None, self._flatten_error_dict(answer["errors"]))

    def _own_facility(self):
        from ..facility import get_service_class

        return get_service_class(self.cleaned_data["facility"])()

    def get_validation_message(self):
        return self.validation_message

    def _flatten_error_dict(self, errors, path="") -> list[str]:
        return flatten_errors(errors, path)

    def serialize_parameters(self):
        parameters = super().serialize_parameters()
        for name in ("start", "end"):
            if isinstance(parameters.get(name), datetime):
                parameters[name] = parameters[name].isoformat()
        return parameters

    # the parts of the request group

    def _build_target_fields(self, target_id, max_target_name_length=50) -> dict:
        target = BaseTarget.objects.get(pk=target_id)
        fields = {"name": target.name[:max_target_name_length]}
        if target.type == BaseTarget.SIDEREAL:
            return {
                **fields,
                "type": "ICRS",
                "ra": target.ra,
                "dec": target.dec,
                "proper_motion_ra": target.pm_ra or 0,
                "proper_motion_dec": target.pm_dec or 0,
                "epoch": target.epoch or 2000,
            }
        fields.update(
            type="ORBITAL_ELEMENTS",
            scheme=target.scheme,
            orbinc=target.inclination,
            longascnode=target.lng_asc_node,
            argofperih=target.arg_of_perihelion,
            eccentricity=target.eccentricity,
            epochofel=target.epoch_of_elements,
        )
        if target.scheme == "MPC_COMET":
            fields.update(perihdist=target.perihdist, epochofperih=target.epoch_of_perihelion)
        elif target.scheme == "JPL_MAJOR_PLANET":
            fields.update(meandist=target.semimajor_axis, meananom=target.mean_anomaly, dailymot=target.mean_daily_motion)
        else:
            fields.update(meandist=target.semimajor_axis, meananom=target.mean_anomaly)
        return fields

    def _build_acquisition_config(self, configuration_id=1) -> dict:
        return {}

    def _build_guiding_config(self, configuration_id=1) -> dict:
        return {}

    def _build_windows(self) -> list[dict]:
        return [{"start": self.cleaned_data["start"].isoformat(), "end": self.cleaned_data["end"].isoformat()}]

    def _build_location(self, configuration_id=1) -> dict:
        instrument = self._get_instruments().get(self._first_instrument(), {})
        return {"telescope_class": instrument.get("class", "")}

    def _first_instrument(self) -> str:
        return self.cleaned_data.get("instrument_type", "")

    def _build_configurations(self) -> list[dict]:
        raise NotImplementedError

    def _build_request(self) -> dict:
        return {
            "optimization_type": self.cleaned_data.get("optimization_type") or "TIME",
            "configuration_repeats": self.cleaned_data.get("configuration_repeats") or 1,
            "configurations": self._build_configurations(),
            "windows": self._build_windows(),
            "location": self._build_location(),
        }

    def observation_payload(self) -> dict:
        return {
            "name": self.cleaned_data["name"],
            "proposal": self.cleaned_data["proposal"],
            "ipp_value": self.cleaned_data["ipp_value"],
            "operator": "SINGLE",
            "observation_type": self.cleaned_data["observation_mode"],
            "requests": [self._build_request()],
        }


class OCSFullObservationForm(OCSBaseObservationForm):
    """Everything a request may hold: several configurations, cadence, dither, mosaic."""

    period = forms.FloatField(required=False, min_value=0, label="Cadence period (h)", help_text="Time between requests, in hours")
    jitter = forms.FloatField(required=False, min_value=0, label="Jitter (h)", help_text="Length of each request's window, in hours")
    dither_pattern = forms.ChoiceField(choices=[("", "None"), ("line", "Line"), ("grid", "Grid"), ("spiral", "Spiral")], required=False)
    dither_num_points = forms.IntegerField(min_value=2, required=False)
    dither_point_spacing = forms.FloatField(min_value=0, required=False, help_text="Arcseconds")
    dither_line_spacing = forms.FloatField(min_value=0, required=False, help_text="Arcseconds, of a grid")
    dither_orientation = forms.FloatField(required=False, help_text="Degrees, counter-clockwise from north")
    dither_num_rows = forms.IntegerField(min_value=1, required=False)
    dither_num_columns = forms.IntegerField(min_value=1, required=False)
    dither_center = forms.ChoiceField(choices=[("True", "True"), ("False", "False")], required=False, initial="True")
    mosaic_pattern = forms.ChoiceField(choices=[("", "None"), ("line", "Line"), ("grid", "Grid")], required=False)
    mosaic_num_points = forms.IntegerField(min_value=2, required=False)
    mosaic_point_overlap = forms.FloatField(min_value=0, max_value=100, required=False, help_text="Percent of the field in declination")
    mosaic_line_overlap = forms.FloatField(min_value=0, max_value=100, required=False, help_text="Percent of the field in right ascension")
    mosaic_orientation = forms.FloatField(required=False, help_text="Degrees, counter-clockwise from north")
    mosaic_num_rows = forms.IntegerField(min_value=1, required=False)
    mosaic_num_columns = forms.IntegerField(min_value=1, required=False)
    mosaic_center = forms.ChoiceField(choices=[("True", "True"), ("False", "False")], required=False, initial="True")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._choices = {
            "instrument_type": [("", "---"), *self.instrument_choices()],
            "configuration_type": [("", "---"), *self.configuration_type_choices()],
            "readout_mode": [("", "Default"), *self.readout_mode_choices()],
            "target_override": self.target_group_choices(),
            **{group: [("", "---"), *self.filter_choices_for_group(group)] for group in self.get_optical_element_groups()},
        }
        for j in self._configurations():
            self._add_configuration_fields(j)
            for i in self._instrument_configs():
                self._add_instrument_config_fields(j, i)
        self.convert_old_observation_payload_to_fields(self.initial)
        self.helper.layout = Layout(self.common_layout, self.layout(), self.button_layout())

    def _configurations(self):
        return range(1, int(self.facility_settings.get_setting("max_configurations") or 5) + 1)

    def _instrument_configs(self):
        return range(1, int(self.facility_settings.get_setting("max_instrument_configs") or 5) + 1)

    def get_optical_element_fields(self) -> list[str]:
        return [optical_element_field(group) for group in self.get_optical_element_groups()]

    def _add_configuration_fields(self, j):
        first = f"c_{j}_"
        self.fields[f"{first}instrument_type"] = forms.ChoiceField(
            choices=self._choices["instrument_type"], required=False, label="Instrument"
        )
        self.fields[f"{first}configuration_type"] = forms.ChoiceField(
            choices=self._choices["configuration_type"], required=False, label="Configuration type"
        )
        self.fields[f"{first}repeat_duration"] = forms.FloatField(
            required=False, min_value=0, label="Repeat duration (s)", help_text="For repeating configurations"
        )
        self.fields[f"{first}max_airmass"] = forms.FloatField(
            required=False, min_value=VALID_AIRMASS[0], max_value=VALID_AIRMASS[1], initial=1.6, label="Maximum airmass"
        )
        self.fields[f"{first}min_lunar_distance"] = forms.FloatField(
            required=False, min_value=0, max_value=180, label="Minimum lunar distance (deg)"
        )
        self.fields[f"{first}max_lunar_phase"] = forms.FloatField(
            required=False, min_value=0, max_value=1, label="Maximum lunar phase (0 new, 1 full)"
        )
        self.fields[f"{first}target_override"] = forms.ChoiceField(
            choices=self._choices["target_override"], required=False, label="Another target for this configuration"
        )

    def _add_instrument_config_fields(self, j, i):
        first = f"c_{j}_ic_{i}_"
        self.fields[f"{first}readout_mode"] = forms.ChoiceField(choices=self._choices["readout_mode"], required=False, label="Readout mode")
        self.fields[f"{first}exposure_count"] = forms.IntegerField(required=False, min_value=1, initial=1, label="Exposure count")
        self.fields[f"{first}exposure_time"] = forms.FloatField(required=False, min_value=0.001, label="Exposure time (s)")
        for group in self.get_optical_element_groups():
            name = optical_element_field(group)
            self.fields[f"{first}{name}"] = forms.ChoiceField(
                choices=self._choices[group], required=False, label=name.replace("_", " ").capitalize()
            )

    def layout(self):
        if not hasattr(self, "_choices"):
            return Layout()
        return Layout(
            row("name", "proposal"),
            row("start", "end"),
            row("observation_mode", "ipp_value", "optimization_type", "configuration_repeats"),
            *(
                Section(
                    f"Configuration {j}",
                    *self.configuration_layout(j),
                    is_open=j == 1,
                    help_text="" if j == 1 else "Left out when it has no exposure time.",
                )
                for j in self._configurations()
            ),
            self.expansions_layout(),
        )

    def configuration_layout(self, j):
        names = [name for name in self.fields if name.startswith(f"c_{j}_") and not name.startswith(f"c_{j}_ic_")]
        parts = [row(*names[k : k + 3]) for k in range(0, len(names), 3)]
        for i in self._instrument_configs():
            inner = [name for name in self.fields if name.startswith(f"c_{j}_ic_{i}_")]
            parts.append(
                Section(f"Instrument configuration {i}", *(row(*inner[k : k + 3]) for k in range(0, len(inner), 3)), is_open=i == 1)
            )
        return parts

    def expansions_layout(self):
        def names(first):
            return [name for name in self.fields if name.startswith(first)]

        return Div(
            Section("Cadence", row("period", "jitter")),
            Section("Dither", *(row(*names("dither_")[k : k + 4]) for k in (0, 4)), help_text="Only with a single configuration"),
            Section("Mosaic", *(row(*names("mosaic_")[k : k + 4]) for k in (0, 4)), help_text="Only with a single configuration"),
        )

    def clean(self):
        cleaned = super().clean()
        built = [j for j in self._configurations() if self._has_exposure(cleaned, j)]
        if not self.errors and not built:
            self.add_error(None, "Give an instrument and an exposure time for at least one configuration.")
        for j in built:
            for name, label in (("instrument_type", "an instrument"), ("configuration_type", "a configuration type")):
                if f"c_{j}_{name}" in self.fields and not cleaned.get(f"c_{j}_{name}") and f"c_{j}_{name}" not in self.errors:
                    self.add_error(f"c_{j}_{name}", f"Configuration {j} needs {label}.")
        for kind in ("dither", "mosaic"):
            if cleaned.get(f"{kind}_pattern") and len(built) > 1:
                self.add_error(f"{kind}_pattern", "This goes with exactly one configuration.")
        if bool(cleaned.get("period")) != bool(cleaned.get("jitter")):
            self.add_error("jitter", "A cadence needs both period and jitter.")
        return cleaned

    def _has_exposure(self, cleaned, j) -> bool:
        return any(self._exposure_time(cleaned, j, i) for i in self._instrument_configs())

    def _exposure_time(self, cleaned, j, i):
        return cleaned.get(f"c_{j}_ic_{i}_exposure_time")

    def _first_instrument(self):
        for j in self._configurations():
            if self.cleaned_data.get(f"c_{j}_instrument_type") and self._has_exposure(self.cleaned_data, j):
                return self.cleaned_data[f"c_{j}_instrument_type"]
        return ""

    def _build_instrument_config(self, instrument_type, configuration_id, instrument_config_id) -> dict | None:
        """None for one without an exposure time."""
        j, i = configuration_id, instrument_config_id
        exposure_time = self._exposure_time(self.cleaned_data, j, i)
        if not exposure_time:
            return None
        first = f"c_{j}_ic_{i}_"
        offered = self._get_instruments().get(instrument_type, {}).get("optical_elements", {})
        elements = {}
        for group in offered or self.get_optical_element_groups():
            value = self.cleaned_data.get(f"{first}{optical_element_field(group)}")
            if value:
                elements[optical_element_field(group)] = value
        config = {
            "exposure_count": self.cleaned_data.get(f"{first}exposure_count") or 1,
            "exposure_time": exposure_time,
            "optical_elements": elements,
        }
        if self.cleaned_data.get(f"{first}readout_mode"):
            config["mode"] = self.cleaned_data[f"{first}readout_mode"]
        return config

    def _build_instrument_configs(self, instrument_type, configuration_id) -> list[dict]:
        built = [self._build_instrument_config(instrument_type, configuration_id, i) for i in self._instrument_configs()]
        return [config for config in built if config]

    def _build_constraints(self, configuration_id) -> dict:
        values = {
            name: self.cleaned_data.get(f"c_{configuration_id}_{name}") for name in ("max_airmass", "min_lunar_distance", "max_lunar_phase")
        }
        return {name: value for name, value in values.items() if value is not None}

    def _configuration_type(self, instrument_type, configuration_id) -> str:
        chosen = self.cleaned_data.get(f"c_{configuration_id}_configuration_type")
        return chosen or self._get_instruments().get(instrument_type, {}).get("default_configuration_type", "EXPOSE")

    def _build_configuration(self, configuration_id) -> dict | None:
        """None for one without instrument configurations."""
        instrument_type = self.cleaned_data.get(f"c_{configuration_id}_instrument_type")
        if not instrument_type:
            return None
        instrument_configs = self._build_instrument_configs(instrument_type, configuration_id)
        if not instrument_configs:
            return None
        configuration = {
            "type": self._configuration_type(instrument_type, configuration_id),
            "instrument_type": instrument_type,
            "instrument_configs": instrument_configs,
            "acquisition_config": self._build_acquisition_config(configuration_id),
            "guiding_config": self._build_guiding_config(configuration_id),
            "constraints": self._build_constraints(configuration_id),
            "target": self._build_target_fields(self._target_of(configuration_id)),
        }
        rate = self.cleaned_data.get(f"c_{configuration_id}_fractional_ephemeris_rate")
        if rate is not None and configuration["target"]["type"] == "ORBITAL_ELEMENTS":
            configuration["target"]["extra_params"] = {"fractional_ephemeris_rate": rate}
        repeat = self.cleaned_data.get(f"c_{configuration_id}_repeat_duration")
        if repeat:
            configuration["repeat_duration"] = repeat
        return configuration

    def _target_of(self, configuration_id):
        return self.cleaned_data.get(f"c_{configuration_id}_target_override") or self.cleaned_data["target_id"]

    def _build_configurations(self) -> list[dict]:
        built = [self._build_configuration(j) for j in self._configurations()]
        return [configuration for configuration in built if configuration]

    # expansions, which the portal makes

    def _expansion(self, kind, names) -> dict:
        values = {name: self.cleaned_data.get(f"{kind}_{field}") for name, field in names.items()}
        values["center"] = self.cleaned_data.get(f"{kind}_center") != "False"
        values["pattern"] = self.cleaned_data[f"{kind}_pattern"]
        return {name: value for name, value in values.items() if value is not None}

    def _expand_dither_pattern(self, configuration) -> dict:
        names = ("orientation", "point_spacing", "num_points", "num_rows", "num_columns", "line_spacing")
        return self.portal.post(
            "/api/configurations/dither/", {"configuration": configuration, **self._expansion("dither", {n: n for n in names})}
        )

    def _expand_mosaic_pattern(self, request) -> dict:
        names = {
            "orientation": "orientation",
            "point_overlap_percent": "point_overlap",
            "line_overlap_percent": "line_overlap",
            "num_points": "num_points",
            "num_rows": "num_rows",
            "num_columns": "num_columns",
        }
        return self.portal.post("/api/requests/mosaic/", {"request": request, **self._expansion("mosaic", names)})

    def _expand_cadence_request(self, payload) -> dict:
        cadence = {
            "start": self.cleaned_data["start"].isoformat(),
            "end": self.cleaned_data["end"].isoformat(),
            "period": self.cleaned_data["period"],
            "jitter": self.cleaned_data["jitter"],
        }
        group = {
            **payload,
            "requests": [
                {**{k: v for k, v in request.items() if k != "windows"}, "windows": [], "cadence": cadence}
                for request in payload["requests"]
            ],
        }
        return self.portal.post("/api/requestgroups/cadence/", group)

    def observation_payload(self) -> dict:
        payload = super().observation_payload()
        request = payload["requests"][0]
        if len(request["configurations"]) == 1:
            if self.cleaned_data.get("dither_pattern"):
                request["configurations"] = [self._expand_dither_pattern(request["configurations"][0])]
            if self.cleaned_data.get("mosaic_pattern"):
                payload["requests"] = [self._expand_mosaic_pattern(request)]
        if self.cleaned_data.get("period") and self.cleaned_data.get("jitter"):
            payload = self._expand_cadence_request(payload)
        return payload
