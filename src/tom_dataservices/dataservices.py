"""The interface that a data service implements. Apps name their services in `AppConfig.data_services()`.

It serves both generations of services: those whose methods hand over parts of an answer and leave the saving to the page, and those that
take a `user` and save themselves.
"""

from __future__ import annotations

import inspect
import logging
from abc import ABC, abstractmethod
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.utils.module_loading import import_string

from tom_targets.models import Target, TargetName

logger = logging.getLogger(__name__)


class MissingDataException(Exception):  # noqa: N818 - the name is part of the contract
    """A step was asked for before the query that gives its data."""


class NotConfiguredError(Exception):
    """A data service lacks what it needs in the setting DATA_SERVICES."""


class QueryServiceError(Exception):
    """A query to a data service failed."""


def get_data_service_classes() -> dict[str, type[DataService]]:
    """The data services of all installed apps by name; one that cannot be imported is left out with a warning."""
    found = {}
    for config in apps.get_app_configs():
        offered = getattr(config, "data_services", None)
        if offered is None:
            continue
        for item in offered() or []:
            path = item["class"] if isinstance(item, dict) else item
            try:
                service = import_string(path) if isinstance(path, str) else path
            except ImportError as error:
                logger.warning("The data service %s of the app %s cannot be imported: %s", path, config.name, error)
                continue
            found[service.name] = service
    return found


def get_data_service_class(name: str) -> type[DataService]:
    """The data service of this name.

    :raises ImportError: there is none
    """
    try:
        return get_data_service_classes()[name]
    except KeyError as error:
        raise ImportError(f"Could not find a data service with the name {name}. Is its app in INSTALLED_APPS?") from error


def make_service(service_class: type[DataService], *, query_parameters: Any = None, user: Any = None) -> DataService:
    """An instance, also of a class written before services knew of their user."""
    accepted = inspect.signature(service_class.__init__).parameters
    takes_all = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in accepted.values())
    given = {"query_parameters": query_parameters, "user": user}
    service = service_class(**{name: value for name, value in given.items() if takes_all or name in accepted})
    if getattr(service, "user", None) is None:
        service.user = user
    return service


