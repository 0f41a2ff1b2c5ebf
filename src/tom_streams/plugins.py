"""The extension points that tom_streams offers."""

from tom_common.plugins import PluginKind, register_kind

STREAM = register_kind(
    PluginKind(
        "stream",
        help="a stream of messages (Kafka): topics with a handler each",
        setting="ALERT_STREAMS",
        base="tom_streams.alertstream.AlertStream",
        required=("open",),
        key="NAME",
        resolve="tom_streams.alertstream.resolve",
    )
)
