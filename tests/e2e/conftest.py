"""A browser as a person has it: what goes wrong on a page is collected, and makes the test fail."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.browser import TELL_VIOLATIONS

THEMES = ("light", "dark")
WIDTHS = (1280, 390)


class Visitor:
    """One person's browser. `problems` lists errors of scripts, breaches of the policy, answers of 400 and more, calls elsewhere."""

    def __init__(self, chromium, base: str) -> None:
        self.base = base
        self.host = urlsplit(base).netloc
        self.problems: list[str] = []
        self.context = chromium.new_context(viewport={"width": WIDTHS[0], "height": 900}, accept_downloads=True)
        self.context.add_init_script(TELL_VIOLATIONS)
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.problems.append(f"{self.page.url}: {error}"))
        self.page.on("response", self._response)
        self.page.on("request", self._request)

    def _console(self, message) -> None:
        if message.type == "error":
            self.problems.append(f"{self.page.url}: {message.text}")

    def _response(self, response) -> None:
        if response.status >= 400:
            self.problems.append(f"{response.status} {response.request.method} {response.url}")

    def _request(self, request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https") and parts.netloc != self.host:
            self.problems.append(f"{self.page.url} asks for {request.url}")

    def go(self, path: str):
        self.page.goto(self.base + path)
        return self.page

    def shoot(self, pages: dict[str, str]) -> None:
        """Pictures of pages in both themes, wide and narrow, into the folder OPENTOM_SCREENSHOTS."""
        folder = os.environ.get("OPENTOM_SCREENSHOTS")
        if not folder:
            return
        Path(folder).mkdir(parents=True, exist_ok=True)
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 900})
            for theme in THEMES:
                self.page.evaluate("theme => localStorage.setItem('tom-theme', theme)", theme)
                for name, path in pages.items():
                    self.go(path).wait_for_load_state("networkidle")
                    self.page.wait_for_timeout(300)
                    self.page.screenshot(path=Path(folder) / f"{name}_{width}_{theme}.png", full_page=True)
        self.page.evaluate("localStorage.removeItem('tom-theme')")
        self.page.set_viewport_size({"width": WIDTHS[0], "height": 900})

    def overflows(self, paths, width: int = WIDTHS[1]) -> list[str]:
        """The pages that are wider than the window."""
        self.page.set_viewport_size({"width": width, "height": 900})
        wide = []
        for path in paths:
            self.go(path).wait_for_load_state("networkidle")
            if (needed := self.page.evaluate("document.documentElement.scrollWidth")) > width:
                wide.append(f"{path}: {needed} px")
        self.page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        return wide


@pytest.fixture
def visitor(chromium, served):
    one = Visitor(chromium, served.url)
    yield one
    one.context.close()
