"""Settings that targets read."""

from tom_common.conf import Setting
from tom_common.shapes import Each, Keys, ListOf, OneOf

EXTRA = Keys({"name": str, "type": OneOf(("number", "string", "boolean", "datetime")), "hidden": bool}, required=("name", "type"))
SITE = Keys(
    {"name": str, "latitude_deg": float, "longitude_deg": float, "elevation_m": float}, required=("name", "latitude_deg", "longitude_deg")
)

SETTINGS = [
    Setting("TARGET_TYPE", "SIDEREAL", "Type that the form for a new target offers first.", kind=str, choices=("SIDEREAL", "NON_SIDEREAL")),
    Setting("TARGET_MODEL_CLASS", None, "Dotted path of the project's own target model, a subclass of BaseTarget.", kind=(str, None)),
    Setting(
        "MATCH_MANAGERS",
        {},
        "{'Target': dotted path of the manager that says which targets are the same object}.",
        kind=dict,
        shape=Each("path"),
    ),
    Setting("TARGET_DEFAULT_PERMISSION", "PRIVATE", "Who sees a new target.", kind=str, choices=("PRIVATE", "PUBLIC", "OPEN")),
    Setting(
        "EXTRA_FIELDS",
        [],
        "Further fields of targets: [{name, type (number, string, boolean, datetime), default, hidden}].",
        kind=list,
        shape=ListOf(EXTRA),
    ),
    Setting("TARGET_LIST_COLUMNS", ["name", "type", "ra", "dec"], "Columns of the table of targets.", kind=list, shape=ListOf(str)),
    Setting("SELECTION_EXTRA_FIELDS", [], "Attributes of targets shown in the table of target selection.", kind=list, shape=ListOf(str)),
    Setting(
        "FINDER_CATALOG_URL",
        "https://gea.esac.esa.int",
        "Gaia archive that is asked for the stars of finder charts when somebody wants them; '' for none.",
        kind=(str, None),
    ),
    Setting(
        "VISIBILITY_SITES",
        [],
        "Observatories for which a target's page plots tonight: [{name, latitude_deg, longitude_deg, elevation_m}]; three by default.",
        kind=list,
        shape=ListOf(SITE),
    ),
    Setting(
        "TARGET_IMPORT_MAX_MB",
        500,
        "Largest file of targets that is read, in megabytes after decompression.",
        kind=(int, float),
    ),
]
