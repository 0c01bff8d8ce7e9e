"""How long a visitor waits, in a real browser: `python -m tests.benchmarks.screen`.

A fresh server and a fresh browser; one condition with 64 answers of the bundled model. The first
run starts as soon as the page is there, while model and map are still being loaded; the others
show what it is like after that. The last line has the first run's seconds, and the median time
from a change of a widget to the settled page.
"""

from __future__ import annotations

import argparse
import re
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.e2e.browser import browser_path, launched
from tests.e2e.server import bundled_model, serving
from tests.e2e.visitor import RUN_S, Visitor

ANSWERS = 64
_WATCH = """() => {
  const app = document.querySelector('[data-testid="stApp"]')
  const state = () => app.getAttribute("data-test-script-state")
  window.rerun = {}
  const start = () => { window.rerun = { start: performance.now() } }
  document.addEventListener("pointerup", start, true)
  new MutationObserver(() => {
    if (state() === "running") window.rerun.ran = true
    else if (state() === "notRunning" && window.rerun.ran) window.rerun.end ??= performance.now()
  }).observe(app, { attributes: true, attributeFilter: ["data-test-script-state"] })
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=bundled_model())
    parser.add_argument("--runs", type=int, default=3, help="runs after the first")
    asked = parser.parse_args()
    path = browser_path()
    if path is None:
        parser.exit(1, "There is no Chromium or Chrome on this machine.\n")
    with (
        tempfile.TemporaryDirectory() as room,
        serving(Path(room), model=asked.model) as server,
        launched(path) as browser,
    ):
        page = browser.new_page(viewport={"width": 1440, "height": 1800})
        measure(Visitor(page, server.url), asked.runs)


def measure(visitor: Visitor, runs: int) -> None:
    """Print what a visitor waits for."""
    began = time.monotonic()
    visitor.open()
    print(f"page shown after {time.monotonic() - began:.1f} s")
    keep_one_condition(visitor)
    cold = one_run(visitor)
    print(f"first run: first point {cold[0]:.1f} s, {ANSWERS} analysed {cold[1]:.1f} s")
    later = [one_run(visitor) for _ in range(runs)]
    if later:
        first, last = (statistics.median(times) for times in zip(*later, strict=True))
        print(f"later runs: first point {first:.1f} s, {ANSWERS} analysed {last:.1f} s (medians)")
    rerun = rerun_ms(visitor)
    print(f"first_point_s={cold[0]:.2f} all_points_s={cold[1]:.2f} rerun_ms={rerun:.0f}")


def keep_one_condition(visitor: Visitor) -> None:
    remove = visitor.main.get_by_role("button", name=re.compile("^Remove"))
    while (count := remove.count()) > 1:
        remove.last.click()
        # The last card cannot be removed, so with two cards both buttons go at once.
        expect(remove).to_have_count(count - 1 if count > 2 else 0)
        visitor.settled()


def one_run(visitor: Visitor) -> tuple[float, float]:
    """Seconds from pressing Sample to its first point and to all of them, analysed."""
    began = time.monotonic()
    visitor.sample()
    visitor.at_least_points(1)
    first = time.monotonic() - began
    visitor.at_least_points(ANSWERS)
    finding = visitor.page.locator(".st-key-finding")
    # "So far: in 64 answers …" is not the last word.
    expect(finding).to_contain_text(f"In {ANSWERS} answers", timeout=RUN_S * 1000)
    every = time.monotonic() - began
    visitor.finished()
    return first, every


def rerun_ms(visitor: Visitor, *, times: int = 9) -> float:
    """Median milliseconds from a press that changes the page to the page settled again."""
    visitor.page.evaluate(_WATCH)
    buttons = visitor.main.locator("[class*='st-key-diversity-example-'] button")
    took = [_timed(visitor, buttons.nth(turn % 2)) for turn in range(times)]
    return statistics.median(took)


def _timed(visitor: Visitor, button: Locator) -> float:
    visitor.page.evaluate("() => { window.rerun = {} }")
    button.click()
    visitor.page.wait_for_function("() => window.rerun.end")
    visitor.settled()
    return float(visitor.page.evaluate("() => window.rerun.end - window.rerun.start"))


if __name__ == "__main__":
    main()
