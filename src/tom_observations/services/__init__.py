"""What can be done with observations. Every form, command, cadence and API call goes through these."""

from .cancel import cancel_observation
from .existing import add_existing
from .status import set_status, update_status
from .submit import Submission, submit_observation

__all__ = ["Submission", "add_existing", "cancel_observation", "set_status", "submit_observation", "update_status"]
