from tom_alerts.views.create_target import CreateTargetFromAlertView
from tom_alerts.views.queries import BrokerQueryCreateView, BrokerQueryDeleteView, BrokerQueryListView, BrokerQueryUpdateView
from tom_alerts.views.run import RunQueryView
from tom_alerts.views.submit import SubmitAlertUpstreamView

__all__ = [
    "BrokerQueryCreateView",
    "BrokerQueryDeleteView",
    "BrokerQueryListView",
    "BrokerQueryUpdateView",
    "CreateTargetFromAlertView",
    "RunQueryView",
    "SubmitAlertUpstreamView",
]
