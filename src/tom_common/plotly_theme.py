"""PLOTLY_THEME becomes Plotly's default template at the moment somebody imports Plotly, which we ourselves never do at start."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

MODULE = "plotly.io"


def apply_theme() -> None:
    """Set the default template now."""
    from plotly import io

    from tom_common.conf import tom_settings

    theme = tom_settings.PLOTLY_THEME
    if theme in io.templates or theme == "none":
        io.templates.default = theme


class _Loader(importlib.abc.Loader):
    def __init__(self, loader: Any) -> None:
        self.loader = loader

    def create_module(self, spec: Any) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self.loader.exec_module(module)
        apply_theme()


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> importlib.machinery.ModuleSpec | None:
        if name != MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


def watch() -> None:
    """Apply the theme when Plotly comes, or now if it is here."""
    if MODULE in sys.modules:
        apply_theme()
    elif not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
