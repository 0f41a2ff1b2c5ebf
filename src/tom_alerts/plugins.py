"""The extension points that tom_alerts offers."""

from tom_alerts.alerts import DEFAULT_ALERT_CLASSES
from tom_common.plugins import PluginKind, register_kind

BROKER = register_kind(
    PluginKind(
        "broker",
        help="an alert broker: answers a query with alerts, of which targets are made",
        setting="TOM_ALERT_CLASSES",
        base="tom_alerts.alerts.GenericBroker",
        default=DEFAULT_ALERT_CLASSES,
    )
)
