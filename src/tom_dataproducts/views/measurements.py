"""Pages of measurements: tables of many, one with its origin, changing and deleting by hand, files of many."""

from __future__ import annotations

import json

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpResponseBadRequest, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views import View
from django.views.generic import DetailView
from django_filters.views import FilterView

from tom_common.errors import InvalidInputError, TomError
from tom_common.htmx_table import HTMXTableViewMixin
from tom_common.permissions import AccessMixin
from tom_dataproducts import policy
from tom_dataproducts.forms.measurements import MeasurementForm
from tom_dataproducts.measurement_filters import KINDS, filterset_of
from tom_dataproducts.measurement_tables import TABLES, share_column
from tom_dataproducts.models import ReducedDatum
from tom_dataproducts.normalising import ARRAY_COLUMNS, COLUMNS, columns_of
from tom_dataproducts.services import change_datum, delete_datum
from tom_dataproducts.services.bulk_export import FORMATS, data_format, export_data
from tom_targets.policy import can as can_target
from tom_targets.policy import get_or_deny

from .going_back import safe_next

TITLES = {"": "Measurements", **KINDS, "other": "Other measurements"}


class _OfKind:
    """Measurements of one kind (`kind`, empty: all), of one target (`target_pk`) or of all, that the viewer may see."""

    kind = ""

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.kind = kwargs.get("kind", "")
        if self.kind not in TABLES:
            raise Http404
        self.target = None

    def get_queryset(self):
        target_pk = self.kwargs.get("target_pk")
        if target_pk is not None:
            self.target = self.target or get_or_deny(self.request, target_pk)
            rows = policy.target_data(self.request.user, self.target, seen=True)
        else:
            rows = policy.data_visible_to(self.request.user, "view", ReducedDatum.objects.all())
        if self.kind == "other":
            rows = rows.exclude(data_type__in=list(COLUMNS))
        elif self.kind:
            rows = rows.filter(data_type=self.kind)
        return rows.order_by("-timestamp", "-pk")

    def address(self, name, kind=None):
        """The page of this name for the same target and for this kind."""
        kwargs = {"target_pk": self.kwargs["target_pk"]} if "target_pk" in self.kwargs else {}
        kind = self.kind if kind is None else kind
        return reverse(f"dataproducts:{'target-' if kwargs else ''}{name}{'-kind' if kind else ''}", kwargs={**kwargs, **({"kind": kind} if kind else {})})


class MeasurementListView(_OfKind, HTMXTableViewMixin, FilterView):
    """Measurements with filters, order, columns of the viewer's own, files of what matches, and deletion of many."""

    template_name = "tom_dataproducts/measurement_list.html"
    model = ReducedDatum
    paginate_by = 50
    strict = False
    table_tools = True
    bulk_actions = "measurements"

    def get_table_class(self):
        return TABLES[self.kind]

    def get_filterset_class(self):
        return filterset_of(self.kind)

    @property
    def table_page(self):
        # the columns that somebody chose are those of the kind, whatever the target
        return f"measurements-{self.kind or 'all'}"

    def get_table_kwargs(self):
        kwargs = super().get_table_kwargs()
        if "shown" not in kwargs and "target_pk" not in self.kwargs:
            first, *others = self.get_table_class().default_columns()
            kwargs["shown"] = [first, "target", *others]
        return kwargs

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        target = self.target
        context |= {
            "target": target,
            "title": TITLES[self.kind],
            "kinds": [{"label": label, "url": self.address("measurements", kind), "active": kind == self.kind} for kind, label in TITLES.items()],
            "export_url": self.address("measurement-export"),
            "export_query": context.get("table_state", ""),
            "formats": FORMATS.values(),
            "may_add": target is not None and can_target(self.request.user, "change", target),
        }
        return context


class MeasurementPartView(_OfKind, HTMXTableViewMixin, FilterView):
    """The table inside the page of a target: its newest rows, page by page, in the order asked for. What else can be done is on the list."""

    template_name = "tom_dataproducts/partials/measurement_part.html"
    model = ReducedDatum
    paginate_by = 25
    strict = False

    def get_template_names(self):
        return [self.template_name]

    def get_table_class(self):
        return TABLES[self.kind]

    def get_filterset_class(self):
        return filterset_of(self.kind)

    def get_table_kwargs(self):
        found = super().get_table_kwargs()
        return found | {"extra_columns": [("selection", share_column())]} if self.kind == "photometry" else found | {"exclude": ("selection",)}

    def get_context_data(self, **kwargs):
        from tom_dataproducts.forms import DataShareForm

        context = super().get_context_data(**kwargs)
        initial = {"submitter": self.request.user, "target": self.target, "data_type": self.kind, "share_title": f"Updated data for {self.target.name}"}
        context |= {
            "target": self.target, "part": (self.request.path, f"measurements-{self.kind}"), "list_url": self.address("measurements"),
            "share_form": DataShareForm(initial=initial) if self.kind == "photometry" and context["record_count"] else None,
        }  # fmt: skip
        return context


