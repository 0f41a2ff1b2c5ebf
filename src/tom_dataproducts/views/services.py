"""Asking outside services for data of one target."""

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404
from django.shortcuts import redirect, render
from django.views import View
from django.views.generic import FormView

from tom_common.errors import TomError
from tom_common.tasks import enqueue
from tom_dataproducts.single_target_data_service import single_target_data_service as services
from tom_dataproducts.tasks import update_reduced_data_task
from tom_targets.policy import get_or_deny

from .going_back import safe_next, target_page


class UpdateReducedDataView(LoginRequiredMixin, View):
    """Ask the sources again for data of a target, or of all targets (superusers)."""

    def _target(self):
        pk = self.request.GET.get("target_id") or self.request.POST.get("target_id")
        if pk:
            return get_or_deny(self.request, pk, "change")
        if not self.request.user.is_superuser:
            from tom_common.permissions import deny

            deny(self.request, seen=True)
        return None

    def get(self, request):
        target = self._target()
        context = {
            "title": "Check for new data", "action_label": "Check",
            "question": f"Ask the sources for new data of {target.name}?" if target else "Ask the sources for new data of every target?",
            "cancel_url": target_page(target.pk, "photometry") if target else "/",
            "hidden_fields": {"target_id": target.pk} if target else {},
        }
        return render(request, "tom_common/ui/confirm.html", context)

    def post(self, request):
        target = self._target()
        default = target_page(target.pk, "photometry") if target is not None else "/"
        run = enqueue(
            update_reduced_data_task, target.pk if target is not None else None, actor=request.user,
            key=str(target.pk if target is not None else "all"), link=default,
            title=f"Ask the sources for new data of {target.name if target is not None else 'every target'}"[:200],
        )  # fmt: skip
        if run.state == run.State.SUCCEEDED:
            messages.info(request, run.result)
        elif run.state == run.State.FAILED:
            messages.error(request, f"Update failed: {run.reason}")
        else:
            messages.info(request, "The sources are being asked. What they have appears among the data.")
        return redirect(safe_next(request, request.POST.get("next"), request.headers.get("referer"), default=default))


class SingleTargetDataServiceQueryView(LoginRequiredMixin, FormView):
    template_name = "tom_dataproducts/single_target_data_service_form.html"

    def dispatch(self, request, *args, **kwargs):
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        try:
            self.service = services.get_service_class(kwargs["service"])()
        except ImportError:
            raise Http404("There is no such service.") from None
        target_id = request.POST.get("target_id") or request.GET.get("target_id")
        if not target_id:
            raise Http404("Say for which target.")
        self.target = get_or_deny(request, target_id, "change")
        return super().dispatch(request, *args, **kwargs)

    def get_form_class(self):
        return self.service.get_form()

    def get_initial(self):
        return {**super().get_initial(), "target_id": self.target.pk, "service": self.kwargs["service"]}

    def get_context_data(self, *args, **kwargs):
        context = super().get_context_data(*args, **kwargs)
        context.update(
            {
                "service": self.kwargs["service"], "target": self.target, "query_form": context["form"],
                "info_url": getattr(self.service, "info_url", ""), "service_notes": getattr(self.service, "service_notes", ""),
                "data_service_type": getattr(self.service, "data_service_type", "Data Service"),
            }
        )
        context.update(self.service.get_context_data() or {})
        return context

    def form_valid(self, form):
        parameters = {**form.cleaned_data, "target_id": self.target.pk}
        try:
            self.service.validate_form(parameters)
            self.service.query_service(parameters)
        except (services.SingleTargetDataServiceException, TomError) as error:
            form.add_error(None, f"Problem querying {self.kwargs['service']}: {error}")
            return self.form_invalid(form)
        messages.info(self.request, self.service.get_success_message())
        return redirect(target_page(self.target.pk, "photometry"))
