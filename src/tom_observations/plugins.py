"""The extension points that tom_observations offers."""

from tom_common.plugins import PluginKind, register_kind

from .cadence import DEFAULT_CADENCE_STRATEGIES
from .facility import DEFAULT_FACILITY_CLASSES

FACILITY = register_kind(
    PluginKind(
        "facility",
        help="a telescope or observatory: takes requests, reports on them, delivers data",
        setting="TOM_FACILITY_CLASSES",
        method="observation_facilities",
        base="tom_observations.facility.BaseObservationFacility",
        default=DEFAULT_FACILITY_CLASSES,
    )
)

CADENCE = register_kind(
    PluginKind(
        "cadence",
        help="a rule by which observations of a group go on",
        setting="TOM_CADENCE_STRATEGIES",
        base="tom_observations.cadence.CadenceStrategy",
        default=DEFAULT_CADENCE_STRATEGIES,
    )
)
