"""The page of one observation."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.utils.functional import SimpleLazyObject
from django.utils.module_loading import import_string
from django.views import View
from django.views.generic import DetailView

from tom_common.comments import visibility_of
from tom_common.panels import get_panel, panels_for, render_panel

from ..facility import BaseManualObservationFacility
from ..forms.records import SetStatusForm
from ..models import ObservationRecord
from ..policy import actions_for
from ..queries import FacilityStates
from ..services.cancel import can_be_cancelled
from .access import record_or_deny
from .changes import manual_states

PAGE = "observation_detail"


class ObservationRecordDetailView(DetailView):
    """The files that the facility holds are asked for when the template uses ``data_products``, not before."""

    model = ObservationRecord
    template_name = "tom_observations/observationrecord_detail.html"

    def get_queryset(self, *args, **kwargs):
        return ObservationRecord.objects.select_related("target", "user")

    def get_object(self, queryset=None):
        return record_or_deny(self.request, self.kwargs["pk"], "view", queryset if queryset is not None else self.get_queryset())

    def get_context_data(self, *args, **kwargs):
        context = super().get_context_data(*args, **kwargs)
        record = self.object
        may = actions_for(self.request.user, record)
        try:
            facility = record.get_facility()
        except ImportError:
            facility = None
        asked = FacilityStates()
        vars(record).update(is_terminal=asked.is_terminal(record), has_failed=asked.has_failed(record))
        states = manual_states(record) if "change" in may else []
        context.update(
            observation=record,
            facility=facility,
            portal_url=facility.get_observation_url(record.observation_id) if facility else "",
            may=may,
            editable=isinstance(facility, BaseManualObservationFacility) and "change" in may,
            status_form=SetStatusForm(initial={"status": record.status}, states=states) if states else None,
            can_be_cancelled="change" in may and can_be_cancelled(record),
            groups=list(record.observationgroup_set.all()[:50]),
            data_products=SimpleLazyObject(lambda: _data_products(self.request.user, facility, record)),
            panels=[
                {"panel": panel, "html": "" if panel.lazy else render_panel(panel, self.request, record)}
                for panel in panels_for(PAGE, self.request, record)
            ],
            **_for_overriding_templates(self.request, record),
        )
        return context


def _data_products(user, facility, record) -> dict:
    """What the facility says is kept and offered of a record; of what is kept, what the viewer sees."""
    found = facility.all_data_products(record) if facility else {"saved": [], "unsaved": []}
    saved = list(found["saved"])
    visible = visibility_of(type(saved[0])) if saved else None
    if visible is not None:
        keys = set(visible(user).filter(pk__in=[product.pk for product in saved]).values_list("pk", flat=True))
        saved = [product for product in saved if product.pk in keys]
    return {**found, "saved": saved}


def _for_overriding_templates(request, record) -> dict:
    """What projects' own copies of the template use: forms of the floor above, made only when used."""

    def upload_form():
        form_class = import_string("tom_dataproducts.forms.DataProductUploadForm")
        return form_class(initial={"observation_record": record, "referrer": request.path})

    return {
        "form": SimpleLazyObject(lambda: import_string("tom_dataproducts.forms.AddProductToGroupForm")(user=request.user)),
        "data_product_form": SimpleLazyObject(upload_form),
        "image": None,
    }


class ObservationPanelView(View):
    """One panel of the page, when it is seen."""

    def get(self, request, pk, slug):
        record = record_or_deny(request, pk)
        panel = get_panel(PAGE, slug, request, record)
        if panel is None:
            raise Http404
        return HttpResponse(render_panel(panel, request, record))
