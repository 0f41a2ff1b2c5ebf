from typing import Any

from django.core.management.base import BaseCommand

from tom_common.plugins import PAGE_PARTS, all_problems, examine, integration_items, kinds


class Command(BaseCommand):
    requires_system_checks = []  # it must also run where something is broken
    help = "List every plugin of this TOM: kind, name, where it is declared, and what is wrong with the broken ones."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--kind", default="", help="Only this kind.")
        parser.add_argument("--traceback-of-problems", action="store_true", help="Show where a broken plugin fails.")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = options["kind"]
        for name, kind in sorted(kinds().items()):
            if wanted and name != wanted:
                continue
            sound, problems = examine(name)
            source = ", ".join(part for part in (kind.setting, f"{kind.method}()" if kind.method else "") if part)
            self.stdout.write(self.style.MIGRATE_HEADING(f"{name}  [{source}]"))
            for item, cls in sound:
                label = item.label or getattr(cls, "name", None) or getattr(cls, "__name__", "")
                self.stdout.write(f"  ok      {label}  {item.path}  ({item.declared_in})")
            for problem in problems:
                self.stdout.write(self.style.ERROR(f"  broken  {problem.what}  ({problem.declared_in})"))
        if not wanted:
            self.stdout.write(self.style.MIGRATE_HEADING("page parts"))
            for method in PAGE_PARTS:
                for item in integration_items(method):
                    where = item["partial"] if isinstance(item, dict) else str(item)
                    app = item["app"] if isinstance(item, dict) else ""
                    self.stdout.write(f"  ok      {method}  {where}  ({app})")
        problems = [problem for problem in all_problems() if not wanted or problem.kind == wanted]
        if problems:
            self.stdout.write(self.style.ERROR(f"{len(problems)} broken:"))
            for problem in problems:
                self.stdout.write(self.style.ERROR(f"  {problem.kind}: {problem.declared_in}: {problem.what}. {problem.mend}"))
                if options["traceback_of_problems"] and problem.trace:
                    self.stdout.write(problem.trace)
