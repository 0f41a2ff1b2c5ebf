"""Run a saved query and show what it finds."""

import itertools
import logging

import requests
from django.contrib.auth.mixins import LoginRequiredMixin
from django.shortcuts import get_object_or_404
from django.views.generic import TemplateView

from tom_alerts.alerts import split_answer
from tom_alerts.feedback import clean_feedback
from tom_alerts.models import BrokerQuery
from tom_alerts.result_cache import remember
from tom_alerts.services.targets import mark_run
from tom_alerts.views.queries import broker_or_404
from tom_common.errors import TomError
from tom_common.exceptions import ImproperCredentialsException

logger = logging.getLogger(__name__)

MOST_ALERTS = 100


class RunQueryView(LoginRequiredMixin, TemplateView):
    template_name = "tom_alerts/query_result.html"

    def get_template_names(self):
        return [getattr(self.broker_class, "template_name", None) or self.template_name]

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            self.query = get_object_or_404(BrokerQuery, pk=kwargs["pk"])
            self.broker_class = broker_or_404(self.query.broker)
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, *args, **kwargs):
        context = super().get_context_data(*args, **kwargs)
        broker = self.broker_class()
        raw, alerts, feedback = [], [], ""
        try:
            found, feedback = split_answer(broker.fetch_alerts(self.query.parameters))
            raw = list(itertools.islice(found, MOST_ALERTS + 1))
            alerts = [broker.to_generic_alert(alert) for alert in raw[:MOST_ALERTS]]
        except ImproperCredentialsException:
            raise
        except (TomError, requests.RequestException) as error:
            feedback = f"{feedback} {broker.name} did not answer as expected: {error}".strip()
        except Exception as error:
            # A plugin's mistake must not take the page down, nor be hidden.
            logger.exception("The broker %s failed on the query %s", broker.name, self.query.pk)
            feedback = f"The broker {broker.name} failed ({type(error).__name__}: {error}). Is it properly configured?"
        for alert in alerts:
            # The address comes from a remote service.
            if alert.url and not str(alert.url).startswith(("https://", "http://", "/")):
                alert.url = ""
        mark_run(query=self.query)
        remember(user=self.request.user, query=self.query.pk, alerts={str(alert.id): one for alert, one in zip(alerts, raw, strict=False)})
        context.update(
            query=self.query,
            alerts=alerts,
            score_description=broker.score_description,
            broker_feedback=clean_feedback(feedback),
            too_many_alerts=len(raw) > MOST_ALERTS,
        )
        context.update(broker.get_broker_context_data(self.query.parameters) or {})
        return context
