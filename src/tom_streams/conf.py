"""The settings of streams."""

from tom_common.conf import Setting
from tom_common.shapes import Each, Keys, ListOf

OPTIONS = Keys({"URL": str, "USERNAME": str, "PASSWORD": str, "GROUP_ID": str, "START_POSITION": str, "TOPIC_HANDLERS": Each("path")})
STREAM = Keys({"ACTIVE": bool, "NAME": "path", "LABEL": str, "OPTIONS": OPTIONS}, required=("NAME",))

SETTINGS = [
    Setting(
        "ALERT_STREAMS",
        [],
        "Streams to read: [{'ACTIVE': True, 'NAME': dotted path of a stream class, 'OPTIONS': {'URL', 'USERNAME', 'PASSWORD', 'GROUP_ID', "
        "'TOPIC_HANDLERS': {topic: dotted path of a handler(alert, metadata)}}}].",
        list,
        shape=ListOf(STREAM),
    ),
]
