"""Settings that targets read."""

from tom_common.conf import Setting

SETTINGS = [
    Setting("TARGET_TYPE", "SIDEREAL", "Type that the form for a new target offers first.", kind=str, choices=("SIDEREAL", "NON_SIDEREAL")),
    Setting("TARGET_MODEL_CLASS", None, "Dotted path of the project's own target model, a subclass of BaseTarget.", kind=(str, None)),
    Setting("MATCH_MANAGERS", {}, "{'Target': dotted path of the manager that says which targets are the same object}.", kind=dict),
    Setting("TARGET_DEFAULT_PERMISSION", "PRIVATE", "Who sees a new target.", kind=str, choices=("PRIVATE", "PUBLIC", "OPEN")),
    Setting("EXTRA_FIELDS", [], "Further fields of targets: [{name, type (number, string, boolean, datetime), default, hidden}].", kind=list),
    Setting("TARGET_LIST_COLUMNS", ["name", "type", "ra", "dec"], "Columns of the table of targets.", kind=list),
    Setting("SELECTION_EXTRA_FIELDS", [], "Attributes of targets shown in the table of target selection.", kind=list),
    Setting(
        "VISIBILITY_SITES",
        [],
        "Observatories for which a target's page plots tonight: [{name, latitude_deg, longitude_deg, elevation_m}]; three by default.",
        kind=list,
    ),
]
