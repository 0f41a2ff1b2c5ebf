"""Queries to data services: list, form, run, targets from results, data of a target. All need login."""

from __future__ import annotations

import itertools
import logging
from typing import Any

import nh3
import requests
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.safestring import mark_safe
from django.views.generic import TemplateView, View
from django.views.generic.edit import DeleteView, FormView
from django_filters.views import FilterView

from tom_clients.parameters import jsonable
from tom_common.errors import TomError
from tom_common.exceptions import ImproperCredentialsException
from tom_common.services.rows import delete_row
from tom_dataservices.dataservices import (
    MissingDataException,
    NotConfiguredError,
    QueryServiceError,
    get_data_service_class,
    get_data_service_classes,
    make_service,
)
from tom_dataservices.filters import DataServiceQueryFilterSet
from tom_dataservices.forms import UpdateDataFromDataServiceForm
from tom_dataservices.models import DataServiceQuery
from tom_dataservices.result_cache import recall, remember
from tom_dataservices.services import mark_run, target_from_result, update_target_data
from tom_targets.policy import can, get_or_deny

logger = logging.getLogger(__name__)

MOST_RESULTS = 100
DEFAULT_RESULTS_TABLE = "tom_dataservices/partials/query_results_table.html"
EXPECTED = (MissingDataException, NotConfiguredError, QueryServiceError, TomError, requests.RequestException)


def service_or_404(name: str | None):
    try:
        return get_data_service_class(name or "")
    except ImportError as error:
        raise Http404(f"There is no data service {name}.") from error


class DataServiceQueryListView(LoginRequiredMixin, FilterView):
    model = DataServiceQuery
    template_name = "tom_dataservices/query_list.html"
    filterset_class = DataServiceQueryFilterSet
    paginate_by = 100

    def get_queryset(self):
        return DataServiceQuery.objects.order_by("-id")

    def get_context_data(self, *args, **kwargs):
        return super().get_context_data(*args, data_services=get_data_service_classes(), **kwargs)


class _QueryFormView(LoginRequiredMixin, FormView):
    template_name = "tom_dataservices/query_form.html"
    object: DataServiceQuery | None = None

    def get_data_service_name(self) -> str:
        raise NotImplementedError

    def get_data_service_class(self):
        return service_or_404(self.get_data_service_name())

    def get_form_class(self):
        return self.get_data_service_class().get_form_class()

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        service_class = self.get_data_service_class()
        service = make_service(service_class, user=self.request.user)
        form = context["form"]
        context.update(
            simple_form=_partial(form, service, "get_simple_form_partial"),
            advanced_form=_partial(form, service, "get_advanced_form_partial"),
            simple_fields=_simple_fields(form, service),
            app_link=service_class.app_link,
            app_version=service_class.app_version,
            verbose_name=service_class.verbose_name or service_class.name,
            info_url=service_class.info_url,
            service_notes=service_class.service_notes,
            data_service=service_class.name,
            object=self.object,
        )
        return context

    def form_valid(self, form):
        self.request.session["query_parameters"] = jsonable(form.cleaned_data)
        if self.object is not None or form.cleaned_data.get("query_save"):
            form.actor = self.request.user
            query = form.save(query_id=self.object.pk if self.object else None)
            return redirect(reverse("tom_dataservices:run_saved", kwargs={"pk": query.pk}))
        return redirect(reverse("tom_dataservices:run"))


def _partial(form: Any, service: Any, name: str) -> str | None:
    """The template's name: the form says it now, the service once did."""
    for owner in (form, service):
        if hasattr(owner, name):
            found = getattr(owner, name)()
            if found:
                return found
    return None


def _simple_fields(form: Any, service: Any) -> list[str]:
    fields = getattr(form, "simple_fields", None) or getattr(service, "simple_fields", None)
    return list(fields() if callable(fields) else fields or [])


class DataServiceQueryCreateView(_QueryFormView):
    def get_data_service_name(self):
        return self.request.POST.get("data_service") or self.request.GET.get("data_service", "")

    def get_initial(self):
        return {**super().get_initial(), **self.request.GET.dict(), "data_service": self.get_data_service_name()}


