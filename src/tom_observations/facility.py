"""The interface of a facility: what a plugin subclasses to bring a telescope into a TOM.

A robotic facility takes requests and reports on them; a manual one is a person who observes and says so; a redirect one sends the user to
its own site and is told what came of it. Facilities are listed in ``TOM_FACILITY_CLASSES`` or by an app's ``observation_facilities()``.
"""

from __future__ import annotations

import copy
import logging
from abc import ABC, abstractmethod
from enum import Enum

from crispy_forms.helper import FormHelper
from crispy_forms.layout import ButtonHolder, Layout, Submit
from django import forms
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from tom_common.conf import tom_settings
from tom_common.plugins import classes_named

from .forms.layouts import BackToTarget, SubmissionKey

logger = logging.getLogger(__name__)

DEFAULT_FACILITY_CLASSES = [
    "tom_observations.facilities.lco.LCOFacility",
    "tom_observations.facilities.gemini.GEMFacility",
    "tom_observations.facilities.soar.SOARFacility",
    "tom_observations.facilities.blanco.BLANCOFacility",
]

AUTO_THUMBNAILS = getattr(settings, "AUTO_THUMBNAILS", False)


class CredentialStatus(Enum):
    """Where the credentials come from with which a facility works for the user at hand, or why there are none."""

    NOT_INITIALIZED = "not_initialized"
    NO_PROFILE = "no_profile"
    PROFILE_EMPTY = "profile_empty"
    USING_DEFAULTS = "using_defaults"
    USING_USER_CREDS = "using_user_creds"
    VALIDATION_FAILED_AUTH = "validation_failed_auth"
    VALIDATION_FAILED_NETWORK = "validation_failed_network"


def get_service_classes() -> dict[str, type]:
    """The facilities of this TOM by name: those of the settings first, then those of installed apps; of two with one name the first.

    A path in the settings that cannot be imported raises ``ImportError``; one that an app names is logged and left out.
    """
    paths = getattr(settings, "TOM_FACILITY_CLASSES", None)
    named = classes_named(DEFAULT_FACILITY_CLASSES if paths is None else paths, setting="TOM_FACILITY_CLASSES")
    found: dict[str, type] = {facility_class.name: facility_class for facility_class in named}
    for facility_class in _facilities_of_apps():
        found.setdefault(facility_class.name, facility_class)
    return found


def _facilities_of_apps():
    from tom_common.plugins import integration_items

    for item in integration_items("observation_facilities"):
        try:
            facility_class = import_string(item["class"])
            facility_class.name  # noqa: B018
        except (ImportError, AttributeError, KeyError, TypeError, ValueError) as error:
            logger.warning("The facility %r that an app offers is left out: %s", item, error)
            continue
        yield facility_class


def get_service_class(name: str) -> type:
    """The facility of that name. ``ImportError`` when there is none."""
    try:
        return get_service_classes()[name]
    except KeyError:
        raise ImportError(f"There is no facility named {name!r} in this TOM: add its class to TOM_FACILITY_CLASSES.") from None


class BaseObservationForm(forms.Form):
    """The form by which an observation is requested. Subclasses add fields and say in `layout` how they stand."""

    facility = forms.CharField(required=True, max_length=50, widget=forms.HiddenInput())
    target_id = forms.IntegerField(required=True, widget=forms.HiddenInput())
    observation_type = forms.CharField(required=False, max_length=50, widget=forms.HiddenInput())
    validation_message = "This observation is valid."

    def __init__(self, *args, **kwargs):
        self.facility = kwargs.pop("facility", None)
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        if tom_settings.TARGET_PERMISSIONS_ONLY:
            self.common_layout = Layout("facility", "target_id", "observation_type", SubmissionKey())
        else:
            self.fields["groups"] = forms.ModelMultipleChoiceField(
                Group.objects.none(), required=False, widget=forms.CheckboxSelectMultiple, label="Groups that may see this observation"
            )
            self.common_layout = Layout("facility", "target_id", "observation_type", SubmissionKey(), "groups")
        self.helper.layout = Layout(self.common_layout, self.layout(), self.button_layout())

    def layout(self):
        """Override point: a crispy Layout, Div or the like of the fields of this form."""
        return None

    def button_layout(self):
        return ButtonHolder(
            Submit("submit", "Submit"), Submit("validate", "Validate", css_class="btn-outline-primary"), BackToTarget(self._target_id())
        )

    def _target_id(self):
        raw = self.data.get("target_id") if self.is_bound else self.initial.get("target_id")
        try:
            return int(raw)
        except (TypeError, ValueError):
            return None

    def get_validation_message(self) -> str:
        return self.validation_message

    def is_valid(self):
        return super().is_valid()

    def serialize_parameters(self) -> dict:
        """The cleaned values, as they are kept with the record: must be fit for JSON."""
        parameters = copy.deepcopy(self.cleaned_data)
        parameters.pop("groups", None)
        return parameters

    def observation_payload(self) -> dict:
        """What ``facility.submit_observation`` is given."""
        return {"target_id": self.cleaned_data["target_id"], "params": self.serialize_parameters()}


