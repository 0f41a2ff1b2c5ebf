"""Services that are asked for data of one target: the interface, and what settings name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from django import forms
from django.utils.module_loading import import_string

from tom_common.conf import tom_settings


class SingleTargetDataServiceException(Exception):  # noqa: N818
    """What went wrong with a query, in words for the person who asked."""


def service_settings() -> dict[str, dict[str, Any]]:
    """The setting SINGLE_TARGET_DATA_SERVICES, or its older name FORCED_PHOTOMETRY_SERVICES."""
    return tom_settings.SINGLE_TARGET_DATA_SERVICES or tom_settings.FORCED_PHOTOMETRY_SERVICES or {}


def get_service_classes() -> dict[str, type]:
    """Name to class of every configured service."""
    found = {}
    for key, service in service_settings().items():
        try:
            cls = import_string(service["class"])
        except (ImportError, KeyError) as error:
            raise ImportError(f"Could not import the single-target data service {key}: {error}. Did you provide the correct path?") from error
        found[cls.name] = cls
    return found


def get_service_class(name: str) -> type:
    """The class of that name; ImportError when there is none."""
    try:
        return get_service_classes()[name]
    except KeyError:
        raise ImportError(f"Could not find a single-target data service with the name {name}. Did you add it to the settings?") from None


class BaseSingleTargetDataServiceQueryForm(forms.Form):
    """The form by which a service is asked. Subclasses add fields and say in `layout` how they stand.

    `helper` (crispy) and `common_layout` are set when the form is made, and may be changed after that.
    """

    service = forms.CharField(required=True, max_length=50, widget=forms.HiddenInput())
    target_id = forms.IntegerField(required=True, widget=forms.HiddenInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        from crispy_forms.helper import FormHelper
        from crispy_forms.layout import Layout

        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.common_layout = Layout("service", "target_id")
        own = self.layout()
        self.helper.layout = Layout(self.common_layout, *([own] if own is not None else []), self.button_layout())

    def layout(self) -> Any:
        """The fields of the service (a crispy layout); without one they stand as they are declared."""
        from crispy_forms.layout import Div

        return Div(*(name for name in self.fields if name not in BaseSingleTargetDataServiceQueryForm.base_fields), css_class="form-grid")

    def button_layout(self) -> Any:
        from crispy_forms.layout import HTML, ButtonHolder, Submit

        back = '{% if target %}<a class="btn btn-outline-secondary" href="{% url "targets:detail" target.pk %}">Cancel</a>{% endif %}'
        return ButtonHolder(Submit("submit", "Query"), HTML(back), css_class="form-actions")


class BaseSingleTargetDataService(ABC):
    name = "BaseSingleTargetDataService"
    info_url: str | None = None
    service_notes: str | None = None
    data_service_type = "Data Service"

    @abstractmethod
    def get_form(self) -> type[forms.Form]:
        """The class of the form that asks for the parameters of a query."""

    @abstractmethod
    def query_service(self, query_parameters: dict[str, Any]) -> Any:
        """Ask the service and store what it gives; SingleTargetDataServiceException says what went wrong."""

    @abstractmethod
    def validate_form(self, query_parameters: dict[str, Any]) -> None:
        """Raise SingleTargetDataServiceException for parameters that the service does not take."""

    @abstractmethod
    def get_success_message(self) -> str:
        """What to tell when the query went out."""

    @abstractmethod
    def get_data_product_type(self) -> str:
        """The type of data product in which results are stored."""

    def get_context_data(self) -> dict[str, Any]:
        """More variables for the page of the form."""
        return {}


# The older names.
BaseForcedPhotometryService = BaseSingleTargetDataService
BaseForcedPhotometryQueryForm = BaseSingleTargetDataServiceQueryForm
ForcedPhotometryServiceException = SingleTargetDataServiceException
