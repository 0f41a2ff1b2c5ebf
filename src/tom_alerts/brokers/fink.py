"""Fink: its interface is the package tom-fink."""

from tom_alerts.brokers.needs_plugin import NeedsPluginBroker, NeedsPluginForm


class FinkQueryForm(NeedsPluginForm):
    package = "tom-fink"
    service = "Fink"


class FinkBroker(NeedsPluginBroker):
    name = "Fink"
    form = FinkQueryForm
    package = "tom-fink"
