"""Adding an observation that was requested elsewhere."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.views.generic import FormView

from tom_common.errors import ConflictError

from ..forms.records import AddExistingObservationForm
from ..services import add_existing
from .access import LoginRequired, target_or_deny


class AddExistingObservationView(LoginRequired, FormView):
    template_name = "tom_observations/existing_observation_confirm.html"
    form_class = AddExistingObservationForm

    def get_initial(self):
        return {name: self.request.GET[name] for name in ("target_id", "facility", "observation_id") if name in self.request.GET}

    def get_context_data(self, **kwargs):
        return super().get_context_data(question=getattr(self, "question", ""), **kwargs)

    def form_valid(self, form):
        values = form.cleaned_data
        target = target_or_deny(self.request, values["target_id"])
        try:
            record = add_existing(
                actor=self.request.user,
                target=target,
                facility=values["facility"],
                observation_id=values["observation_id"],
                confirmed=values["confirm"],
            )
        except ConflictError as error:
            self.question = error.message
            form.data = {**form.data.dict(), "confirm": "True"}
            return self.render_to_response(self.get_context_data(form=form))
        messages.success(self.request, f"{record.facility} {record.observation_id} was added to {target}.")
        return HttpResponseRedirect(reverse("tom_targets:detail", kwargs={"pk": target.pk}) + "?tab=observations")
