from rest_framework.response import Response
from rest_framework.viewsets import ViewSet


class DummyViewSet(ViewSet):
    def list(self, request):
        return Response([{"dummy": True}])
