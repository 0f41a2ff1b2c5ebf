from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from tom_common.conf import collect, tom_settings
from tom_common.http import redact


class Command(BaseCommand):
    requires_system_checks = []  # it must also run where something is broken
    help = "List every setting of the TOM's apps: what it is for, its default, and what this project says."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("name", nargs="?", default="", help="Only settings whose name contains this.")
        parser.add_argument("--format", choices=["text", "markdown"], default="text")
        parser.add_argument("--changed", action="store_true", help="Only settings that this project sets.")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = sorted(collect().values(), key=lambda row: (row.app, row.name))
        rows = [row for row in rows if options["name"].upper() in row.name]
        if options["changed"]:
            rows = [row for row in rows if hasattr(settings, row.name)]
        write = self._markdown if options["format"] == "markdown" else self._text
        write(rows)

    def _markdown(self, rows: list) -> None:
        app = None
        for row in rows:
            if row.app != app:
                app = row.app
                self.stdout.write(f"\n## {app}\n\n| setting | default | what it is for |\n| --- | --- | --- |")
            helptext = row.help + (f" One of {', '.join(map(str, row.choices))}." if row.choices else "")
            self.stdout.write(f"| `{row.name}` | `{row.default!r}` | {helptext.replace('|', chr(92) + '|')} |")

    def _text(self, rows: list) -> None:
        for row in rows:
            value = getattr(tom_settings, row.name)
            mark = "" if hasattr(settings, row.name) else " (default)"
            self.stdout.write(f"{row.name} = {redact(repr(value))}{mark}\n    {row.app}: {row.help}")
