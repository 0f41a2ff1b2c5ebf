"""The interface of a catalogue: one term in, one target out."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from typing import Any

from django.apps import apps
from django.utils.module_loading import import_string

from tom_common.conf import tom_settings
from tom_common.plugins import classes_named
from tom_targets.models import Target

logger = logging.getLogger(__name__)


class MissingDataException(Exception):  # noqa: N818 - the name is part of the contract
    """The catalogue gave nothing, or was not asked yet."""


def get_service_classes() -> dict[str, type[AbstractHarvester]]:
    """The harvesters of this TOM by name.

    :raises ImportError: a path in the settings cannot be imported; one that an app offers is left out with a warning
    """
    named = [*(tom_settings.TOM_HARVESTER_CLASSES or []), *(tom_settings.INCLUDE_HARVESTER_CLASSES or [])]
    if named:
        harvesters = classes_named(dict.fromkeys(named), setting="INCLUDE_HARVESTER_CLASSES")
        return {harvester.name: harvester for harvester in harvesters}
    found = {}
    excluded = set(tom_settings.EXCLUDE_HARVESTER_CLASSES or [])
    for config in apps.get_app_configs():
        offered = getattr(config, "harvester_classes", None)
        for path in (offered() or []) if offered is not None else []:
            if path in excluded:
                continue
            try:
                harvester = import_string(path)
            except ImportError as error:
                logger.warning("The harvester %s of the app %s cannot be imported: %s", path, config.name, error)
                continue
            found[harvester.name] = harvester
    return found


def get_service_class(name: str) -> type[AbstractHarvester]:
    """The harvester of this name.

    :raises ImportError: there is none
    """
    try:
        return get_service_classes()[name]
    except KeyError as error:
        raise ImportError(f"Could not find a catalog with the name {name}.") from error


class AbstractHarvester(ABC):
    """Asks a catalogue for a term and makes a target of the answer. `catalog_data` holds the answer, whatever its type."""

    name = "ABSTRACT_HARVESTER"
    help_text: str = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.catalog_data: Any = {}

    @abstractmethod
    def query(self, term: str) -> Any:
        """Ask for the term and keep the answer in `catalog_data`."""

    @staticmethod
    def jd_to_mjd(jd_value: float) -> float:
        """MJD of a JD; a number that is an MJD already stays as it is."""
        return jd_value - 2400000.5 if jd_value > 2400000.5 else jd_value

    def to_target(self) -> Target:
        """An unsaved target; subclasses fill it from `catalog_data`. It may carry `extra_names`.

        :raises MissingDataException: `catalog_data` is empty
        """
        if self.catalog_data is None or len(self.catalog_data) == 0:
            raise MissingDataException("No catalog data. Did you call query()?")
        return Target()