class DataService(ABC):
    """A service that answers a query with targets, their names and their data."""

    name = "Generic Data Service"
    verbose_name: str | None = None
    info_url: str | None = None
    base_url: str | None = None
    service_notes: str | None = None
    query_results_table: str | None = None
    app_version: str | None = None
    app_link: str | None = None

    def __init__(self, query_parameters=None, user=None, *args, **kwargs):
        self.target_results: Any = {}
        self.photometry_results: Any = {}
        self.query_results: Any = {}
        self.query_parameters = query_parameters or {}
        self.user = user

    def __str__(self) -> str:
        return self.verbose_name or self.name

    # --- asking -----------------------------------------------------------------------------------------------------------------------

    @abstractmethod
    def query_service(self, query_parameters, **kwargs):
        """Ask the service; keeps the answer in `query_results` and returns it."""

    def pre_query_validation(self, query_parameters):
        """Check the parameters before the service is asked."""
        raise NotImplementedError(f"{self.name} does not check its parameters.")

    def build_query_parameters(self, parameters, **kwargs):
        """The service's own parameters from the form's data; keeps them in `query_parameters`."""
        raise NotImplementedError(f"{self.name} must implement build_query_parameters.")

    def build_headers(self, *args, **kwargs) -> dict[str, str]:
        return {}

    @classmethod
    def get_form_class(cls):
        raise NotImplementedError(f"{cls.__name__} must implement get_form_class.")

    @classmethod
    def configuration(cls, **kwargs) -> dict[str, Any]:
        """`settings.DATA_SERVICES[name]`.

        :raises NotConfiguredError: there is no such entry
        """
        try:
            return settings.DATA_SERVICES[cls.name]
        except (AttributeError, KeyError) as error:
            raise NotConfiguredError(f"The {cls.name} data service is not configured: add it to the setting DATA_SERVICES.") from error

    @classmethod
    def get_configuration(cls, config_type=None, value=None, **kwargs) -> Any:
        """All of the configuration, or one entry of it, or `value` where it lacks it.

        :raises NotConfiguredError: it is not configured and no `value` is given
        """
        if config_type is None:
            return cls.configuration(**kwargs)
        try:
            return cls.configuration(**kwargs)[config_type]
        except (KeyError, NotConfiguredError):
            if value is not None:
                return value
            raise NotConfiguredError(f"The {cls.name} data service is not configured: DATA_SERVICES lacks {config_type}.") from None

    @classmethod
    def get_credentials(cls, **kwargs) -> Any:
        return cls.get_configuration("api_key", **kwargs)

    @classmethod
    def urls(cls, **kwargs) -> dict[str, str]:
        """The service's addresses by kind."""
        return {"base_url": cls.base_url, "info_url": cls.info_url}

    @classmethod
    def get_urls(cls, url_type=None, value=None, **kwargs) -> Any:
        """All addresses, or the one of this kind, or `value`."""
        urls = cls.urls(**kwargs)
        return urls if url_type is None else urls.get(url_type, value)

    def get_additional_context_data(self, **kwargs) -> dict[str, Any]:
        """What the result page needs besides the results."""
        return {}

    def get_success_message(self, **kwargs) -> str:
        return f"{self.verbose_name or self.name} was asked."

    def query_targets(self, query_parameters, **kwargs) -> list[dict[str, Any]]:
        """A list of dicts, one a target; they may hold `reduced_datums` and `aliases`."""
        return self.query_service(query_parameters, **kwargs)

    def query_aliases(self, query_parameters=None, target=None, **kwargs) -> list:
        return []

    def query_photometry(self, query_parameters, **kwargs):
        raise NotImplementedError(f"{self.name} has no photometry.")

    def query_spectroscopy(self, query_parameters, **kwargs):
        raise NotImplementedError(f"{self.name} has no spectroscopy.")

    def query_forced_photometry(self, query_parameters, **kwargs):
        raise NotImplementedError(f"{self.name} has no forced photometry.")

    def query_reduced_data(self, target, **kwargs) -> dict[str, Any]:
        """Photometry and spectra of a target (or, as services once did, of query parameters); forced photometry is not asked for."""
        if isinstance(target, Target._meta.model) or hasattr(target, "aliases"):
            parameters = self.build_query_parameters_from_target(target, **kwargs)  # type: ignore[attr-defined]
        else:
            parameters = target
        found = {}
        for kind, query in (("photometry", self.query_photometry), ("spectroscopy", self.query_spectroscopy)):
            try:
                data = query(parameters, **kwargs)
            except NotImplementedError:
                continue
            if data is not None and len(data) > 0:
                found[kind] = data
        return found

    # --- keeping ----------------------------------------------------------------------------------------------------------------------

    def to_data_product(self, query_results=None, **kwargs):
        results = query_results or self.query_results
        if not results:
            raise MissingDataException("No query results. Did you call query_service()?")
        return self.create_data_product_from_query(results, **kwargs)

    def create_data_product_from_query(self, query_results, **kwargs):
        raise NotImplementedError(f"{self.name} makes no data products.")

    def to_reduced_datums(self, target, data_results=None, **kwargs):
        """Store the data that a query gave, by kind: `{"photometry": ..., "spectroscopy": ...}`.

        :raises MissingDataException: there are none
        """
        results = data_results or (
            {"photometry": self.photometry_results} if self.photometry_results is not None and len(self.photometry_results) else None
        )
        if not results:
            raise MissingDataException("No reduced data. Did you call a query method?")
        if not isinstance(results, dict):
            return self.create_reduced_datums_from_query(target, results, **kwargs)
        return [
            self.create_reduced_datums_from_query(target, data=data, data_type=data_type, **kwargs) for data_type, data in results.items()
        ]

    def create_reduced_datums_from_query(self, target, data=None, data_type=None, **kwargs):
        raise NotImplementedError(f"{self.name} stores no reduced data.")

    def to_target(self, target_result=None, request=None, **kwargs):
        """The saved target of one result; an existing target of the same name is used again, with a warning.

        :raises MissingDataException: there is no result
        """
        from tom_dataservices.services import save_target

        result = target_result or self.target_results
        if not result:
            raise MissingDataException("No query results. Did you call query_targets()?")
        target = self.create_target_from_query(result, **kwargs)
        if isinstance(target, tuple):
            return target
        saved, created = save_target(
            actor=getattr(request, "user", None) or self.user,
            target=target,
            extras=self.create_target_extras_from_query(result, **kwargs) or {},
        )
        if not created and request is not None:
            messages.warning(request, f"A target named {saved.name} exists already; it is used.")
        return saved

    def create_target_from_query(self, target_result, **kwargs):
        """An unsaved target."""
        raise NotImplementedError(f"{self.name} makes no targets.")

    def create_target_extras_from_query(self, query_results, **kwargs) -> dict[str, Any]:
        return {}

    def to_aliases(self, target, alias_results=None, **kwargs) -> list[TargetName]:
        """Save the aliases that are valid; others, such as the name of another target, are left out."""
        saved = []
        for alias in self.create_aliases_from_query(alias_results or [], **kwargs):
            alias.target = target
            try:
                alias.full_clean()
            except ValidationError:
                continue
            alias.save()
            saved.append(alias)
        return saved

    def create_aliases_from_query(self, alias_results, **kwargs) -> list[TargetName]:
        """Unsaved aliases."""
        return [alias if isinstance(alias, TargetName) else TargetName(name=str(alias)) for alias in alias_results]
