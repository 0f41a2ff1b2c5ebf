"""Who may see, change and delete a target: given and taken."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.views.generic import FormView

from tom_common.errors import TomError
from tom_targets.forms.rights import RightsForm
from tom_targets.models import get_target_model_class
from tom_targets.policy import get_or_deny
from tom_targets.services import set_rights


class TargetRightsView(LoginRequiredMixin, FormView):
    """Levels of groups and people on one target. For who may change it."""

    template_name = "tom_targets/target_rights.html"
    form_class = RightsForm

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            self.object = get_or_deny(request, kwargs["pk"], "change", get_target_model_class().objects.all())
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "obj": self.object, "user": self.request.user}

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs, object=self.object, target=self.object)

    def form_valid(self, form):
        try:
            set_rights(
                actor=self.request.user, obj=self.object, levels=form.levels(), permissions=form.cleaned_data.get("permissions") or None
            )
        except TomError as error:
            form.add_error(None, error.message)
            return self.form_invalid(form)
        messages.success(self.request, f"Rights on {self.object.name} saved.")
        return HttpResponseRedirect(reverse("targets:detail", kwargs={"pk": self.object.pk}))
