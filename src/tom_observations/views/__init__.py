"""The pages of observations."""

from ..filters import ObservationFilter, ObservationTemplateFilter
from .changes import ObservationRecordCancelView, ObservationRecordStatusView, ObservationRecordUpdateView
from .creating import ObservationCreateView
from .detail import ObservationPanelView, ObservationRecordDetailView
from .existing import AddExistingObservationView
from .facility_status import FacilityStatusView, facility_status_list
from .groups import ObservationGroupCreateView, ObservationGroupDeleteView, ObservationGroupListView
from .listing import ObservationListView
from .redirects import ObservationCallbackView, ObservationRedirectView
from .templates import (
    ObservationTemplateCreateView,
    ObservationTemplateDeleteView,
    ObservationTemplateListView,
    ObservationTemplateUpdateView,
)

__all__ = [
    "AddExistingObservationView",
    "FacilityStatusView",
    "ObservationCallbackView",
    "ObservationCreateView",
    "ObservationFilter",
    "ObservationGroupCreateView",
    "ObservationGroupDeleteView",
    "ObservationGroupListView",
    "ObservationListView",
    "ObservationPanelView",
    "ObservationRecordCancelView",
    "ObservationRecordDetailView",
    "ObservationRecordStatusView",
    "ObservationRecordUpdateView",
    "ObservationRedirectView",
    "ObservationTemplateCreateView",
    "ObservationTemplateDeleteView",
    "ObservationTemplateFilter",
    "ObservationTemplateListView",
    "ObservationTemplateUpdateView",
    "facility_status_list",
]