class BaseRoboticObservationForm(BaseObservationForm):
    """The form of a facility that takes requests."""


GenericObservationForm = BaseRoboticObservationForm


class BaseManualObservationForm(BaseObservationForm):
    """The form of an observation that a person carries out."""

    name = forms.CharField()
    start = forms.CharField(widget=forms.TextInput(attrs={"type": "date"}))
    end = forms.CharField(required=False, widget=forms.TextInput(attrs={"type": "date"}))
    observation_id = forms.CharField(required=False)
    observation_params = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 4}))


class BaseObservationFacility(ABC):
    """What every facility has. `observation_forms` maps each observation type, which is also its tab's label, to its form class."""

    name = "BaseObservation"
    observation_forms: dict[str, type[forms.Form]] = {}
    is_redirect = False
    button_label = ""
    button_tooltip = ""
    detail_url_name: str | None = None

    def __init__(self):
        self.user = None
        self.credential_status = CredentialStatus.NOT_INITIALIZED

    def set_user(self, user):
        """Whose observation this is. Override to load that user's credentials."""
        self.user = user

    @classmethod
    def get_button_label(cls) -> str:
        return cls.button_label or cls.name

    @classmethod
    def get_button_tooltip(cls) -> str:
        return cls.button_tooltip

    def _is_credential_empty(self, credential) -> bool:
        return credential is None or not str(credential).strip()

    def _get_setting_credentials(self, facility_name: str, credential_keys) -> dict:
        """The named keys of ``FACILITIES[facility_name]``. ``ImproperlyConfigured`` when the facility or a key is missing."""
        try:
            configured = settings.FACILITIES[facility_name]
        except (AttributeError, KeyError):
            raise ImproperlyConfigured(f"FACILITIES has no entry {facility_name!r}: add it to the settings.") from None
        missing = [key for key in credential_keys if key not in configured]
        if missing:
            raise ImproperlyConfigured(f"FACILITIES[{facility_name!r}] lacks {', '.join(missing)}: add it to the settings.")
        return {key: configured[key] for key in credential_keys}

    def _raise_no_profile_error(self, user, facility_name: str):
        raise ImproperlyConfigured(f"{user} has no profile for {facility_name}: create one on the profile page and enter the credentials.")

    def _raise_no_defaults_error(self, user, facility_name: str):
        raise ImproperlyConfigured(
            f"{user} has entered no credentials for {facility_name}, and FACILITIES[{facility_name!r}] in the settings has none either."
        )

    def all_data_products(self, observation_record) -> dict:
        """``{'saved': [DataProduct], 'unsaved': [product dict]}``: what the facility holds, and what a user uploaded, of a record."""
        if not hasattr(observation_record, "dataproduct_set"):
            return {"saved": [], "unsaved": self._products_of(observation_record)}
        stored = observation_record.dataproduct_set.model._default_manager
        offered = self._products_of(observation_record)
        known = {product.product_id: product for product in stored.filter(product_id__in=[str(item["id"]) for item in offered])}
        saved = [known[str(item["id"])] for item in offered if str(item["id"]) in known]
        unsaved = [item for item in offered if str(item["id"]) not in known]
        seen = {product.pk for product in saved}
        # what else was kept for this record: uploads, which have no product id, previews, and files that the archive no longer offers
        saved += [product for product in observation_record.dataproduct_set.all() if product.pk not in seen]
        return {"saved": saved, "unsaved": unsaved}

    def _products_of(self, observation_record) -> list[dict]:
        products = getattr(self, "data_products", None)
        return list(products(observation_record.observation_id)) if products else []

    @abstractmethod
    def get_form(self, observation_type):
        """The form class of an observation type; that of a default type for an unknown one."""

    def create_form_instance(self, observation_type, **kwargs):
        return self.get_form(observation_type)(facility=self, **kwargs)

    def get_form_classes_for_display(self, **kwargs) -> dict:
        return self.observation_forms

    def get_facility_context_data(self, **kwargs) -> dict:
        """Override to give the page on which an observation is requested more context. Gets ``target=``."""
        return kwargs

    @abstractmethod
    def submit_observation(self, observation_payload) -> list:
        """Ask for the observation, and return the ids under which the facility knows what was asked."""

    @abstractmethod
    def validate_observation(self, observation_payload):
        """Errors by field; empty when the facility would take the request."""

    def get_flux_constant(self):
        """An astropy quantity or unit by which fluxes of this facility's spectra are multiplied."""
        return None

    def get_wavelength_units(self):
        return None

    def is_fits_facility(self, header) -> bool:
        """Whether the FITS header says that the file comes from here."""
        return False

    def get_start_end_keywords(self) -> tuple[str, str]:
        """The form fields that hold the beginning and the end of the window."""
        return ("start", "end")

    @abstractmethod
    def get_terminal_observing_states(self) -> list:
        """The states after which nothing more happens."""

    def get_failed_observing_states(self) -> list:
        """Those of the terminal states in which there are no data."""
        return []

    @abstractmethod
    def get_observing_sites(self) -> dict:
        """``{name: {'sitecode', 'latitude', 'longitude', 'elevation'}}`` in degrees (east positive) and metres."""

    def get_facility_weather_urls(self) -> dict:
        """``{'code': ..., 'sites': [{'code', 'weather_url'}]}``."""
        return {}

    def get_facility_status(self) -> dict:
        """``{'code': ..., 'sites': [{'code', 'telescopes': [{'code', 'status'}]}]}``."""
        return {}

    def cancel_observation(self, observation_id) -> bool:
        """Ask the facility not to carry out the observation; whether it agreed."""
        raise NotImplementedError(f"{self.name} cannot cancel observations.")

    @abstractmethod
    def get_observation_url(self, observation_id) -> str:
        """Where the facility shows the observation; empty when nowhere."""

    def get_date_obs_from_fits_header(self, header):
        return None


