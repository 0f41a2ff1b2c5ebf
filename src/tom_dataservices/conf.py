"""The settings of data services."""

from tom_common.conf import Setting
from tom_common.shapes import Each

SETTINGS = [
    Setting("DATA_SERVICES", {}, "Configuration of data services by name: keys, addresses, credentials.", dict, shape=Each(Each())),
    Setting("DATA_SERVICE_RESULT_CACHE_S", 3600, "Seconds for which a user's query results stay at hand, to make targets of.", int),
]
