"""Observation templates."""

from __future__ import annotations

import logging

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse_lazy
from django.utils.functional import cached_property
from django.views.generic import DeleteView, FormView
from django_filters.views import FilterView

from tom_common.htmx_table import CappedPaginator

from ..facility import get_service_class, get_service_classes
from ..filters import ObservationTemplateFilter
from ..models import ObservationTemplate
from ..services.templates import delete_template
from .access import LoginRequired
from .creating import FACILITY_TROUBLE, missing_configurations

logger = logging.getLogger(__name__)


class ObservationTemplateListView(FilterView):
    filterset_class = ObservationTemplateFilter
    model = ObservationTemplate
    paginate_by = 25
    paginator_class = CappedPaginator
    template_name = "tom_observations/observationtemplate_list.html"

    def get_queryset(self):
        return ObservationTemplate.objects.order_by("-created", "name", "-pk")

    def get_context_data(self, *args, **kwargs):
        context = super().get_context_data(*args, **kwargs)
        context["installed_facilities"] = {
            name: facility
            for name, facility in get_service_classes().items()
            if hasattr(facility, "get_template_form") and not facility.is_redirect
        }
        return context


class ObservationTemplateCreateView(LoginRequired, FormView):
    """The facility's template form, prefilled from the query string."""

    template_name = "tom_observations/observationtemplate_form.html"
    success_url = reverse_lazy("tom_observations:template-list")

    def get_facility_name(self):
        return self.kwargs["facility"]

    @cached_property
    def facility(self):
        try:
            facility = get_service_class(self.get_facility_name())()
        except ImportError as error:
            raise Http404(str(error)) from None
        if facility.is_redirect or not hasattr(facility, "get_template_form"):
            raise Http404(f"{facility.name} has no templates.")
        if hasattr(facility, "set_user"):
            facility.set_user(self.request.user)
        return facility

    def get_form_class(self):
        return self.facility.get_template_form(None)

    def get_form(self, form_class=None):
        form_class = form_class or self.get_form_class()
        form = form_class(**self.get_form_kwargs())
        form.actor = self.request.user
        if getattr(form, "helper", None) is not None:
            form.helper.form_action = self.request.get_full_path()
        return form

    def get_initial(self):
        initial = super().get_initial()
        initial.update(self.request.GET.dict())
        initial["facility"] = self.get_facility_name()
        return initial

    def dispatch(self, request, *args, **kwargs):
        try:
            return super().dispatch(request, *args, **kwargs)
        except FACILITY_TROUBLE as error:
            logger.warning("The template form of %s cannot be shown: %s", self.get_facility_name(), error)
            messages.error(request, f"{self.get_facility_name()} cannot be asked for what its form needs: {error}")
            return HttpResponseRedirect(self.success_url)

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            facility=self.facility,
            missing_configurations=missing_configurations(self.facility),
            problems=list(getattr(self.facility, "problems", [])),
            **kwargs,
        )

    def form_valid(self, form):
        form.save()
        messages.success(self.request, "The template was saved.")
        return HttpResponseRedirect(self.get_success_url())


class ObservationTemplateUpdateView(ObservationTemplateCreateView):
    def get_object(self):
        return self.object

    @cached_property
    def object(self):
        template = ObservationTemplate.objects.filter(pk=self.kwargs["pk"]).first()
        if template is None:
            raise Http404("There is no such template.")
        return template

    def get_facility_name(self):
        return self.object.facility

    def get_initial(self):
        return {**self.object.parameters, "facility": self.object.facility, "template_name": self.object.name}

    def form_valid(self, form):
        form.save(template_id=self.object.pk)
        messages.success(self.request, "The template was saved.")
        return HttpResponseRedirect(self.get_success_url())


class ObservationTemplateDeleteView(LoginRequired, DeleteView):
    model = ObservationTemplate
    success_url = reverse_lazy("tom_observations:template-list")
    template_name = "tom_observations/observationtemplate_confirm_delete.html"

    def form_valid(self, form):
        delete_template(actor=self.request.user, template=self.object)
        messages.success(self.request, "The template was deleted.")
        return HttpResponseRedirect(self.get_success_url())
