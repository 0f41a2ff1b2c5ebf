"""Hermes: its interface is the package tom-hermes."""

from tom_alerts.brokers.needs_plugin import NeedsPluginBroker, NeedsPluginForm


class HermesQueryForm(NeedsPluginForm):
    package = "tom-hermes"
    service = "Hermes"


class HermesBroker(NeedsPluginBroker):
    name = "Hermes"
    form = HermesQueryForm
    package = "tom-hermes"
