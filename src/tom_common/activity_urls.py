"""The addresses of tasks, history and the outbox."""

from django.urls import path

from tom_common.views import history, outbox, tasks

urlpatterns = [
    path("tasks/", tasks.TaskListView.as_view(), name="task-list"),
    path("tasks/<int:pk>/", tasks.TaskDetailView.as_view(), name="task-detail"),
    path("tasks/<int:pk>/progress/", tasks.TaskProgressView.as_view(), name="task-progress"),
    path("tasks/<int:pk>/cancel/", tasks.TaskCancelView.as_view(), name="task-cancel"),
    path("tasks/<int:pk>/retry/", tasks.TaskRetryView.as_view(), name="task-retry"),
    path("tasks/periodic/", tasks.PeriodicJobListView.as_view(), name="periodic-list"),
    path("tasks/periodic/<int:pk>/switch/", tasks.PeriodicJobSwitchView.as_view(), name="periodic-switch"),
    path("tasks/periodic/<int:pk>/run/", tasks.PeriodicJobRunView.as_view(), name="periodic-run"),
    path("history/", history.HistoryListView.as_view(), name="history-list"),
    path("history/export/", history.HistoryExportView.as_view(), name="history-export"),
    path("history/<int:pk>/undo/", history.HistoryUndoView.as_view(), name="history-undo"),
    path("outbox/", outbox.OutboxListView.as_view(), name="outbox-list"),
    path("outbox/<int:pk>/", outbox.OutboxDetailView.as_view(), name="outbox-detail"),
    path("outbox/<int:pk>/settle/", outbox.OutboxSettleView.as_view(), name="outbox-settle"),
]
