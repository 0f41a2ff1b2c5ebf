"""What `manage.py tomplugins` and the page of plugins show: every plugin with kind, name, path, where it is declared, and its state."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from tom_common.plugins import PAGE_PARTS, Problem, all_problems, examine, integration_items, kinds, known_problems


@dataclass(frozen=True, slots=True)
class Row:
    """One plugin; of one that is broken `what` says why, and `mend` what to do."""

    kind: str
    name: str
    path: str
    declared_in: str
    ok: bool = True
    what: str = ""
    mend: str = ""
    trace: str = ""

    def as_dict(self) -> dict[str, Any]:
        row = asdict(self)
        row["state"] = "ok" if row.pop("ok") else "broken"
        del row["trace"]
        return row


def rows() -> list[Row]:
    """All plugins, by kind, the broken ones last; then what was met while pages were made."""
    found: list[Row] = []
    for kind in sorted(kinds()):
        for item, cls in examine(kind)[0]:
            name = item.label or getattr(cls, "name", None) or getattr(cls, "__name__", "")
            found.append(Row(kind, str(name), item.path, item.declared_in))
    for method in PAGE_PARTS:
        for item in integration_items(method):
            if isinstance(item, dict):
                found.append(Row(method, str(item.get("label", "")), item["partial"], item["app"]))
            else:
                found.append(Row(method, str(getattr(item, "app_name", None) or ""), str(item), ""))
    problems = {_key(problem): problem for problem in [*all_problems(), *known_problems()]}
    return found + [broken(problem) for problem in problems.values()]


def broken(problem: Problem) -> Row:
    return Row(problem.kind, "", "", problem.declared_in, False, problem.what, problem.mend, problem.trace)


def _key(problem: Problem) -> tuple[str, str, str]:
    return problem.kind, problem.declared_in, problem.what


def kinds_and_their_sources() -> list[tuple[str, str, str]]:
    """(kind, where such plugins are declared, what they are), for every kind, the empty ones too."""
    sources = [
        (name, ", ".join(part for part in (kind.setting, *kind.also, f"{kind.method}()" if kind.method else "") if part), kind.help)
        for name, kind in sorted(kinds().items())
    ]
    return sources + [(method, f"{method}()", text) for method, text in PAGE_PARTS.items()]
