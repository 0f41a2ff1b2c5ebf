"""Changing one record: always by POST, always by one of the services."""

from __future__ import annotations

import logging

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views import View

from tom_common.errors import TomError

from ..facility import BaseManualObservationFacility, get_service_class
from ..forms.records import SetStatusForm, UpdateObservationId
from ..services import cancel_observation, set_status
from ..services.existing import change_observation_id
from .access import LoginRequired, record_or_deny

logger = logging.getLogger(__name__)


def manual_states(record) -> list[str]:
    """The states that a person may set; empty when the record's facility reports them itself."""
    try:
        facility_class = get_service_class(record.facility)
    except ImportError:
        return []
    if not issubclass(facility_class, BaseManualObservationFacility):
        return []
    states = list(facility_class().get_terminal_observing_states())
    return list(dict.fromkeys(state for state in [record.status, "PENDING", *states] if state))


def _back(record):
    return HttpResponseRedirect(reverse("tom_observations:detail", kwargs={"pk": record.pk}))


class ObservationRecordCancelView(LoginRequired, View):
    """GET asks whether it is meant; POST cancels at the facility."""

    def get(self, request, *args, **kwargs):
        record = record_or_deny(request, kwargs["pk"], "change")
        return render(request, "tom_observations/observationrecord_confirm_cancel.html", {"object": record, "observation": record})

    def post(self, request, *args, **kwargs):
        record = record_or_deny(request, kwargs["pk"], "change")
        try:
            cancel_observation(actor=request.user, record=record)
        except NotImplementedError:
            messages.error(request, f"{record.facility} cannot cancel observations.")
        except TomError as error:
            messages.error(request, error.message)
        except Exception as error:
            logger.exception("cancelling observation record %s failed", record.pk)
            messages.error(request, f"The observation could not be cancelled at {record.facility}: {error}")
        else:
            messages.success(request, f"The observation was cancelled at {record.facility}.")
        return _back(record)


class ObservationRecordUpdateView(LoginRequired, View):
    """The id under which a facility knows an observation."""

    template_name = "tom_observations/observationupdate_form.html"

    def get(self, request, *args, **kwargs):
        record = record_or_deny(request, kwargs["pk"], "change")
        form = UpdateObservationId(initial={"obsr_id": record.pk, "observation_id": record.observation_id})
        return render(request, self.template_name, {"form": form, "object": record})

    def post(self, request, *args, **kwargs):
        record = record_or_deny(request, kwargs["pk"], "change")
        form = UpdateObservationId({**request.POST.dict(), "obsr_id": record.pk})
        if not form.is_valid():
            return render(request, self.template_name, {"form": form, "object": record}, status=200)
        change_observation_id(actor=request.user, record=record, observation_id=form.cleaned_data["observation_id"])
        messages.success(request, "The observation ID was updated.")
        return _back(record)


class ObservationRecordStatusView(LoginRequired, View):
    """What became of an observation at a manual facility."""

    http_method_names = ["post"]

    def post(self, request, *args, **kwargs):
        record = record_or_deny(request, kwargs["pk"], "change")
        form = SetStatusForm(request.POST, states=manual_states(record))
        if form.is_valid():
            set_status(actor=request.user, record=record, status=form.cleaned_data["status"])
            messages.success(request, f"The observation is marked: {record.status}.")
        else:
            messages.error(request, f"Its status cannot be set so: {record.facility} reports it, or does not know that one.")
        return _back(record)
