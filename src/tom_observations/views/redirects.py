"""Facilities that take requests on their own site: going there, and coming back."""

from __future__ import annotations

import logging
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.views import View

from ..facility import get_service_class
from ..services.callback import records_of_callback
from .access import LoginRequired, target_or_deny

logger = logging.getLogger(__name__)


def _facility(request, name):
    try:
        facility = get_service_class(name)()
    except ImportError as error:
        raise Http404(str(error)) from None
    if hasattr(facility, "set_user"):
        facility.set_user(request.user)
    return facility


class ObservationRedirectView(LoginRequired, View):
    def get(self, request, *args, **kwargs):
        facility = _facility(request, kwargs["facility"])
        if not facility.is_redirect:
            raise Http404(f"{facility.name} takes requests here.")
        target = target_or_deny(request, request.GET.get("target_id"))
        query = urlencode({"facility": facility.name, "target_id": target.pk})
        callback = request.build_absolute_uri(f"{reverse('tom_observations:callback')}?{query}")
        return HttpResponseRedirect(facility.redirect_url(target.pk, callback))


class ObservationCallbackView(LoginRequired, View):
    """Coming back from a facility's site: GET asks whether to keep what was requested there, POST keeps it.

    The facility sends the browser here by GET with the id; that the user came from that facility's own site is not provable, so a GET
    from elsewhere only shows the question.
    """

    def get(self, request, *args, **kwargs):
        facility, target, observation_id = self._asked(request, request.GET)
        if self._came_from(facility, request):
            return self._keep(request, facility, target, observation_id)
        from django.shortcuts import render

        return render(
            request,
            "tom_observations/callback_confirm.html",
            {"facility": facility, "target": target, "observation_id": observation_id},
        )

    def post(self, request, *args, **kwargs):
        return self._keep(request, *self._asked(request, request.POST))

    def _asked(self, request, data):
        facility = _facility(request, data.get("facility", ""))
        target = target_or_deny(request, data.get("target_id"))
        observation_id = data.get("observation_id", "").strip()
        if not observation_id or len(observation_id) > 255:
            raise Http404("The address names no observation: it needs observation_id.")
        return facility, target, observation_id

    def _came_from(self, facility, request) -> bool:
        referer = urlsplit(request.headers.get("referer", "")).netloc
        own = urlsplit(getattr(facility, "portal_url", "") or "").netloc
        return bool(referer) and referer == own

    def _keep(self, request, facility, target, observation_id):
        try:
            group = records_of_callback(actor=request.user, facility=facility, target=target, observation_id=observation_id)
        except Exception as error:
            logger.exception("the observation %s could not be taken over from %s", observation_id, facility.name)
            messages.error(request, f"The observation could not be taken over from {facility.name}: {error}")
            return HttpResponseRedirect(reverse("tom_targets:detail", kwargs={"pk": target.pk}) + "?tab=observations")
        messages.success(request, f"The observations requested at {facility.name} are now known here.")
        if group is None:
            return HttpResponseRedirect(f"{reverse('tom_observations:list')}?{urlencode({'observation_id': observation_id})}")
        return HttpResponseRedirect(f"{reverse('tom_observations:list')}?{urlencode({'observationgroup': group.pk})}")