class BaseRoboticObservationFacility(BaseObservationFacility):
    """A facility that can be asked by a program: for an observation, for its state, for its data."""

    name = "BaseRobotic"

    def update_observation_status(self, observation_id):
        """Ask for the state of an observation and write it on every record of it."""
        from .models import ObservationRecord
        from .services.status import set_status

        records = list(ObservationRecord.objects.filter(facility=self.name, observation_id=observation_id).select_related("target"))
        if not records:
            raise ObservationRecord.DoesNotExist(f"No record of {self.name} has the observation id {observation_id}.")
        answer = self.get_observation_status(observation_id)
        for record in records:
            set_status(
                record=record,
                status=answer["state"],
                scheduled_start=answer.get("scheduled_start"),
                scheduled_end=answer.get("scheduled_end"),
            )

    def update_all_observation_statuses(self, target=None) -> list[tuple[str, str]]:
        """Update every record that is not in a terminal state, of one target or of all; those that could not be, with why."""
        from .models import ObservationRecord

        records = ObservationRecord.objects.filter(facility=self.name).exclude(status__in=self.get_terminal_observing_states())
        if target is not None:
            records = records.filter(target_id=getattr(target, "pk", target))
        failed = []
        for observation_id in records.order_by("observation_id").values_list("observation_id", flat=True).distinct():
            try:
                self.update_observation_status(observation_id)
            except Exception as error:  # one observation's trouble must not keep the others from being updated
                logger.warning("The status of %s at %s could not be updated: %s", observation_id, self.name, error)
                failed.append((observation_id, str(error)))
        return failed

    def save_data_products(self, observation_record, product_id=None) -> list:
        """Fetch and keep the files of an observation, or the one named; what was kept before is kept once."""
        from .services.data import save_facility_products

        return save_facility_products(facility=self, record=observation_record, product_id=product_id)

    @abstractmethod
    def get_observation_status(self, observation_id) -> dict:
        """``{'state', 'scheduled_start', 'scheduled_end'}``."""

    @abstractmethod
    def data_products(self, observation_id, product_id=None) -> list[dict]:
        """``[{'id', 'filename', 'created', 'url'}]``."""


GenericObservationFacility = BaseRoboticObservationFacility


class BaseManualObservationFacility(BaseObservationFacility):
    """A facility where a person observes: its records are edited by hand, their state and observation id too."""

    name = "BaseManual"

    def update_all_observation_statuses(self, target=None) -> list[tuple[str, str]]:
        """Nobody can be asked."""
        return []

    def update_observation_status(self, observation_id):
        return None

    def data_products(self, observation_id, product_id=None) -> list[dict]:
        return []

    def save_data_products(self, observation_record, product_id=None) -> list:
        return []


class BaseRedirectObservationFacility(BaseObservationFacility):
    """A facility that takes requests on its own site and then sends the user back."""

    name = "BaseRedirect"
    is_redirect = True

    def redirect_url(self, target_id, callback_url) -> str:
        raise NotImplementedError(f"{type(self).__name__} must say where to send the user: implement redirect_url().")

    def get_form(self, observation_type):
        raise TypeError(f"{self.name} takes requests on its own site, it has no form.")

    def get_template_form(self, observation_type):
        raise TypeError(f"{self.name} takes requests on its own site, it has no template form.")

    def submit_observation(self, observation_payload):
        raise TypeError(f"{self.name} takes requests on its own site.")

    def validate_observation(self, observation_payload):
        raise TypeError(f"{self.name} takes requests on its own site.")
