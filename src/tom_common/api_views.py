from django.contrib.auth.models import Group
from django.db.models import QuerySet
from rest_framework.mixins import ListModelMixin
from rest_framework.permissions import IsAuthenticated
from rest_framework.viewsets import GenericViewSet

from tom_common.api.viewsets import TomViewSetMixin
from tom_common.serializers import GroupSerializer


class GroupViewSet(TomViewSetMixin, ListModelMixin, GenericViewSet):
    """The groups of whoever asks."""

    queryset = Group.objects.none()
    serializer_class = GroupSerializer
    permission_classes = [IsAuthenticated]

    def get_visible_queryset(self, action: str) -> QuerySet:
        return self.request.user.groups.order_by("pk") if self.request.user.is_authenticated else Group.objects.none()
