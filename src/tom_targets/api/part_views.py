"""REST endpoints of what hangs on targets: aliases, extras, lists."""

from __future__ import annotations

import django_filters
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from tom_common.api.conditional import etag_of
from tom_common.api.schema import described
from tom_common.api.viewsets import TomViewSetMixin
from tom_targets.api.parts import AliasSerializer, ExtraSerializer, ListChangeSerializer, ListMembersSerializer, OwnListSerializer
from tom_targets.api.serializers import TargetExtraSerializer, TargetNameSerializer
from tom_targets.filters import TargetFilterSet
from tom_targets.models import BaseTarget, TargetExtra, TargetList, TargetName, get_target_model_class
from tom_targets.policy import lists_visible_to, restrict_by_target, visible_to
from tom_targets.services import add_to_list, change_attached, delete_list, move_to_list, remove_from_list

FURTHEST = 2**63 - 1


class _OfTarget(django_filters.FilterSet):
    target = django_filters.NumberFilter(
        field_name="target_id", min_value=0, max_value=FURTHEST, decimal_places=0, label="Key of the target"
    )


class AliasFilters(_OfTarget):
    name = django_filters.CharFilter()

    class Meta:
        model = TargetName
        fields = ["target", "name"]


class ExtraFilters(_OfTarget):
    key = django_filters.CharFilter()
    value = django_filters.CharFilter()

    class Meta:
        model = TargetExtra
        fields = ["target", "key", "value"]


class ListFilters(django_filters.FilterSet):
    name = django_filters.CharFilter()
    target = django_filters.NumberFilter(min_value=0, max_value=FURTHEST, method="holding", label="Key of a target that is in the list")

    class Meta:
        model = TargetList
        fields = ["name", "target"]

    def holding(self, queryset, name, value):
        links = TargetList.targets.through.objects.filter(basetarget_id=int(value))
        return queryset.filter(pk__in=restrict_by_target(links, self.request.user, path="basetarget").values("targetlist_id"))


class _PartOfTarget(TomViewSetMixin, ModelViewSet):
    """A row that hangs on a target: seen with it, written by who may change it. Lists and new rows say of which target they are."""

    model = None
    plain_serializer_class = None
    filter_backends = (DjangoFilterBackend,)
    ordering_fields = ("id",)

    def get_serializer_class(self):
        return self.plain_serializer_class if self.action == "retrieve" else self.serializer_class

    def get_visible_queryset(self, action):
        rows = self.model.objects.select_related("target").order_by("pk")
        return restrict_by_target(rows, self.request.user, "view" if action in ("view", "add") else "change")

    def version_of(self, row):
        return etag_of(self.plain_serializer_class(row, context=self.get_serializer_context()).data)

    def perform_destroy(self, instance):
        with self.unchanged(instance):
            change_attached(actor=self.request.user, target=instance.target, removed=[instance])


class TargetNameViewSet(_PartOfTarget):
    """Aliases of targets."""

    model = TargetName
    thing = "TargetName"
    queryset = TargetName.objects.none()
    serializer_class = AliasSerializer
    plain_serializer_class = TargetNameSerializer
    filterset_class = AliasFilters


class TargetExtraViewSet(_PartOfTarget):
    """Extras (tags) of targets."""

    model = TargetExtra
    thing = "TargetExtra"
    queryset = TargetExtra.objects.none()
    serializer_class = ExtraSerializer
    plain_serializer_class = TargetExtraSerializer
    filterset_class = ExtraFilters


_CHANGE = {"request": ListMembersSerializer, "responses": {200: ListChangeSerializer}}


@described(add=_CHANGE, remove=_CHANGE, move=_CHANGE)
class TargetListViewSet(TomViewSetMixin, ModelViewSet):
    """Lists of targets that the requester may see."""

    thing = "TargetList"
    queryset = TargetList.objects.none()
    serializer_class = OwnListSerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = ListFilters
    ordering_fields = ("id", "created", "modified")
    heavy_actions = ("add", "remove", "move")

    def get_visible_queryset(self, action):
        action = "change" if action in self.heavy_actions else action
        return lists_visible_to(self.request.user, action)

    def perform_destroy(self, instance):
        with self.unchanged(instance):
            delete_list(actor=self.request.user, grouping=instance)

    @action(detail=True, methods=["post"])
    def add(self, request, *args, **kwargs):
        """Put targets into the list."""
        return self._change(add_to_list)

    @action(detail=True, methods=["post"])
    def remove(self, request, *args, **kwargs):
        """Take targets out of the list."""
        return self._change(remove_from_list)

    @action(detail=True, methods=["post"])
    def move(self, request, *args, **kwargs):
        """Put targets into this list, and take them out of every other that you may change."""
        return self._change(move_to_list)

    def _change(self, service):
        grouping = self.get_object()
        given = ListMembersSerializer(data=self.request.data)
        given.is_valid(raise_exception=True)
        targets, missing = self._chosen(given.validated_data)
        change = service(actor=self.request.user, grouping=grouping, targets=targets)
        answer = {"done": change.done, "already": change.already, "already_names": change.already_names, "not_found": missing}
        return Response(ListChangeSerializer(answer).data)

    def _chosen(self, given):
        """(targets that the requester sees, keys of those that they do not)."""
        seen = visible_to(self.request.user, "view", BaseTarget.objects.all())
        if "targets" in given:
            wanted = list(dict.fromkeys(given["targets"]))
            found: set[int] = set()
            for start in range(0, len(wanted), 500):
                found.update(seen.filter(pk__in=wanted[start : start + 500]).values_list("pk", flat=True))
            return [key for key in wanted if key in found], [key for key in wanted if key not in found]
        known = set(TargetFilterSet.base_filters) | set(TargetFilterSet({}, request=self.request).filters)
        if unknown := sorted(set(given["matching"]) - known):
            raise ValidationError({"matching": [f"There are no such filters: {', '.join(unknown)}."]})
        filters = TargetFilterSet(
            given["matching"], queryset=visible_to(self.request.user, "view", get_target_model_class().objects.all()), request=self.request
        )
        if not filters.is_valid():
            raise ValidationError({"matching": filters.errors})
        return BaseTarget.objects.filter(pk__in=filters.qs.order_by().values("pk")), []
