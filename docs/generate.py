"""Pages that the code itself writes: every setting, and the functions that plugins and projects may call."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from io import StringIO
from pathlib import Path
from types import ModuleType

PUBLIC = {
    "Astronomy": [
        "tom_astro.angles", "tom_astro.healpix", "tom_astro.sphere", "tom_astro.times", "tom_astro.visibility", "tom_astro.photometry", "tom_astro.bands",
    ],
    "Targets": ["tom_targets.rows", "tom_targets.services", "tom_targets.queries", "tom_targets.policy"],
    "Observations": ["tom_observations.services", "tom_observations.policy", "tom_observations.ports"],
    "Data": ["tom_dataproducts.rows", "tom_dataproducts.services", "tom_dataproducts.policy"],
    "The kit": [
        "tom_common.conf", "tom_common.errors", "tom_common.events", "tom_common.tasks", "tom_common.http", "tom_common.panels", "tom_common.plugins",
        "tom_common.permissions", "tom_common.services.history", "tom_common.history_kinds", "tom_common.services.history_shown", "tom_common.services.outbox",
    ],
}  # fmt: skip


def write_pages(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    _write(folder / "settings.md", settings_page())
    _write(folder / "api.md", api_page())


def _write(path: Path, text: str) -> None:
    """Only what changed, so that a second build has nothing to do."""
    if not path.is_file() or path.read_text() != text:
        path.write_text(text)


def settings_page() -> str:
    from django.core.management import call_command

    table = StringIO()
    call_command("tomsettings", format="markdown", stdout=table)
    return (
        "# Settings\n\nEvery setting that OpenTOM reads, beside Django's own. What the project's `settings.py` says wins over the default. "
        "`manage.py tomsettings` prints this list, with `--changed` only what your project sets.\n\n" + table.getvalue()
    )


def api_page() -> str:
    parts = ["# API\n\nWhat projects and plugins may call. Import from the module named; other modules may change.\n"]
    for title, modules in PUBLIC.items():
        parts.append(f"\n## {title}\n")
        for name in modules:
            module = import_module(name)
            parts.append(f"\n### `{name}`\n")
            if module.__doc__:
                parts.append(_literal(inspect.cleandoc(module.__doc__)))
            for member, value in members(module):
                parts.append(f"\n**`{member}{signature(value)}`**\n")
                text = vars(value).get("__doc__") if inspect.isclass(value) else value.__doc__
                if isinstance(text, str) and not text.startswith(f"{member}("):  # a dataclass without a text has its signature there
                    parts.append(_literal(inspect.cleandoc(text)))
    return "\n".join(parts)


def members(module: ModuleType) -> Iterator[tuple[str, object]]:
    package = module.__name__.split(".")[0]
    for name in sorted(getattr(module, "__all__", None) or vars(module)):
        value = getattr(module, name, None)
        if name.startswith("_") or not (inspect.isfunction(value) or inspect.isclass(value)):
            continue
        if value.__module__.split(".")[0] == package and (hasattr(module, "__all__") or value.__module__.startswith(module.__name__)):
            yield name, value


def signature(value: object) -> str:
    try:
        return str(inspect.signature(value)).replace("`", "'").split(" = <")[0]  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return ""


def _literal(text: str) -> str:
    """Docstrings are plain text: shown as they were written."""
    return f"\n```text\n{text.replace('```', '')}\n```\n"
