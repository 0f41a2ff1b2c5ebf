"""Pages of targets."""

from tom_targets.views.listing import TargetListChoiceView, TargetListView, TargetNameSearchView
from tom_targets.views.lists import (
    TargetAddRemoveGroupingView,
    TargetGroupingCreateView,
    TargetGroupingDeleteView,
    TargetGroupingDetailView,
    TargetGroupingView,
)
from tom_targets.views.merging import TargetMergeView
from tom_targets.views.rights import TargetRightsView
from tom_targets.views.selection import RefreshObservationsView, TargetFacilitySelectionView, render_observation_table
from tom_targets.views.sharing import (
    PersistentShareManageFormView,
    PersistentShareManageTable,
    TargetGroupingHermesPreloadView,
    TargetGroupingShareView,
    TargetHermesPreloadView,
    TargetShareView,
)
from tom_targets.views.sky import TargetCoordinatesView, TargetEphemerisView, TargetFinderStarsView, TargetFinderView
from tom_targets.views.skymap import TargetSkyMapView
from tom_targets.views.targets import (
    TargetCreateView,
    TargetDeleteView,
    TargetDetailView,
    TargetTabView,
    TargetTonightView,
    TargetUpdateView,
)
from tom_targets.views.transfer import TargetExportView, TargetImportDetailView, TargetImportView, TargetSeedView

__all__ = [
    "PersistentShareManageFormView", "PersistentShareManageTable", "RefreshObservationsView", "TargetAddRemoveGroupingView",
    "TargetCoordinatesView", "TargetCreateView", "TargetDeleteView", "TargetDetailView", "TargetEphemerisView", "TargetExportView", "TargetFacilitySelectionView",
    "TargetFinderStarsView", "TargetFinderView",
    "TargetGroupingCreateView", "TargetGroupingDeleteView", "TargetGroupingDetailView", "TargetGroupingHermesPreloadView", "TargetGroupingShareView",
    "TargetGroupingView", "TargetHermesPreloadView", "TargetImportDetailView", "TargetImportView", "TargetListChoiceView", "TargetListView", "TargetMergeView",
    "TargetNameSearchView",
    "TargetRightsView", "TargetSeedView", "TargetSkyMapView", "TargetShareView", "TargetTabView", "TargetTonightView", "TargetUpdateView", "render_observation_table",
]  # fmt: skip
