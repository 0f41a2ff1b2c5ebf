"""/api/observations/"""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import QueryDict
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from tom_common.api.schema import described
from tom_common.api.viewsets import TomViewSetMixin
from tom_common.errors import ConflictError, TomError
from tom_common.permissions import deny
from tom_targets.models import get_target_model_class
from tom_targets.policy import get_or_deny

from ..cadence import get_cadence_strategy
from ..facility import get_service_class
from ..filters import ObservationFilter
from ..models import ObservationRecord
from ..policy import groups_visible_to, visible_to
from ..serializers import ObservationRecordSerializer
from ..services import cancel_observation, submit_observation
from ..services.groups import groups_of
from ..views.creating import FACILITY_TROUBLE, cadence_parameters
from .words import ObservationRequestSerializer

logger = logging.getLogger(__name__)


# a plain list, without the pages that drf_spectacular would make of `many=True`
RECORDS = {"type": "array", "items": {"$ref": "#/components/schemas/ObservationRecord"}}


@described(
    create={"request": ObservationRequestSerializer, "responses": {201: RECORDS, 404: {"$ref": "#/components/schemas/Error"}}},
    cancel={"request": None, "responses": {200: ObservationRecordSerializer}},
)
class ObservationRecordViewSet(TomViewSetMixin, mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin, GenericViewSet):
    """Observation records: those that the caller may see. Requesting and cancelling need a login, whatever the project's defaults are."""

    filter_backends = (DjangoFilterBackend,)
    filterset_class = ObservationFilter
    serializer_class = ObservationRecordSerializer

    def get_visible_queryset(self, action):
        # "cancel" asks for the right to change once the record is found
        rows = visible_to(self.request.user, "view")
        return rows.order_by("-created", "-id").prefetch_related("observationgroup_set__dynamiccadence_set")

    def get_serializer_context(self):
        context = super().get_serializer_context()
        user = getattr(self.request, "user", None)
        if user is not None and not getattr(user, "is_superuser", False):
            context["visible_groups"] = _VisibleGroups(user)
        return context

    def create(self, request, *args, **kwargs):
        """Request observations through the facility's form; a list of the records made, with status 201."""
        data = request.data if hasattr(request.data, "get") else {}
        for key in ("facility", "observation_type", "target_id", "observing_parameters"):
            if key not in data:
                return Response(f"Missing required field '{key}'.", status=status.HTTP_400_BAD_REQUEST)
        target = self._target(data["target_id"])
        facility = self._facility(data["facility"])
        strategy, cadence = self._cadence(data.get("cadence"))
        form = self._form(facility, target, data, strategy)
        try:
            if not form.is_valid():
                raise ValidationError(dict(form.errors))
            submission = submit_observation(
                actor=request.user,
                facility=facility,
                target=target,
                payload=form.observation_payload(),
                parameters=form.serialize_parameters(),
                name=str(data.get("name") or form.cleaned_data.get("name") or ""),
                holders=self._holders(data.get("groups")),
                cadence_strategy=strategy,
                cadence_parameters={**cadence_parameters(strategy, form), **cadence} if strategy else None,
                submission_key=request.headers.get("Idempotency-Key", "")[:64],
            )
        except DjangoValidationError as error:
            raise ValidationError(getattr(error, "message_dict", None) or {"non_field_errors": error.messages}) from None
        except ConflictError:
            raise
        except FACILITY_TROUBLE as error:
            raise ValidationError({"non_field_errors": [f"{facility.name} did not take the request: {error}"]}) from None
        rows = self.get_queryset().model.objects.filter(pk__in=[record.pk for record in submission.records]).order_by("pk")
        serializer = self.get_serializer(rows.prefetch_related("observationgroup_set__dynamiccadence_set"), many=True)
        return Response(serializer.data, status=status.HTTP_201_CREATED)

    def _target(self, raw: Any):
        try:
            pk = int(raw)
        except (TypeError, ValueError):
            raise ValidationError({"target_id": ["A whole number is needed."]}) from None
        try:
            return get_or_deny(self.request, pk, "view", get_target_model_class().objects.all())
        except OverflowError:
            raise NotFound from None

    def _facility(self, name: str):
        try:
            facility = get_service_class(name)()
        except (ImportError, TypeError) as error:
            raise ValidationError({"facility": [str(error)]}) from None
        if facility.is_redirect:
            raise ValidationError({"facility": [f"{facility.name} takes requests on its own site."]})
        if hasattr(facility, "set_user"):
            facility.set_user(self.request.user)
        return facility

    def _cadence(self, cadence: Any) -> tuple[str, dict]:
        """The strategy's name and its own parameters; both empty without a cadence."""
        if not cadence:
            return "", {}
        if not isinstance(cadence, dict) or not cadence.get("cadence_strategy"):
            raise ValidationError({"cadence": ["Missing required field 'cadence_strategy'."]})
        name = cadence["cadence_strategy"]
        try:
            form_class = get_cadence_strategy(name).form
        except (ImportError, TypeError) as error:
            raise ValidationError({"cadence": [str(error)]}) from None
        form = form_class(data=cadence)
        if not form.is_valid():
            raise ValidationError(dict(form.errors))
        return name, {field: form.cleaned_data.get(field) for field in getattr(form_class, "cadence_fields", ())}

    def _form(self, facility, target, data, strategy):
        parameters = data["observing_parameters"]
        if not isinstance(parameters, dict):
            raise ValidationError({"observing_parameters": ["An object of the form's fields is needed."]})
        values = {**parameters, "facility": facility.name, "target_id": target.pk, "observation_type": data["observation_type"]}
        if strategy:
            values = {**data["cadence"], **values, "cadence_strategy": strategy}
        if data.get("name"):
            values.setdefault("name", data["name"])
        form_data = QueryDict(mutable=True)
        for key, value in values.items():
            form_data.setlist(key, value if isinstance(value, list) else [value])
        try:
            form = facility.create_form_instance(data["observation_type"], data=form_data)
        except FACILITY_TROUBLE as error:
            raise ValidationError({"non_field_errors": [f"{facility.name} could not be asked: {error}"]}) from None
        if "groups" in form.fields:
            form.fields["groups"].queryset = groups_of(self.request.user)
        return form

    def _holders(self, groups: Any) -> list:
        if not groups:
            return []
        try:
            pks = {int(group["id"]) for group in groups}
        except (TypeError, KeyError, ValueError):
            raise ValidationError({"groups": ["A list of objects with an id is needed."]}) from None
        found = list(groups_of(self.request.user).filter(pk__in=pks))
        if len(found) != len(pks):
            raise ValidationError({"groups": ["You are not a member of each of these groups."]})
        return found

    @action(detail=True, methods=["patch"])
    def cancel(self, request, *args, **kwargs):
        """Cancel at the facility; the record as it is then."""
        record = self.get_object()
        if not visible_to(request.user, "change", ObservationRecord.objects.filter(pk=record.pk)).exists():
            deny(request, seen=True)
        try:
            cancel_observation(actor=request.user, record=record)
        except TomError as error:
            return Response(error.message, status=status.HTTP_400_BAD_REQUEST)
        except Exception as error:
            logger.exception("cancelling observation record %s failed", record.pk)
            return Response(f"Unable to cancel the observation: {error}", status=status.HTTP_400_BAD_REQUEST)
        return Response(self.get_serializer(record).data)


class _VisibleGroups:
    """Whether a group's name may be shown: asked of the database once, when the first group is met."""

    def __init__(self, user) -> None:
        self.user = user
        self._pks = None

    def __contains__(self, pk) -> bool:
        if self._pks is None:
            self._pks = set(groups_visible_to(self.user).order_by().values_list("pk", flat=True))
        return pk in self._pks
