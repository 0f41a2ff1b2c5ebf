"""Task runs over REST: one's own (superusers: all), to look at and to cancel."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from tom_common.api.viewsets import TomReadOnlyModelViewSet
from tom_common.models import TaskRun
from tom_common.permissions import deny
from tom_common.services.task_admin import cancel_run
from tom_common.tasks import visible_runs


class TaskRunSerializer(serializers.ModelSerializer):
    class Meta:
        model = TaskRun
        fields = (
            "id", "name", "title", "state", "attempts", "max_attempts", "cancel_asked", "done", "total", "message", "reason", "link", "created_at",
            "run_after", "started_at", "finished_at",
        )  # fmt: skip
        read_only_fields = fields


class TaskRunViewSet(TomReadOnlyModelViewSet):
    """Background work that one asked for."""

    serializer_class = TaskRunSerializer
    queryset = TaskRun.objects.none()

    def get_visible_queryset(self, action: str) -> Any:
        if not self.request.user.is_authenticated:
            deny(self.request, seen=False)
        return visible_runs(self.request.user).order_by("-pk")

    @action(detail=True, methods=["post"])
    def cancel(self, request: Any, pk: Any = None) -> Response:
        """Ask the run to stop: a waiting one at once, a running one as soon as it can."""
        run = self.get_object()
        cancel_run(actor=request.user, run=run)
        return Response(self.get_serializer(run).data)
