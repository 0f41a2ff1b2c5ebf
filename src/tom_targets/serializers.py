"""Contract path of serializers."""

from tom_targets.api.serializers import (
    PersistentShareSerializer,
    TargetExtraSerializer,
    TargetListSerializer,
    TargetNameSerializer,
    TargetSerializer,
)

__all__ = ["PersistentShareSerializer", "TargetExtraSerializer", "TargetListSerializer", "TargetNameSerializer", "TargetSerializer"]
