"""The history of observations and their groups: who sees it."""

from tom_common.history_kinds import register_history
from tom_observations.models import ObservationGroup, ObservationRecord, ObservationTemplate
from tom_observations.policy import groups_visible_to, visible_to

register_history(ObservationRecord, parent="target", visible=lambda user: visible_to(user))
register_history(ObservationGroup, visible=lambda user: groups_visible_to(user))
# everybody sees the templates
register_history(ObservationTemplate, visible=lambda user: ObservationTemplate.objects.all())
