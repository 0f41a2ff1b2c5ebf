"""The extension points that tom_catalogs offers."""

from tom_common.plugins import PluginKind, register_kind

HARVESTER = register_kind(
    PluginKind(
        "harvester",
        help="a catalogue: answers a name with the numbers of a target",
        setting="INCLUDE_HARVESTER_CLASSES",
        also=("TOM_HARVESTER_CLASSES",),
        method="harvester_classes",
        base="tom_catalogs.harvester.AbstractHarvester",
    )
)
