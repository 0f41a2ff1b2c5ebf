"""Forms that are the toolkit's own; those by which observations are requested belong to their facilities."""

from .records import AddExistingObservationForm, SetStatusForm, UpdateObservationId, facility_choices

__all__ = ["AddExistingObservationForm", "SetStatusForm", "UpdateObservationId", "facility_choices"]
