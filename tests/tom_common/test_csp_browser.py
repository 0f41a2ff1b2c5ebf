"""The Content-Security-Policy in a real browser: what we ship runs under it, what is injected does not."""

import functools
import http.server
import threading
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

import tom_common
from tom_common.csp import ContentSecurityPolicyMiddleware

pytestmark = pytest.mark.browser

PAGE = b"""<!doctype html><meta charset=utf-8><body><div id=sky></div>
<script>document.title = "injected"</script>
<script type=module src=/start.js></script>"""
SCRIPT = b"""
import A from "/vendor/aladin/aladin.js";
try { await A.init; A.aladin("#sky", {fov: 1, log: false}); document.body.dataset.sky = "ready" }
catch (error) { document.body.dataset.sky = String(error) }
"""


class Handler(http.server.SimpleHTTPRequestHandler):
    policy = ""

    def end_headers(self):
        self.send_header("Content-Security-Policy", self.policy)
        super().end_headers()

    def do_GET(self):
        found = {"/": (PAGE, "text/html"), "/start.js": (SCRIPT, "text/javascript")}.get(self.path)
        if found is None:
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", found[1])
        self.send_header("Content-Length", str(len(found[0])))
        self.end_headers()
        self.wfile.write(found[0])

    def log_message(self, *args):
        pass


@pytest.fixture
def site(settings):
    settings.TOM_CSP_ENFORCE = True
    settings.TOM_HIPS_SERVERS = ["https://hips.invalid"]
    response = ContentSecurityPolicyMiddleware(lambda request: HttpResponse())(RequestFactory().get("/"))
    handler = type("PolicyHandler", (Handler,), {"policy": response["Content-Security-Policy"]})
    folder = Path(tom_common.__file__).parent / "static" / "tom_common"
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=folder))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_sky_viewer_runs_and_an_injected_script_does_not(site, chromium_path):
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as run:
        flags = ["--no-sandbox", "--use-gl=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
        browser = run.chromium.launch(executable_path=str(chromium_path), args=flags)
        page = browser.new_page()
        said = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(site)
        page.wait_for_selector("body[data-sky]", timeout=30_000, state="attached")
        refused = [text for text in said if "Content Security Policy" in text and "hips.invalid" not in text]
        assert page.get_attribute("body", "data-sky") == "ready"
        assert page.title() != "injected"
        styles = page.evaluate(
            "[...document.querySelectorAll('style.aladin-css')].map(style => style.sheet ? style.sheet.cssRules.length : 0)"
        )
        browser.close()
    assert styles
    assert min(styles) > 50
    assert [text for text in refused if "inline style" in text] == []
