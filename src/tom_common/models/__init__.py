from tom_common.encryptable import EncryptableModelMixin, EncryptedProperty
from tom_common.models.comments import CommentAttachment, CommentEdit, CommentMention
from tom_common.models.groups import GroupManager
from tom_common.models.history import HistoryEvent
from tom_common.models.home import HomeLayout
from tom_common.models.outbox import OutboxItem
from tom_common.models.profile import Profile
from tom_common.models.security import SecurityEvent
from tom_common.models.tables import SavedFilter, TablePreference
from tom_common.models.tasks import PeriodicJob, SchedulerLease, TaskRun, WorkerBeat
from tom_common.models.terms import TermsOfServiceAcceptance

__all__ = [
    "CommentAttachment",
    "CommentEdit",
    "CommentMention",
    "EncryptableModelMixin",
    "EncryptedProperty",
    "GroupManager",
    "HistoryEvent",
    "HomeLayout",
    "OutboxItem",
    "PeriodicJob",
    "Profile",
    "SavedFilter",
    "SchedulerLease",
    "SecurityEvent",
    "TablePreference",
    "TaskRun",
    "TermsOfServiceAcceptance",
    "WorkerBeat",
]
