"""Contract path of REST views."""

from tom_targets.api.views import TargetExtraViewSet, TargetListViewSet, TargetNameViewSet, TargetViewSet

__all__ = ["TargetExtraViewSet", "TargetListViewSet", "TargetNameViewSet", "TargetViewSet"]
