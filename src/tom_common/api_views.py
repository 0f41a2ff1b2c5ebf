from django.contrib.auth.models import Group
from rest_framework.mixins import ListModelMixin
from rest_framework.permissions import IsAuthenticated
from rest_framework.viewsets import GenericViewSet

from tom_common.serializers import GroupSerializer


class GroupViewSet(ListModelMixin, GenericViewSet):
    """The groups of whoever asks."""

    serializer_class = GroupSerializer
    permission_classes = [IsAuthenticated]

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return Group.objects.none()
        return self.request.user.groups.order_by("pk")
