import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tom_common.plugin_report import kinds_and_their_sources, rows


class Command(BaseCommand):
    requires_system_checks = []  # it must also run where something is broken
    help = "List every plugin of this TOM: kind, name, path, where it is declared, and what is wrong with the broken ones."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--kind", default="", help="Only this kind.")
        parser.add_argument("--json", action="store_true", help="A list of {kind, name, path, declared_in, state, what, mend}.")
        parser.add_argument("--strict", action="store_true", help="End with an error when a plugin is broken.")
        parser.add_argument("--traceback-of-problems", action="store_true", help="Show where a broken plugin fails.")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = options["kind"]
        if wanted and wanted not in {name for name, _, _ in kinds_and_their_sources()}:
            raise CommandError(f"There is no kind {wanted!r}; there are {', '.join(name for name, _, _ in kinds_and_their_sources())}.")
        found = [row for row in rows() if wanted in ("", row.kind)]
        if options["json"]:
            self.stdout.write(json.dumps([row.as_dict() for row in found], indent=1))
        else:
            self._text(found, wanted, options["traceback_of_problems"])
        problems = sum(not row.ok for row in found)
        if problems and options["strict"]:
            raise CommandError(f"{problems} broken")

    def _text(self, found: list, wanted: str, traces: bool) -> None:
        for kind, source, _ in kinds_and_their_sources():
            if wanted in ("", kind):
                self.stdout.write(self.style.MIGRATE_HEADING(f"{kind}  [{source}]"))
                for row in found:
                    if row.kind == kind and row.ok:
                        self.stdout.write(f"  ok      {row.name or row.kind}  {row.path}  ({row.declared_in})".replace("  ()", ""))
                    elif row.kind == kind:
                        self.stdout.write(self.style.ERROR(f"  broken  {row.what}  ({row.declared_in})"))
        problems = [row for row in found if not row.ok]
        if problems:
            self.stdout.write(self.style.ERROR(f"{len(problems)} broken:"))
            for row in problems:
                self.stdout.write(self.style.ERROR(f"  {row.kind}: {row.declared_in}: {row.what}. {row.mend}"))
                if traces and row.trace:
                    self.stdout.write(row.trace)
