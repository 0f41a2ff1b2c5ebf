"""What tom_observations announces to the floors above."""

from tom_common.events import Event

# payload: observation (the saved record), previous_state (None for a new one)
observation_changed = Event("observation_changed")
