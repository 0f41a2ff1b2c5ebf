"""The path under which projects import the viewset."""

from .api.viewset import ObservationRecordViewSet

__all__ = ["ObservationRecordViewSet"]
