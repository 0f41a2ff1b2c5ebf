"""The page on which an observation is requested."""

from __future__ import annotations

import logging
from urllib.parse import urlencode

import requests
from django.contrib import messages
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import FormView

from tom_common.errors import ConflictError
from tom_common.exceptions import ImproperCredentialsException
from tom_common.http import ServiceError

from ..cadence import CadenceForm, get_cadence_strategy
from ..facility import BaseObservationFacility, get_service_class
from ..forms.layouts import SUBMISSION_KEY
from ..models import ObservationTemplate
from ..services import submit_observation
from ..services.groups import groups_of
from .access import LoginRequired, target_or_deny

logger = logging.getLogger(__name__)

# what a facility raises when it cannot be reached or does not take the credentials: said on the page, which stays usable
FACILITY_TROUBLE = (ServiceError, requests.RequestException, ImproperCredentialsException, ImproperlyConfigured)


class ObservationCreateView(LoginRequired, FormView):
    """One tab and form per observation type of the facility named in the address, for the target named by ``target_id``."""

    template_name = "tom_observations/observation_form.html"

    def get_template_names(self):
        own = getattr(self.get_facility_class(), "template_name", None)
        return [own, self.template_name] if own else [self.template_name]

    # what is asked for

    def get_facility_class(self):
        try:
            facility_class = get_service_class(self.get_facility())
        except ImportError as error:
            raise Http404(str(error)) from None
        if facility_class.is_redirect:
            raise Http404(f"{facility_class.name} takes requests on its own site.")
        return facility_class

    def get_facility(self):
        """The facility's name."""
        return self.kwargs["facility"]

    @cached_property
    def facility(self):
        facility = self.get_facility_class()()
        if hasattr(facility, "set_user"):
            facility.set_user(self.request.user)
        return facility

    def get_target_id(self):
        return self.request.GET.get("target_id") if self.request.method in ("GET", "HEAD") else self.request.POST.get("target_id")

    @cached_property
    def target(self):
        return target_or_deny(self.request, self.get_target_id())

    def get_target(self):
        return self.target

    def get_observation_type(self):
        data = self.request.GET if self.request.method in ("GET", "HEAD") else self.request.POST
        return data.get("observation_type", "")

    def get_cadence_strategy_form(self):
        data = self.request.GET if self.request.method in ("GET", "HEAD") else self.request.POST
        name = data.get("cadence_strategy")
        if not name:
            return CadenceForm
        try:
            return get_cadence_strategy(name).form or CadenceForm
        except ImportError as error:
            raise Http404(str(error)) from None

    # forms

    def get_initial(self):
        initial = super().get_initial()
        initial["facility"] = self.get_facility()
        initial["target_id"] = self.get_target_id()
        initial["observation_type"] = self.get_observation_type()
        initial.update(self._template_parameters())
        initial.update(self.request.GET.dict())
        initial["facility"] = self.get_facility()
        return initial

    def _template_parameters(self) -> dict:
        """What the template named in the address holds, apart from what belongs to one target."""
        pk = self.request.GET.get("observation_template", "")
        template = (
            ObservationTemplate.objects.filter(pk=pk, facility=self.get_facility()).first() if pk.isdecimal() and len(pk) < 19 else None
        )
        if template is None:
            return {}
        return {
            name: value
            for name, value in template.parameters.items()
            if name not in ("facility", "target_id", "template_name", "submission_key")
        }

    def get_form_class(self, observation_type=None):
        """The facility's form with the cadence's fields before it."""
        if observation_type is None:
            observation_type = self.get_observation_type()
        form_class = self.facility.get_form(observation_type)
        cadence_form = self.get_cadence_strategy_form()
        if "cadence_strategy" in form_class.base_fields or issubclass(form_class, cadence_form):
            return form_class
        return type(f"Composite{observation_type or ''}Form", (cadence_form, form_class), {})

    def get_form(self, form_class=None):
        return self._instance(form_class or self.get_form_class(), self.get_observation_type(), self.get_form_kwargs())

    def _instance(self, form_class, observation_type, kwargs):
        facility = self.facility
        if type(facility).create_form_instance is not BaseObservationFacility.create_form_instance:
            form = facility.create_form_instance(observation_type, **kwargs)
        else:
            form = form_class(facility=facility, **kwargs)
        if "groups" in form.fields:
            form.fields["groups"].queryset = groups_of(self.request.user)
        if getattr(form, "helper", None) is not None:
            form.helper.form_action = reverse("tom_observations:create", kwargs={"facility": self.get_facility()})
        return form

    def _tabs(self, bound):
        """[(observation type, form)], and what kept a form from being made."""
        found, problems = [], []
        try:
            classes = self.facility.get_form_classes_for_display(target=self.target)
        except FACILITY_TROUBLE as error:
            return [], [str(error)]
        for observation_type in classes:
            if bound is not None and observation_type == self.get_observation_type():
                found.append((observation_type, bound))
                continue
            initial = {**self.get_initial(), "observation_type": observation_type}
            try:
                found.append(
                    (observation_type, self._instance(self.get_form_class(observation_type), observation_type, {"initial": initial}))
                )
            except FACILITY_TROUBLE as error:
                logger.warning("The form %s of %s cannot be shown: %s", observation_type, self.get_facility(), error)
                problems.append(str(error))
        return found, problems

    # pages

    def get(self, request, *args, **kwargs):
        self.target  # noqa: B018  who may not see it is turned away before anything is asked of the facility
        return self.render_to_response(self.get_context_data(form=None))

    def get_context_data(self, **kwargs):
        facility = self.facility
        form = kwargs.pop("form", None)
        bound = form if form is not None and form.is_bound else None
        tabs, problems = self._tabs(bound)
        names = [name for name, _ in tabs]
        if bound is not None and self.get_observation_type() not in names:
            tabs, names = [(self.get_observation_type() or facility.name, bound), *tabs], [self.get_observation_type(), *names]
        active = self.get_observation_type() if self.get_observation_type() in names else (names[0] if names else "")
        context = super().get_context_data(form=bound or (dict(tabs).get(active) if tabs else None), **kwargs)
        context.update(
            target=self.target,
            facility=facility,
            observation_type_choices=tabs,
            active=active,
            plan_facility=_with_sites(facility),
            facility_link=getattr(facility, "link", ""),
            missing_configurations=missing_configurations(facility),
            problems=list(dict.fromkeys([*getattr(facility, "problems", []), *problems])),
        )
        try:
            context.update(facility.get_facility_context_data(target=self.target))
        except FACILITY_TROUBLE as error:
            context["problems"].append(str(error))
        return context

    def post(self, request, *args, **kwargs):
        self.target  # noqa: B018
        try:
            form = self.get_form()
            valid = form.is_valid()
        except FACILITY_TROUBLE as error:
            messages.error(request, f"{self.get_facility()} could not be asked: {error}")
            return HttpResponseRedirect(f"{request.path}?{urlencode({'target_id': self.target.pk})}")
        if not valid:
            return self.form_invalid(form)
        if "validate" in request.POST:
            return self.form_validation_valid(form)
        return self.form_valid(form)

    def form_validation_valid(self, form):
        messages.info(
            self.request, form.get_validation_message() if hasattr(form, "get_validation_message") else "This observation is valid."
        )
        return self.render_to_response(self.get_context_data(form=form))

    def form_valid(self, form):
        """Submit, and go to the target's observations; what the facility objects to is said on the form."""
        values = form.cleaned_data
        strategy = values.get("cadence_strategy") or ""
        try:
            submission = submit_observation(
                actor=self.request.user,
                facility=self.facility,
                target=self.target,
                payload=form.observation_payload(),
                parameters=form.serialize_parameters(),
                name=values.get("name") or "",
                holders=values.get("groups") or (),
                cadence_strategy=strategy,
                cadence_parameters=cadence_parameters(strategy, form) if strategy else None,
                submission_key=self.request.POST.get(SUBMISSION_KEY, "")[:64],
            )
        except ValidationError as error:
            form.add_error(None, error)
            return self.form_invalid(form)
        except ConflictError as error:
            form.add_error(None, error.message)
            return self.form_invalid(form)
        except Exception as error:
            logger.exception("submitting an observation to %s failed", self.get_facility())
            form.add_error(None, f"{self.get_facility()} did not take the request: {error}")
            return self.form_invalid(form)
        self.submission = submission
        if submission.repeated:
            messages.info(self.request, "This request was submitted before; it was not submitted again.")
        else:
            messages.success(self.request, f"{len(submission.records)} observation(s) requested at {self.get_facility()}.")
        return HttpResponseRedirect(self.get_success_url())

    def get_success_url(self):
        return reverse("tom_targets:detail", kwargs={"pk": self.target.pk}) + "?tab=observations"


def _with_sites(facility) -> str | None:
    """The facility's name when it has sites; None, for those of all facilities, when it has none."""
    try:
        return facility.name if facility.get_observing_sites() else None
    except Exception:
        logger.warning("The sites of %s could not be had", facility.name, exc_info=True)
        return None


def cadence_parameters(strategy: str, form) -> dict:
    """Those of the form's values that belong to the cadence."""
    names = getattr(form, "cadence_fields", None) or getattr(get_cadence_strategy(strategy).form, "cadence_fields", ())
    return {name: form.cleaned_data.get(name) for name in names}


def missing_configurations(facility) -> str:
    """Names of settings that the facility lacks, as text."""
    configured = getattr(facility, "facility_settings", None)
    if configured is None or not hasattr(configured, "get_unconfigured_settings"):
        return ""
    return ", ".join(configured.get_unconfigured_settings())
