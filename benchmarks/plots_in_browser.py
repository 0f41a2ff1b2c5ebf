"""How fast a light curve of 100,000 points is drawn and follows the hand, in Chromium without a graphics card.

    python benchmarks/plots_in_browser.py [--chromium /usr/bin/chromium]

The data set is that of `targets.py` with 1,000 targets. Once as it comes (thinned by the server to TOM_PLOT_MAX_POINTS), once with every point
sent and drawn. *Drawn*: from the call of the page to the picture, files of the site already in the browser's store. *Frame*: time between pictures while the
pointer pans over the drawing, median and 95 in 100. Without Chromium it says so.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import time
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STEPS = 60
DRAWING = "figure[data-light-curve][data-state=drawn] > .plot-area .u-over"
WATCH = """() => {
  window.frames_seen = [];
  const look = (when) => { window.frames_seen.push(when); window.watching = requestAnimationFrame(look); };
  window.watching = requestAnimationFrame(look);
}"""


def measure(page, address: str) -> dict[str, float]:
    page.goto(address)
    page.wait_for_selector(DRAWING, timeout=120_000)
    began = time.perf_counter()
    page.goto(address)
    page.wait_for_selector(DRAWING, timeout=120_000)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    drawn = time.perf_counter() - began
    points = page.evaluate("document.querySelector('figure[data-light-curve] [data-plot-note]').textContent")
    page.locator(DRAWING).scroll_into_view_if_needed()
    for _ in range(2):
        page.get_by_role("button", name="Zoom in").first.click()
    page.wait_for_timeout(2000)  # what was asked for anew has come
    box = page.locator(DRAWING).bounding_box()
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.evaluate(WATCH)
    for step in range(STEPS):
        page.mouse.move(box["x"] + box["width"] * (0.7 - 0.4 * step / STEPS), box["y"] + box["height"] / 2)
    frames = page.evaluate("() => { cancelAnimationFrame(window.watching); return window.frames_seen }")
    page.mouse.up()
    page.keyboard.up("Shift")
    gaps = sorted(b - a for a, b in pairwise(frames))
    return {"drawn": drawn * 1e3, "median": statistics.median(gaps), "most": gaps[int(0.95 * (len(gaps) - 1))], "note": points}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--chromium", default=os.environ.get("OPENTOM_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    )
    options = parser.parse_args()
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        options.chromium = None
    if not options.chromium:
        print("Not measured: Chromium or Playwright is not here.")
        return 0
    sys.path[:0] = [str(ROOT / "src"), str(ROOT / "benchmarks")]
    import _bench_site as site

    site.configure("sqlite", 1000)
    site.build(1000)
    from django.conf import settings
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.test.testcases import LiveServerThread

    server = LiveServerThread("127.0.0.1", StaticFilesHandler, port=0)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=options.chromium, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
            )
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            print(f"{'light curve of 100,000 points':<38}{'drawn ms':>10}{'frame ms':>10}{'95 in 100':>11}")
            for name, most in (("thinned by the server, 20,000 at most", 20_000), ("every point", 200_000)):
                settings.TOM_PLOT_MAX_POINTS = most
                found = measure(page, f"http://127.0.0.1:{server.port}/targets/1/?tab=photometry")
                print(f"{name:<38}{found['drawn']:>10.0f}{found['median']:>10.1f}{found['most']:>11.1f}   {found['note'][:60]}")
            browser.close()
    finally:
        server.terminate()
    print(f"load of the machine {os.getloadavg()[0]:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
