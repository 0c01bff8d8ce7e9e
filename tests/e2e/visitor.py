"""What a visitor does on the Diversity page, in their own words."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

# Every tab of the page, with the parts between which it lets one choose; "" where there is one.
TABS = {
    "Answers": ("",),
    "Compare": ("Main measures", "All measures", "Similarity"),
    "Curves": ("Number of answers", "Temperature"),
    "Trade-offs": ("Quality", "Tokens", "Length"),
    "Tokens": ("Where answers part", "One answer"),
    "Sensitivity": ("",),
    "Selection": ("",),
    "Data": ("",),
}
RUN_S = 180  # a whole run on a slow machine
_STATE = "data-test-script-state"
# A map that changes is drawn anew beside the old one, which goes when the new one is ready. A
# lasso begins right after such a change, so that the next one doesn't come in between.
_MARK_MAP = "() => { document.querySelector('.js-plotly-plot').dataset.seen = 'yes' }"
_POINT_OF_NEW_MAP = """() => {
  const maps = document.querySelectorAll(".js-plotly-plot")
  if (maps.length !== 1 || maps[0].dataset.seen) return false
  const box = maps[0].querySelector(".points path")?.getBoundingClientRect()
  return box?.width > 0 && [box.x + box.width / 2, box.y + box.height / 2]
}"""

# Until the first answers of a run are there, the map of the one before is still to be seen.
_POINTS = """([least, most]) => {
  const run = new URLSearchParams(location.search).get("run")
  const counts = [...document.querySelectorAll(".js-plotly-plot")]
    .filter((map) => !run || map.layout?.uirevision === run)
    .filter((map) => map.getBoundingClientRect().height > 0)
    .map((map) => map.querySelectorAll(".points path").length)
  return counts.some((count) => least <= count && count <= most) && Math.max(...counts)
}"""


class Visitor:
    """One browser with cookies of its own.

    Args:
        page: its tab.
        url: of the app.
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    def open(self, path: str = "") -> None:
        self.page.goto(self.url + path)
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()
        self.settled()

    def settled(self) -> None:
        """The script has run, nothing on the page is stale, and every widget's code has come."""
        expect(self.page.get_by_test_id("stApp")).to_have_attribute(_STATE, "notRunning")
        expect(self.page.locator("[data-stale='true']")).to_have_count(0)
        expect(self.page.get_by_test_id("stSkeleton")).to_have_count(0)

    @property
    def main(self) -> Locator:
        return self.page.get_by_test_id("stMain")

    @property
    def points(self) -> Locator:
        return self.page.locator(".js-plotly-plot .points path").filter(visible=True)

    @property
    def start(self) -> Locator:
        return self.main.get_by_role("button", name=re.compile(r"Sample( again)?$"))

    @property
    def stop(self) -> Locator:
        return self.main.get_by_role("button", name=re.compile(r"Stop$"))

    @property
    def progress(self) -> Locator:
        return self.page.get_by_test_id("stProgress")

    @property
    def picked(self) -> Locator:
        return self.main.get_by_text("picked on the map")

    def ask(self, prompt: str) -> None:
        box = self.main.get_by_role("textbox", name="What do you want to ask?")
        box.fill(prompt)
        box.press("Control+Enter")
        self.settled()

    def sample(self) -> None:
        """Press Sample; from now on the address names the new run."""
        before = self.run_id or "none"
        self.start.click()
        expect(self.page).to_have_url(re.compile(rf"[?&]run=(?!{before})"))

    def finished(self) -> None:
        """The run on show has ended."""
        expect(self.start).to_have_text(re.compile("Sample again"), timeout=RUN_S * 1000)
        expect(self.progress).to_have_count(0)
        self.settled()

    def compared(self) -> None:
        """Both precisions of the run on show have read all its answers."""
        done = self.main.get_by_text(re.compile(r"moved by|At no word of them"))
        expect(done.first).to_be_visible(timeout=2 * RUN_S * 1000)
        expect(self.main.get_by_role("button", name=re.compile("Stop"))).to_have_count(
            0, timeout=RUN_S * 1000
        )
        self.settled()

    def at_least_points(self, least: int) -> int:
        """Wait until the map of this run shows this many points; how many it shows then."""
        return self._wait_for_points(least, 10_000)

    def exactly_points(self, count: int) -> None:
        """Wait until the map of this run shows this many points, no more and no less."""
        self._wait_for_points(count, count)

    def _wait_for_points(self, least: int, most: int) -> int:
        shown = self.page.wait_for_function(_POINTS, arg=[least, most], timeout=RUN_S * 1000)
        return int(shown.json_value())

    def lasso_a_point_while_it_grows(self) -> None:
        """Draw around one point, and again if the map changed under the pointer."""
        for _ in range(5):
            self.page.evaluate(_MARK_MAP)
            x, y = self.page.wait_for_function(_POINT_OF_NEW_MAP).json_value()
            self._draw_around(x - 12, y - 12, x + 12, y + 12, steps=1)
            try:
                expect(self.picked).to_be_visible(timeout=5000)
            except AssertionError:
                continue
            return
        expect(self.picked).to_be_visible()

    def lasso(self, part: float) -> None:
        """Draw around this part of the map, from the left; it must not change meanwhile."""
        box = self.page.locator(".js-plotly-plot .nsewdrag").bounding_box()
        assert box is not None
        left, top, bottom = box["x"] + 4, box["y"] + 4, box["y"] + box["height"] - 4
        self._draw_around(left, top, left + part * box["width"], bottom, steps=4)

    def _draw_around(
        self, left: float, top: float, right: float, bottom: float, *, steps: int
    ) -> None:
        mouse = self.page.mouse
        mouse.move(left, top)
        mouse.down()
        for x, y in ((right, top), (right, bottom), (left, bottom), (left, top)):
            mouse.move(x, y, steps=steps)
        mouse.up()

    def tab(self, name: str) -> None:
        """Open a tab and wait until it is drawn."""
        self.main.get_by_role("tab", name=name, exact=True).click()
        expect(self.main.get_by_role("tabpanel", name=name, exact=True)).to_be_visible()
        expect(self.page.get_by_test_id("stSkeleton")).to_have_count(0)

    def part(self, name: str) -> None:
        """Choose a part of the open tab and wait until it is drawn."""
        panel = self.main.get_by_role("tabpanel").filter(visible=True)
        panel.get_by_role("radio", name=name, exact=True).click()
        self.settled()

    def listed(self) -> Locator:
        """The grid of the open tab; its aria-rowcount counts the header too."""
        return self.page.get_by_test_id("stDataFrame").first.locator("[aria-rowcount]")

    def earlier_runs(self) -> Locator:
        """Open the list of the visitor's runs."""
        self.main.get_by_role("button", name=re.compile("Earlier runs")).click()
        body = self.page.get_by_test_id("stPopoverBody")
        expect(body).to_be_visible()
        return body

    @property
    def run_id(self) -> str:
        found = re.search(r"[?&]run=([0-9a-f]{32})", self.page.url)
        return found[1] if found else ""
