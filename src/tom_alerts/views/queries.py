"""The saved queries: list, create, update, delete."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse_lazy
from django.views.generic.edit import DeleteView, FormView
from django_filters.views import FilterView

from tom_alerts.alerts import get_service_class, get_service_classes
from tom_alerts.filters import BrokerQueryFilter
from tom_alerts.models import BrokerQuery
from tom_common.services.rows import delete_row


def broker_or_404(name: str):
    try:
        return get_service_class(name)
    except ImportError as error:
        raise Http404(f"There is no broker {name}.") from error


class BrokerQueryListView(LoginRequiredMixin, FilterView):
    model = BrokerQuery
    template_name = "tom_alerts/brokerquery_list.html"
    filterset_class = BrokerQueryFilter
    paginate_by = 100
    ordering = "-id"

    def get_queryset(self):
        return BrokerQuery.objects.order_by("-id")

    def get_context_data(self, *args, **kwargs):
        return super().get_context_data(*args, installed_brokers=get_service_classes(), **kwargs)


class _QueryFormView(LoginRequiredMixin, FormView):
    template_name = "tom_alerts/query_form.html"
    success_url = reverse_lazy("tom_alerts:list")

    def get_broker_name(self) -> str:
        raise NotImplementedError

    def get_form_class(self):
        return broker_or_404(self.get_broker_name()).form

    def get_template_names(self):
        return [getattr(broker_or_404(self.get_broker_name()), "template_name", None) or self.template_name]

    def get_form(self, form_class=None):
        form = super().get_form(form_class)
        form.helper.form_action = self.request.get_full_path()
        form.actor = self.request.user
        return form

    def get_context_data(self, **kwargs):
        broker = broker_or_404(self.get_broker_name())
        return super().get_context_data(broker_name=broker.name, help_url=getattr(broker, "help_url", ""), **kwargs)


class BrokerQueryCreateView(_QueryFormView):
    def get_broker_name(self):
        if self.request.method in ("GET", "HEAD"):
            return self.request.GET.get("broker", "")
        return self.request.POST.get("broker", "")

    def get_initial(self):
        return {**super().get_initial(), "broker": self.get_broker_name(), **self.request.GET.dict()}

    def form_valid(self, form):
        form.save()
        return redirect(self.get_success_url())


class BrokerQueryUpdateView(_QueryFormView):
    @property
    def object(self):
        if not hasattr(self, "_object"):
            self._object = get_object_or_404(BrokerQuery, pk=self.kwargs["pk"])
        return self._object

    def get_broker_name(self):
        return self.object.broker

    def get_initial(self):
        return {**super().get_initial(), **self.object.parameters, "broker": self.object.broker}

    def get_context_data(self, **kwargs):
        return super().get_context_data(object=self.object, **kwargs)

    def form_valid(self, form):
        form.save(query_id=self.object.pk)
        return redirect(self.get_success_url())


class BrokerQueryDeleteView(LoginRequiredMixin, DeleteView):
    model = BrokerQuery
    template_name = "tom_alerts/brokerquery_confirm_delete.html"
    success_url = reverse_lazy("tom_alerts:list")

    def form_valid(self, form):
        delete_row(actor=self.request.user, row=self.object)
        return redirect(self.get_success_url())
