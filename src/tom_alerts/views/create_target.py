"""Targets from the alerts that were selected on the result page."""

import logging

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.urls import reverse
from django.views.generic import View

from tom_alerts.result_cache import recall
from tom_alerts.services.targets import create_target_from_alert
from tom_alerts.views.queries import broker_or_404

logger = logging.getLogger(__name__)


class CreateTargetFromAlertView(LoginRequiredMixin, View):
    http_method_names = ("post", "options")

    def post(self, request, *args, **kwargs):
        query_id = request.POST.get("query_id", "")
        broker = broker_or_404(request.POST.get("broker", ""))()
        selected = request.POST.getlist("alerts")
        back = reverse("tom_alerts:run", kwargs={"pk": int(query_id)}) if query_id.isdecimal() else reverse("tom_alerts:list")
        if not selected:
            messages.warning(request, "Please select at least one alert from which to create a target.")
            return redirect(back)
        kept = recall(user=request.user, query=query_id, alert_ids=selected)
        created = sum(self._create(request, broker, kept.get(alert_id), alert_id) for alert_id in selected)
        if not created:
            return redirect(back)
        messages.success(request, f"{created} target{'s' if created != 1 else ''} created.")
        return redirect(reverse("targets:list"))

    def _create(self, request, broker, alert, alert_id) -> bool:
        if alert is None:
            messages.error(request, f"The alert {alert_id} is no longer at hand. Please run the query again.")
            return False
        try:
            target = create_target_from_alert(actor=request.user, broker=broker, alert=alert)
        except ValidationError as error:
            messages.warning(request, f"No target was made of the alert {alert_id}: {' '.join(error.messages)}")
            return False
        try:
            broker.process_reduced_data(target, alert)
        except Exception as error:
            # The target stands; its data can be asked for again.
            logger.warning("The data of %s could not be had from %s", target.pk, broker.name, exc_info=True)
            messages.warning(request, f"{target.name} was created, but {broker.name} did not give its data: {error}")
        return True
