"""Send a target or an observation to a broker."""

import logging

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.generic import View

from tom_alerts.exceptions import AlertSubmissionException
from tom_alerts.views.queries import broker_or_404
from tom_observations.policy import visible_to as visible_observations
from tom_targets.policy import visible_to as visible_targets

logger = logging.getLogger(__name__)


class SubmitAlertUpstreamView(LoginRequiredMixin, View):
    http_method_names = ("post", "options")

    def post(self, request, broker, *args, **kwargs):
        broker_class = broker_or_404(broker)
        form = broker_class.alert_submission_form(request.POST, broker=broker_class.name)
        # What one may not see cannot be sent either: it answers as what is not there.
        form.fields["target"].queryset = visible_targets(request.user)
        form.fields["observation_record"].queryset = visible_observations(request.user)
        if not form.is_valid():
            for errors in form.errors.values():
                for error in errors:
                    messages.error(request, error)
            return redirect(self._back(form))
        arguments = {name: value for name, value in form.cleaned_data.items() if name != "redirect_url"}
        try:
            taken = broker_class().submit_upstream_alert(**arguments)
        except AlertSubmissionException as error:
            logger.warning("Submission to %s failed: %s", broker_class.name, error)
            taken = False
        if taken:
            messages.success(request, f"Successfully submitted to {broker_class.name}!")
        else:
            messages.warning(request, f"Unable to submit one or more alerts to {broker_class.name}. See the log for details.")
        return redirect(self._back(form))

    def _back(self, form) -> str:
        for url in (form.data.get("redirect_url"), self.request.META.get("HTTP_REFERER")):
            if url and url_has_allowed_host_and_scheme(
                url, allowed_hosts={self.request.get_host()}, require_https=self.request.is_secure()
            ):
                return url
        return reverse("home")
