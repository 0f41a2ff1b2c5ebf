"""The settings of catalogues."""

from tom_common.conf import Setting
from tom_common.shapes import Each, ListOf

SETTINGS = [
    Setting(
        "TOM_HARVESTER_CLASSES",
        [],
        "Dotted paths of harvester classes (the older name of INCLUDE_HARVESTER_CLASSES).",
        (list, tuple),
        shape=ListOf("path"),
    ),
    Setting(
        "INCLUDE_HARVESTER_CLASSES",
        [],
        "Dotted paths of the harvester classes on offer; empty offers those of all installed apps.",
        (list, tuple),
        shape=ListOf("path"),
    ),
    Setting(
        "EXCLUDE_HARVESTER_CLASSES", [], "Dotted paths of harvester classes that are not offered.", (list, tuple), shape=ListOf("path")
    ),
    Setting("HARVESTERS", {}, "Configuration of harvesters by name: keys, credentials.", dict, shape=Each(Each())),
]
