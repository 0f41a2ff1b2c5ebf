import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tom_setup.demo.load import GROUP, load


class Command(BaseCommand):
    help = "Load the demonstration: real objects, their measurements and alerts, an observation. A second run changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--actor", default="admin", help="The user in whose name it is loaded; made if absent (default: admin).")
        parser.add_argument("--observer", default="observer", help="An ordinary user of the demo's group; made if absent.")
        parser.add_argument("--folder", type=Path, help="Where the alert packets are written (default: tmp/alerts of the project).")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = self._user(options["actor"], superuser=True)
        group, _ = Group.objects.get_or_create(name=GROUP)
        self._user(options["observer"], superuser=False).groups.add(group)
        folder = options["folder"] or Path(settings.BASE_DIR) / "tmp" / "alerts"
        folder.mkdir(parents=True, exist_ok=True)
        report = load(actor=actor, folder=folder, say=self.stdout.write)
        for problem in report.problems:
            self.stderr.write(problem)
        if report.problems:
            raise CommandError(f"{len(report.problems)} parts of the demo could not be loaded")

    def _user(self, username: str, *, superuser: bool) -> Any:
        """The user, made with the password from DEMO_PASSWORD_<NAME>, or without a usable one."""
        users = get_user_model()
        found = users.objects.filter(username=username).first()
        if found is not None:
            return found
        password = os.environ.get(f"DEMO_PASSWORD_{username.upper()}")
        make = users.objects.create_superuser if superuser else users.objects.create_user
        return make(username=username, email=f"{username}@example.org", password=password)
