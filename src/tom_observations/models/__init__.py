"""Tables of tom_observations. One module per model."""

from .cadence import DynamicCadence
from .general_facility import Facility
from .group import ObservationGroup
from .record import ObservationRecord
from .template import ObservationTemplate

__all__ = ["DynamicCadence", "Facility", "ObservationGroup", "ObservationRecord", "ObservationTemplate"]
