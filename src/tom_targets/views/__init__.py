"""Pages of targets."""

from tom_targets.views.lists import (
    TargetAddRemoveGroupingView,
    TargetGroupingCreateView,
    TargetGroupingDeleteView,
    TargetGroupingView,
)
from tom_targets.views.merging import TargetMergeView
from tom_targets.views.selection import RefreshObservationsView, TargetFacilitySelectionView, render_observation_table
from tom_targets.views.sharing import (
    PersistentShareManageFormView,
    PersistentShareManageTable,
    TargetGroupingHermesPreloadView,
    TargetGroupingShareView,
    TargetHermesPreloadView,
    TargetShareView,
)
from tom_targets.views.targets import (
    TargetCreateView,
    TargetDeleteView,
    TargetDetailView,
    TargetListView,
    TargetNameSearchView,
    TargetTabView,
    TargetTonightView,
    TargetUpdateView,
)
from tom_targets.views.transfer import TargetExportView, TargetImportView, TargetSeedView

__all__ = [
    "PersistentShareManageFormView", "PersistentShareManageTable", "RefreshObservationsView", "TargetAddRemoveGroupingView",
    "TargetCreateView", "TargetDeleteView", "TargetDetailView", "TargetExportView", "TargetFacilitySelectionView",
    "TargetGroupingCreateView", "TargetGroupingDeleteView", "TargetGroupingHermesPreloadView", "TargetGroupingShareView",
    "TargetGroupingView", "TargetHermesPreloadView", "TargetImportView", "TargetListView", "TargetMergeView", "TargetNameSearchView",
    "TargetSeedView", "TargetShareView", "TargetTabView", "TargetTonightView", "TargetUpdateView", "render_observation_table",
]  # fmt: skip
