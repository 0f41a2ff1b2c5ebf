"""The settings of alerts and brokers."""

from tom_common.conf import Setting
from tom_common.shapes import Each, ListOf, OneOf

SETTINGS = [
    Setting(
        "TOM_ALERT_CLASSES",
        None,
        "Dotted paths of the broker classes on offer; None offers those that come with the toolkit.",
        (list, tuple, None),
        shape=(ListOf("path"), OneOf((None,))),
    ),
    Setting("BROKERS", {}, "Configuration of brokers by name: keys, addresses, credentials.", dict, shape=Each(Each())),
    Setting("LASAIR_TOKEN", None, "The Lasair API token, where BROKERS['LASAIR']['api_key'] does not give it.", (str, None)),
    Setting("ALERT_SCHEMA_FOLDERS", [], "Folders with the published .avsc files of surveys, for packets in the Kafka wire format.", list),
    Setting("ALERT_MATCH_RADIUS_ARCSEC", 1.5, "An alert within this distance of a target belongs to it.", (int, float)),
    Setting(
        "ALERT_SOLAR_SYSTEM_RADIUS_ARCSEC",
        30.0,
        "An alert within this distance of a known solar-system object is taken to be that object (ZTF searches within 30 arcsec).",
        (int, float),
    ),
    Setting("ALERT_LEDGER_RETENTION_DAYS", 365, "Days for which the ledger of ingests is kept; None keeps it for ever.", (int, None)),
    Setting(
        "ALERT_DEAD_LETTER_RETENTION_DAYS", 90, "Days for which packets that could not be ingested are kept; None for ever.", (int, None)
    ),
    Setting("ALERT_RESULT_CACHE_S", 3600, "Seconds for which a user's query results stay at hand, to make targets of.", int),
]
