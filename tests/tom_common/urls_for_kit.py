"""Pages and an API for the kit's tests, beside the real ones."""

from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import include, path
from django.views import View
from rest_framework import serializers
from rest_framework.routers import DefaultRouter

from tom_common.api.bulk import BulkCreateMixin
from tom_common.api.viewsets import TomModelViewSet
from tom_common.errors import ConflictError, InvalidInputError, NotAllowedError, RowError
from tom_common.exceptions import ImproperCredentialsException
from tom_common.http import ServiceUnavailableError
from tom_common.permissions import AccessMixin, deny


def refuses(request):
    raise PermissionDenied("Not yours.")


def refuses_quietly(request):
    return HttpResponse("no", status=403)


def hidden(request):
    deny(request, seen=False)


def seen(request):
    deny(request, seen=True)


def bad_credentials(request):
    raise ImproperCredentialsException("LCO")


def fails(request):
    kind = request.GET["kind"]
    raise {
        "conflict": ConflictError("It is there already."),
        "invalid": InvalidInputError("Mend row 3."),
        "not_allowed": NotAllowedError("Only its owner may."),
        "service": ServiceUnavailableError("alerce: no connection"),
    }[kind]


def moves(request):
    return redirect("home")


class GroupSerializer(serializers.ModelSerializer):
    class Meta:
        model = Group
        fields = ["id", "name"]


class GroupRule(AccessMixin):
    """A group is seen by its members and when its name starts with `open`; members of `x-...` may change it."""

    def get_visible_queryset(self, action):
        user = self.request.user
        mine = Group.objects.filter(user=user.pk) if user.pk else Group.objects.none()
        if action == "view":
            return (Group.objects.filter(name__startswith="open") | mine).distinct().order_by("pk")
        return mine


class GroupPage(GroupRule, View):
    action = "change"

    def get(self, request, pk):
        return HttpResponse(self.get_object().name)


class ThingSerializer(GroupSerializer):
    def create(self, validated_data):
        name = validated_data["name"]
        if name == "bad":
            raise InvalidInputError(errors=[RowError(None, "name", name, "is bad", "choose another")])
        if name == "slow":
            raise ServiceUnavailableError("x: later", retry_after_s=4)
        made = super().create(validated_data)
        self.context["request"].user.groups.add(made)
        return made


class ThingViewSet(GroupRule, BulkCreateMixin, TomModelViewSet):
    serializer_class = ThingSerializer
    ordering_fields = ("id", "name")

    def check_may_create(self, request):
        if self.action == "create" and self.request.data.get("name", "").startswith("forbidden"):
            raise NotAllowedError("No such names.")


router = DefaultRouter()
router.register("things", ThingViewSet, basename="things")

urlpatterns = [
    path("kit/refuses/", refuses),
    path("kit/quiet/", refuses_quietly),
    path("kit/hidden/", hidden),
    path("kit/seen/", seen),
    path("kit/credentials/", bad_credentials),
    path("kit/fails/", fails),
    path("kit/moves/", moves),
    path("kit/group/<int:pk>/", GroupPage.as_view()),
    path("api/kit/refuses/", refuses),
    path("api/kit/", include(router.urls)),
    path("", include("tom_common.urls")),
]
