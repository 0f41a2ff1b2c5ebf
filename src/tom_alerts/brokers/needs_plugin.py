"""Brokers whose interface is a package of its own."""

from __future__ import annotations

from crispy_forms.layout import HTML, Layout

from tom_alerts.alerts import GenericAlert, GenericBroker, GenericQueryForm


class NeedsPluginForm(GenericQueryForm):
    package = ""
    service = ""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper.inputs.pop()
        self.helper.layout = Layout(
            HTML(
                f"<p>{self.service} is asked by the package <code>{self.package}</code>. Install it, add it to INSTALLED_APPS, "
                "and it will offer its queries here or under Data Services.</p>"
            )
        )


class NeedsPluginBroker(GenericBroker):
    """Says which package to install; finds nothing itself."""

    package = ""

    def fetch_alerts(self, parameters: dict):
        return iter(()), f"{self.name} needs the package {self.package}."

    def to_generic_alert(self, alert) -> GenericAlert:
        raise NotImplementedError(f"{self.name} needs the package {self.package}.")
