from tom_common.encryptable import EncryptableModelMixin, EncryptedProperty
from tom_common.models.history import HistoryEvent
from tom_common.models.outbox import OutboxItem
from tom_common.models.profile import Profile
from tom_common.models.tasks import PeriodicJob, SchedulerLease, TaskRun
from tom_common.models.terms import TermsOfServiceAcceptance

__all__ = [
    "EncryptableModelMixin",
    "EncryptedProperty",
    "HistoryEvent",
    "OutboxItem",
    "PeriodicJob",
    "Profile",
    "SchedulerLease",
    "TaskRun",
    "TermsOfServiceAcceptance",
]
