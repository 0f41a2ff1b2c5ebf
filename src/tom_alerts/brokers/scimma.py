"""SCIMMA: its interface is the package tom-scimma (the public SKIP service is retired)."""

from tom_alerts.brokers.needs_plugin import NeedsPluginBroker, NeedsPluginForm


class SCIMMAQueryForm(NeedsPluginForm):
    package = "tom-scimma"
    service = "SCIMMA"


class SCIMMABroker(NeedsPluginBroker):
    name = "SCIMMA"
    form = SCIMMAQueryForm
    package = "tom-scimma"
