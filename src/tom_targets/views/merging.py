"""Two targets become one."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.generic import FormView

from tom_common.errors import TomError
from tom_targets.forms import TargetMergeForm
from tom_targets.merge_plan import can_be_undone, merge_relations
from tom_targets.models import get_target_model_class
from tom_targets.policy import get_or_deny
from tom_targets.services import merge_targets
from tom_targets.services.merge import choices_from


class TargetMergeView(LoginRequiredMixin, FormView):
    """Shows what would come out, and does it when confirmed. For who may change both and delete both."""

    template_name = "tom_targets/target_merge.html"
    form_class = TargetMergeForm

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            self.targets = [self.get_target(kwargs[key]) for key in ("pk1", "pk2")]
        return super().dispatch(request, *args, **kwargs)

    def get_target(self, pk):
        get_or_deny(self.request, pk, "delete", get_target_model_class().objects.all())
        return get_or_deny(self.request, pk, "change", get_target_model_class().objects.prefetch_related("aliases", "targetextra_set"))

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "target1": self.targets[0], "target2": self.targets[1]}

    def given(self):
        return self.request.POST if self.request.method == "POST" else self.request.GET

    def ordered(self):
        """(the one that stays, the one that goes)"""
        chosen = self.request.GET.get("name_select") or self.request.POST.get("name_select")
        first, second = self.targets
        return (second, first) if chosen == str(second.pk) else (first, second)

    def plan(self):
        """What the page shows of the merge as it is chosen so far."""
        first, second = self.ordered()
        # Choices are of the values that were shown; those shown while the other one was to stay say nothing.
        given = self.given() if self.given().get("shown") == str(first.pk) else {}
        try:
            choices = choices_from(given, self.targets)
        except TomError:
            choices = {}
        return {
            "target1": first, "target2": second, "choices": choices, "relations": merge_relations(self.request.user, first, second),
            "undoable": can_be_undone(first, second),
        }  # fmt: skip

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        context.update(self.plan())
        context["form"].initial["name_select"] = str(context["target1"].pk)
        return context

    def get(self, request, *args, **kwargs):
        if request.headers.get("HX-Request") and "name_select" in request.GET:
            from tom_targets.templatetags.targets_extras import target_merge_fields

            shown = self.plan()
            fields = target_merge_fields(shown.pop("target1"), shown.pop("target2"), **shown)
            return render(request, "tom_targets/partials/target_merge_fields.html", fields)
        return super().get(request, *args, **kwargs)

    def form_valid(self, form):
        if "confirm" not in self.request.POST:
            return self.render_to_response(self.get_context_data(form=form))
        primary, secondary = self.ordered()
        name = secondary.name
        try:
            choices = choices_from(self.request.POST, self.targets)
            merged = merge_targets(actor=self.request.user, primary=primary, secondary=secondary, choices=choices)
        except TomError as error:
            form.add_error(None, error.message)
            return self.render_to_response(self.get_context_data(form=form))
        messages.success(self.request, f"{name} was merged into {merged.name}.")
        return redirect(reverse("targets:detail", kwargs={"pk": merged.pk}))
