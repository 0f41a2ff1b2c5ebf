"""The extension points of this app, on one page.

* A **broker** is a class with the interface of :class:`tom_alerts.alerts.GenericBroker`, named in the setting `TOM_ALERT_CLASSES`.
"""

EXTENSION_POINTS = {"broker": ("tom_alerts.alerts.GenericBroker", "TOM_ALERT_CLASSES")}
