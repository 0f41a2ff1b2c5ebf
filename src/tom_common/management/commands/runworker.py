"""`db_worker` of django-tasks, of which the page of tasks can say whether it is alive."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.core.management.base import BaseCommand, CommandError

LIBRARIES = ("django_tasks_db", "django_tasks.backends.database")


def library_command() -> Any:
    from tom_common.task_backend import backend_path

    wanted = [name for name in LIBRARIES if backend_path().startswith(name)] or [
        name for name in LIBRARIES if find_spec(name.partition(".")[0])
    ]
    for name in wanted:
        path = f"{name}.management.commands.db_worker"
        if find_spec(name) is not None and find_spec(path) is not None:
            return import_module(path).Command
    raise CommandError("There is no task backend in the database: tasks run at once, or their backend has its own worker (setting TASKS).")


class Command(BaseCommand):
    requires_system_checks = []
    help = "Do background work that waits in the database, until told to end. Takes the options of db_worker."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._library: Any = None

    def add_arguments(self, parser: Any) -> None:
        self._library = library_command()(stdout=self.stdout, stderr=self.stderr)
        self._library.add_arguments(parser)
        parser.set_defaults(queue_name="*", reload=False)

    def handle(self, *args: Any, **options: Any) -> None:
        from tom_common.task_health import beating

        with beating("worker"):
            self._library.handle(*args, **options)