class MeasurementExportView(_OfKind, View):
    """The measurements that the filters find as one file, streamed: `as` is csv (as without it), ecsv, votable, fits or parquet."""

    http_method_names = ["get", "head"]

    def get(self, request, *args, **kwargs):
        rows = self.get_queryset()
        filterset = filterset_of(self.kind)(request.GET, queryset=rows, request=request)
        if not filterset.is_valid():
            return HttpResponseBadRequest("; ".join(f"{name}: {' '.join(texts)}" for name, texts in filterset.form.errors.items()), "text/plain")
        name = slugify(self.target.name) if self.target is not None else "measurements"
        return export_response(filterset.qs, self.kind, request.GET.get("as", "csv"), name)


def export_response(rows, kind, format, name="measurements"):
    """A file of measurements; 400 with the reason where it cannot be written."""
    try:
        into = data_format(format)
        pieces = export_data(rows=rows, kind=kind, format=into.slug)
    except InvalidInputError as error:
        return HttpResponseBadRequest(error.message, "text/plain")
    response = StreamingHttpResponse(pieces, content_type=into.content_type)
    response["Content-Disposition"] = f'attachment; filename="{name or "measurements"}{"-" + kind if kind else ""}.{into.suffix}"'
    return response


class _OneMeasurement(AccessMixin):
    model = ReducedDatum
    context_object_name = "datum"

    def get_visible_queryset(self, action):
        return policy.data_visible_to(self.request.user, action).select_related("target", "data_product", "added_by")

    def back(self):
        kind = self.object.data_type if self.object.data_type in KINDS else "other"
        return reverse("dataproducts:target-measurements-kind", kwargs={"target_pk": self.object.target_id, "kind": kind})


def who_added(user, datum):
    """By the rules by which other accounts are named."""
    from tom_common.conf import tom_settings

    if datum.added_by_id is None:
        return "the TOM itself"
    if user.is_authenticated and (user.is_superuser or user.pk == datum.added_by_id or not tom_settings.TOM_HIDE_OTHER_USERS):
        return datum.added_by.get_username()
    return "another user"


class MeasurementView(_OneMeasurement, DetailView):
    """What one measurement says, where it came from, who added it, and what was done with it."""

    template_name = "tom_dataproducts/measurement_detail.html"

    def get_context_data(self, **kwargs):
        from tom_common.history_page import history_panel

        datum = self.object
        context = super().get_context_data(**kwargs)
        arrays = {name: len(getattr(datum, name)) for name in ARRAY_COLUMNS if len(getattr(datum, name))}
        said = [column.name for column in columns_of(datum.data_type) if column.kind != "array"] or ["telescope", "instrument", "reduction_version"]
        value = datum.value
        if isinstance(value, dict):
            value = {key: f"{len(item)} numbers" if isinstance(item, list) and len(item) > 20 else item for key, item in value.items()}
        context |= {
            "columns": [(MeasurementForm.label_of(name), getattr(datum, name)) for name in said if getattr(datum, name) not in (None, "")],
            "arrays": arrays,
            "value_text": json.dumps(value, indent=2, ensure_ascii=False)[:20_000],
            "kind": KINDS.get(datum.data_type, datum.data_type or "Measurement"),
            "may_change": policy.data_visible_to(self.request.user, "change", ReducedDatum.objects.filter(pk=datum.pk)).exists(),
            "sees_product": datum.data_product_id and policy.can(self.request.user, "view", datum.data_product),
            "back": self.back(),
            "added_by": who_added(self.request.user, datum),
            "history": history_panel(self.request, datum),
        }
        return context


class MeasurementEditView(LoginRequiredMixin, _OneMeasurement, View):
    action = "change"

    def _show(self, request, form, status=200):
        context = {"datum": self.object, "form": form, "back": self.back(), "kind": KINDS.get(self.object.data_type, self.object.data_type)}
        return render(request, "tom_dataproducts/measurement_form.html", context, status=status)

    def get(self, request, pk):
        self.object = self.get_object()
        return self._show(request, MeasurementForm(datum=self.object))

    def post(self, request, pk):
        self.object = self.get_object()
        form = MeasurementForm(request.POST, datum=self.object)
        if form.is_valid():
            try:
                change_datum(datum=self.object, changes=form.changes, actor=request.user)
            except InvalidInputError as error:
                for name, texts in error.by_field().items():
                    for text in texts:
                        form.add_error(name if name in form.fields else None, text)
            except TomError as error:
                form.add_error(None, error.message)
            else:
                messages.success(request, "The measurement is changed." if form.changes else "Nothing was changed.")
                return redirect("dataproducts:measurement", pk=self.object.pk)
        return self._show(request, form)


class MeasurementDeleteView(LoginRequiredMixin, _OneMeasurement, View):
    action = "delete"

    def get(self, request, pk):
        self.object = self.get_object()
        context = {
            "title": "Delete this measurement?", "action_label": "Delete", "danger": True, "cancel_url": self.back(),
            "question": f"{self.object} goes. The history of the target can bring it back.",
        }  # fmt: skip
        return render(request, "tom_common/ui/confirm.html", context)

    def post(self, request, pk):
        self.object = self.get_object()
        url = safe_next(request, request.POST.get("next"), default=self.back())
        delete_datum(datum=self.object, actor=request.user)
        messages.success(request, "The measurement is deleted. The history of its target can bring it back.")
        return redirect(url)
