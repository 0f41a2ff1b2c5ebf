"""Chromium for all tests: `chromium` is the browser, `open_page` a person's window in it that collects what the console complains of."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

import pytest

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
THEMES = ("light", "dark", "night")
TELL_VIOLATIONS = """document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} forbids ${event.blockedURI} at ${event.sourceFile}:${event.lineNumber}`));"""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
TWO_FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
# until nothing that ends is in motion, two frames in a row: a colour that is inherited moves on by one generation in each frame
PAINTED = """(async () => {
  const frame = () => new Promise(requestAnimationFrame);
  const moving = () => document.getAnimations().some((one) => one.effect.getComputedTiming().endTime !== Infinity);
  for (let still = 0; still < 2; still = moving() ? 0 : still + 1) await frame();
})()"""
SETTLED_WITHIN_S = 60
CHANGE_THEME = "theme => { localStorage.setItem('tom-theme', theme); document.dispatchEvent(new CustomEvent('tom:theme')) }"


@contextlib.contextmanager
def started(path: str, flags: tuple[str, ...] = FLAGS) -> Iterator:
    """Chromium, run by Playwright. Its synchronous interface has an event loop in this thread, in which Django's ORM is used too."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with sync_api.sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=list(flags))
            yield browser
            browser.close()


@pytest.fixture(scope="module")
def chromium(chromium_path):
    with started(chromium_path) as browser:
        yield browser


def listen(page):
    """`page.complaints` fills with warnings and errors of the console, breaches of the policy among them, and errors of scripts;
    `page.asked` holds the requests that wait for their answer."""
    page.complaints, page.asked = [], set()
    page.on("request", lambda request: page.asked.add(request))
    for ended in ("requestfinished", "requestfailed"):
        page.on(ended, lambda request: page.asked.discard(request))
    page.on("framenavigated", lambda frame: page.asked.clear() if frame == page.main_frame else None)
    page.on("console", lambda message: page.complaints.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    return page


@pytest.fixture
def served(live_server):
    """The server of the test, which has answered all it was asked before the database is emptied: all its threads share one connection
    to SQLite, on which a table that is being read cannot be emptied."""
    from django.core.signals import request_finished, request_started

    serving = set()

    def started(**_):
        serving.add(threading.get_ident())

    def finished(**_):
        serving.discard(threading.get_ident())

    request_started.connect(started)
    request_finished.connect(finished)
    yield live_server
    until, idle = time.monotonic() + SETTLED_WITHIN_S, 0
    while idle < 3 and time.monotonic() < until:
        time.sleep(0.02)
        busy = serving & {thread.ident for thread in threading.enumerate()} - {threading.get_ident()}
        idle = 0 if busy else idle + 1
    request_started.disconnect(started)
    request_finished.disconnect(finished)


@pytest.fixture
def new_page(chromium, served, client):
    """new_page(address, user=..., theme=..., scripts=...): a window of `user`'s, or a visitor's; more goes to Playwright's new_context."""
    contexts = []

    def make(address="", width=1280, theme="", *, user=None, height=850, scripts=True, **options):
        context = chromium.new_context(
            viewport={"width": width, "height": height}, java_script_enabled=scripts, base_url=served.url, **options
        )
        contexts.append(context)
        context.add_init_script(TELL_VIOLATIONS)
        if user is not None:
            client.force_login(user)
            context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": served.url}])
        page = listen(context.new_page())
        if theme and scripts:
            page.goto("/robots.txt")
            page.evaluate("theme => localStorage.setItem('tom-theme', theme)", theme)
        if address:
            page.goto(address)
        return page

    yield make
    for context in contexts:
        context.close()


def settle(page) -> None:
    """Wait until the page and the parts that come after it are there: no answer is outstanding, now and a few frames later."""
    page.wait_for_load_state("load")
    until, still = time.monotonic() + SETTLED_WITHIN_S, 0
    while still < 2:
        page.evaluate(TWO_FRAMES)
        still = 0 if page.asked or page.locator(".htmx-request").count() else still + 1
        if time.monotonic() > until:
            raise AssertionError(f"{page.url} still waits for {[request.url for request in page.asked]}")


def dress(page, theme: str, width: int = 0, height: int = 850) -> None:
    """The open page in another theme and, if given, width, as soon as it is painted so."""
    if width:
        page.set_viewport_size({"width": width, "height": height})
    page.evaluate(CHANGE_THEME, theme)
    page.evaluate(PAINTED)
