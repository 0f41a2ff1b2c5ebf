from django import template

from tom_alerts.alerts import get_service_class

register = template.Library()


@register.inclusion_tag("tom_alerts/partials/submit_upstream_form.html")
def submit_upstream_form(broker, target=None, observation_record=None, redirect_url=None):
    """A button that sends the target or the observation to the broker of this name."""
    broker_class = get_service_class(broker)
    initial = {"target": target, "observation_record": observation_record, "redirect_url": redirect_url}
    return {"submit_upstream_form": broker_class.alert_submission_form(broker=broker_class.name, initial=initial)}
