"""What targets announce (inside the transaction, and after commit to who asks for that)."""

from tom_common.events import Event

target_saved = Event("target_saved")  # target_id, created
target_deleted = Event("target_deleted")  # target_id, name, actor
targets_merged = Event("targets_merged")  # primary_id, secondary_id (whose row is gone), actor
