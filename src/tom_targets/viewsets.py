"""Contract path of the endpoint of continuous sharing."""

from tom_targets.api.views import PersistentShareViewSet

__all__ = ["PersistentShareViewSet"]
