"""REST endpoints of targets."""

from __future__ import annotations

from django.http import Http404
from django_filters import rest_framework as drf_filters
from guardian.shortcuts import get_objects_for_user
from rest_framework import mixins, status
from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet, ModelViewSet

from tom_common.api.schema import described
from tom_common.permissions import deny
from tom_targets.api.serializers import (
    PersistentShareSerializer,
    TargetExtraSerializer,
    TargetListSerializer,
    TargetNameSerializer,
    TargetSerializer,
)
from tom_targets.filters import TargetFilterSet
from tom_targets.models import (
    PersistentShare,
    TargetExtra,
    TargetGroupObjectPermission,
    TargetList,
    TargetName,
    get_target_model_app_label,
    get_target_model_class,
)
from tom_targets.policy import can, get_or_deny, restrict_by_target, visible_to
from tom_targets.services import delete_target

ACTION_OF = {"GET": "view", "HEAD": "view", "OPTIONS": "view", "PUT": "change", "PATCH": "change", "DELETE": "delete", "POST": "add"}


def action_of(request) -> str:
    return ACTION_OF.get(request.method, "change")


class MayWrite(BasePermission):
    """Reading is for everybody (what they see is the queryset's matter); writing is for who has logged in."""

    def has_permission(self, request, view):
        if action_of(request) != "view" and not request.user.is_authenticated:
            raise NotAuthenticated
        return True


class TargetViewSet(ModelViewSet):
    """Targets that the requester may see; changes for who may change, deletion for who may delete."""

    serializer_class = TargetSerializer
    filter_backends = (drf_filters.DjangoFilterBackend,)
    filterset_class = TargetFilterSet
    permission_classes = [MayWrite]

    def get_base_queryset(self):
        return get_target_model_class().objects.prefetch_related("aliases", "targetextra_set")

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return get_target_model_class().objects.none()
        action = action_of(self.request)
        action = "view" if action == "add" else action
        return visible_to(self.request.user, action, self.get_base_queryset()).order_by("-pk")

    def get_object(self):
        action = action_of(self.request)
        pk = self.kwargs[self.lookup_url_kwarg or self.lookup_field]
        found = None
        if str(pk).isdigit():
            found = visible_to(self.request.user, action, self.get_base_queryset()).filter(pk=pk).first()
        if found is None:
            seen = action != "view" and str(pk).isdigit() and visible_to(self.request.user).filter(pk=pk).exists()
            if not seen and self.request.user.is_authenticated:
                raise Http404("No Target matches the given query.")
            deny(self.request, seen=seen)
        return found

    def paginate_queryset(self, queryset):
        page = super().paginate_queryset(queryset)
        self.groups_of = _groups_of(page if page is not None else [])
        return page

    def get_serializer_context(self):
        context = super().get_serializer_context()
        if hasattr(self, "groups_of"):
            context["groups_of"] = self.groups_of
        return context

    def create(self, request, *args, **kwargs):
        response = super().create(request, *args, **kwargs)
        response.data["message"] = "Target successfully uploaded."
        return response

    def update(self, request, *args, **kwargs):
        response = super().update(request, *args, **kwargs)
        response.data["message"] = "Target successfully updated."
        return response

    def perform_destroy(self, instance):
        delete_target(actor=self.request.user, target=instance)


def _groups_of(targets) -> dict[int, list[dict]]:
    """Groups with a right on each target, in one query."""
    found: dict[int, dict[int, str]] = {target.pk: {} for target in targets}
    rows = TargetGroupObjectPermission.objects.filter(content_object_id__in=list(found))
    for target, pk, name in rows.values_list("content_object_id", "group_id", "group__name").distinct():
        found[target][pk] = name
    return {key: [{"id": pk, "name": name} for pk, name in sorted(groups.items())] for key, groups in found.items()}


class _PartOfTarget(mixins.RetrieveModelMixin, mixins.DestroyModelMixin, GenericViewSet):
    """A row that hangs on a target: seen with it, deleted by who may change it."""

    permission_classes = [MayWrite]
    model = None

    def get_queryset(self):
        action = "view" if action_of(self.request) == "view" else "change"
        return restrict_by_target(self.model.objects.all(), self.request.user, action)

    def get_object(self):
        pk = self.kwargs["pk"]
        found = self.get_queryset().filter(pk=pk).first() if str(pk).isdigit() else None
        if found is None:
            seen = str(pk).isdigit() and restrict_by_target(self.model.objects.filter(pk=pk), self.request.user).exists()
            deny(self.request, seen=seen and action_of(self.request) != "view")
        return found


class TargetNameViewSet(_PartOfTarget):
    model = TargetName
    queryset = TargetName.objects.none()
    serializer_class = TargetNameSerializer


class TargetExtraViewSet(_PartOfTarget):
    model = TargetExtra
    queryset = TargetExtra.objects.none()
    serializer_class = TargetExtraSerializer


class TargetListViewSet(mixins.RetrieveModelMixin, mixins.DestroyModelMixin, GenericViewSet):
    """Lists that the requester may see."""

    permission_classes = [MayWrite]
    queryset = TargetList.objects.none()
    serializer_class = TargetListSerializer

    def get_queryset(self):
        return get_objects_for_user(self.request.user, f"tom_targets.{action_of(self.request)}_targetlist", klass=TargetList)

    def get_object(self):
        pk = self.kwargs["pk"]
        found = self.get_queryset().filter(pk=pk).first() if str(pk).isdigit() else None
        if found is None:
            mine = get_objects_for_user(self.request.user, "tom_targets.view_targetlist", klass=TargetList)
            deny(self.request, seen=str(pk).isdigit() and action_of(self.request) != "view" and mine.filter(pk=pk).exists())
        return found


class PersistentShareViewSet(ModelViewSet):
    """Continuous sharing: for who has the model's right and may change the target."""

    serializer_class = PersistentShareSerializer
    permission_classes = [MayWrite]
    queryset = PersistentShare.objects.none()

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        if not request.user.is_authenticated:
            raise NotAuthenticated
        action = action_of(request)
        labels = {get_target_model_app_label(), "tom_targets"}
        if not any(request.user.has_perm(f"{label}.{action}_persistentshare") for label in labels):
            raise PermissionDenied("You need the right to work with continuous sharing; ask the administrator of this TOM.")

    def get_queryset(self):
        rows = PersistentShare.objects.select_related("target", "user")
        if "target_pk" in self.kwargs:
            rows = rows.filter(target_id=get_or_deny(self.request, self.kwargs["target_pk"], "change").pk)
        return restrict_by_target(rows, self.request.user, "change")

    def destroy(self, request, *args, **kwargs):
        share = self.get_object()
        if not can(request.user, "change", share.target):
            raise PermissionDenied
        share.delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


@described(list={"operation_id": "targets_persistentshare_of_target_list"})
class SharesOfTargetViewSet(PersistentShareViewSet):
    """The continuous shares of one target."""
