"""The settings of streams."""

from tom_common.conf import Setting

SETTINGS = [
    Setting(
        "ALERT_STREAMS",
        [],
        "Streams to read: [{'ACTIVE': True, 'NAME': dotted path of a stream class, 'OPTIONS': {'URL', 'USERNAME', 'PASSWORD', 'GROUP_ID', "
        "'TOPIC_HANDLERS': {topic: dotted path of a handler(alert, metadata)}}}].",
        list,
    ),
]
