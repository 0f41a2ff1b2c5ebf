"""Models of targets. `Target` is the class that the setting TARGET_MODEL_CLASS names, `BaseTarget` without it."""

from django.conf import settings
from django.utils.module_loading import import_string

from tom_targets.base_models import (
    GLOBAL_TARGET_FIELDS,
    IGNORE_FIELDS,
    NON_SIDEREAL_FIELDS,
    REQUIRED_NON_SIDEREAL_FIELDS,
    REQUIRED_NON_SIDEREAL_FIELDS_PER_SCHEME,
    REQUIRED_SIDEREAL_FIELDS,
    SIDEREAL_FIELDS,
    BaseTarget,
    TargetMatchManager,
    get_default_target_permission,
    get_target_model_app_label,
)
from tom_targets.models.extras import TargetExtra
from tom_targets.models.grants import Grant, TargetGroupObjectPermission, TargetUserObjectPermission
from tom_targets.models.imports import TargetImport, TargetImportPart
from tom_targets.models.lists import TargetList
from tom_targets.models.names import TargetName
from tom_targets.models.shares import PersistentShare
from tom_targets.models.stars import StarField


def get_target_model_class():
    """The configured target model."""
    path = getattr(settings, "TARGET_MODEL_CLASS", None)
    return import_string(path) if path else BaseTarget


def __getattr__(name):
    # Late, so that the module of a project's own target model may be the one that loads this package.
    if name == "Target":
        return get_target_model_class()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "GLOBAL_TARGET_FIELDS",
    "IGNORE_FIELDS",
    "NON_SIDEREAL_FIELDS",
    "REQUIRED_NON_SIDEREAL_FIELDS",
    "REQUIRED_NON_SIDEREAL_FIELDS_PER_SCHEME",
    "REQUIRED_SIDEREAL_FIELDS",
    "SIDEREAL_FIELDS",
    "BaseTarget",
    "Grant",
    "PersistentShare", "StarField",
    "Target",  # noqa: F822
    "TargetExtra",
    "TargetGroupObjectPermission",
    "TargetImport",
    "TargetImportPart",
    "TargetList",
    "TargetMatchManager",
    "TargetName",
    "TargetUserObjectPermission",
    "get_default_target_permission",
    "get_target_model_app_label",
    "get_target_model_class",
]