class DataServiceQueryUpdateView(_QueryFormView):
    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            self.object = get_object_or_404(DataServiceQuery, pk=kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def get_data_service_name(self):
        return self.object.data_service

    def get_initial(self):
        stored = {**self.object.parameters, "query_name": self.object.name, "data_service": self.object.data_service, "query_save": True}
        return {**super().get_initial(), **stored}


class DataServiceQueryDeleteView(LoginRequiredMixin, DeleteView):
    model = DataServiceQuery
    template_name = "tom_dataservices/dataservicequery_confirm_delete.html"
    success_url = reverse_lazy("tom_dataservices:query_list")

    def form_valid(self, form):
        delete_row(actor=self.request.user, row=self.object)
        return redirect(self.get_success_url())


class RunQueryView(LoginRequiredMixin, TemplateView):
    template_name = "tom_dataservices/query_result.html"

    def get(self, request, *args, **kwargs):
        self.query = get_object_or_404(DataServiceQuery, pk=kwargs["pk"]) if "pk" in kwargs else None
        self.parameters = self.query.parameters if self.query else request.session.get("query_parameters")
        if not self.parameters:
            messages.warning(request, "Fill in a query first.")
            return redirect(reverse("tom_dataservices:query_list"))
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        name = self.query.data_service if self.query else self.parameters.get("data_service")
        service_class = service_or_404(name)
        service = make_service(service_class, user=self.request.user)
        found, feedback = self._run(service)
        results = found[:MOST_RESULTS]
        remember(request=self.request, data_service=name, results=results)
        context.update(
            query=self.query if self.query else self.parameters.get("query_name") or "",
            query_feedback=feedback,
            too_many_results=len(found) > MOST_RESULTS,
            data_service=name,
            verbose_name=service_class.verbose_name or service_class.name,
            query_results_table=service_class.query_results_table or DEFAULT_RESULTS_TABLE,
            results=[{**result, "id": number} if isinstance(result, dict) else result for number, result in enumerate(results)],
        )
        context["columns"] = _columns(context["results"])
        context.update(service.get_additional_context_data() or {})
        return context

    def _run(self, service) -> tuple[list[Any], str]:
        feedback = ""
        found: list[Any] = []
        try:
            parameters = service.build_query_parameters(self.parameters)
            found = list(itertools.islice(service.query_targets(parameters) or [], MOST_RESULTS + 1))
        except ImproperCredentialsException:
            raise
        except EXPECTED as error:
            feedback = str(error)
        except Exception as error:
            # A plugin's mistake must not take the page down, nor be hidden.
            logger.exception("The data service %s failed", service.name)
            feedback = f"{service.name} failed ({type(error).__name__}: {error})."
        if self.query is not None:
            mark_run(query=self.query)
        return found, mark_safe(nh3.clean(feedback, tags={"a", "b", "br", "code", "em", "i", "strong"}))  # noqa: S308 - cleaned


def _columns(results: list[Any]) -> list[str]:
    """Names of the plain values in the results, for the usual table."""
    names: dict[str, None] = {}
    for result in results:
        if isinstance(result, dict):
            names.update({name: None for name, value in result.items() if name != "id" and isinstance(value, str | int | float | None)})
    return list(names)[:12]


class CreateTargetFromQueryView(LoginRequiredMixin, View):
    http_method_names = ("post", "options")

    def post(self, request, *args, **kwargs):
        query_id, name = request.POST.get("query_id", ""), request.POST.get("data_service", "")
        service_class = service_or_404(name)
        back = (
            reverse("tom_dataservices:run_saved", kwargs={"pk": int(query_id)}) if query_id.isdecimal() else reverse("tom_dataservices:run")
        )
        selected = request.POST.getlist("selected_results")
        if not selected:
            messages.warning(request, "Please select at least one result from which to create a target.")
            return redirect(back)
        service = make_service(service_class, user=request.user)
        kept = recall(request=request, data_service=name, numbers=selected)
        targets = [target for number in selected if (target := self._create(request, service, kept.get(number)))]
        if len(targets) == 1:
            return redirect(targets[0].get_absolute_url())
        if targets:
            messages.success(request, f"{len(targets)} targets are ready.")
            return redirect(reverse("targets:list"))
        return redirect(back)

    def _create(self, request, service, result):
        if result is None:
            messages.error(request, "This result is no longer at hand. Please run the query again.")
            return None
        try:
            return target_from_result(service=service, result=result, request=request)
        except ValidationError as error:
            messages.warning(request, f"No target was made: {' '.join(error.messages)}")
        except (*EXPECTED, NotImplementedError) as error:
            messages.warning(request, f"No target was made: {error}")
        except Exception as error:
            logger.exception("The data service %s failed to make a target", service.name)
            messages.error(request, f"{service.name} failed to make a target ({type(error).__name__}: {error}).")
        return None


class UpdateDataFromDataServiceView(LoginRequiredMixin, View):
    http_method_names = ("post", "options")

    def post(self, request, *args, **kwargs):
        pk = request.POST.get("target", "")
        if not pk.isdecimal():
            raise Http404("There is no such target.")
        target = get_or_deny(request, int(pk), "change")
        form = UpdateDataFromDataServiceForm(request.POST, targets=type(target).objects.filter(pk=target.pk))
        if not form.is_valid():
            messages.error(request, "Choose a data service that can be asked for a target's data.")
            return redirect(target.get_absolute_url())
        service = make_service(service_or_404(form.cleaned_data["data_service"]), user=request.user)
        try:
            kinds = update_target_data(service=service, target=target)
        except ImproperCredentialsException:
            raise
        except (*EXPECTED, NotImplementedError) as error:
            messages.error(request, f"{service.name}: {error}")
        except Exception as error:
            logger.exception("The data service %s failed for the target %s", service.name, target.pk)
            messages.error(request, f"{service.name} failed ({type(error).__name__}: {error}).")
        else:
            messages.success(request, f"{service.name}: {'data were added' if kinds else 'it has no data of this target'}.")
        return redirect(target.get_absolute_url())


def may_update(user, target) -> bool:
    """May this user ask for data of this target?"""
    return user.is_authenticated and can(user, "change", target)
