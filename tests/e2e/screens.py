"""Pictures of every page: `python -m tests.e2e.screens DIR`, for a person to look at."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.e2e.browser import Complaints, browser_path, launched
from tests.e2e.server import bundled_model, serving
from tests.e2e.visitor import TABS, Visitor

SIZES = {1440: 900, 390: 844}  # width and height in pixels
THEMES = ("light", "dark")
SYNCHRONY_TABS = (
    "Instructions", "α × cap", "Flips and churn", "Differences", "Foretelling", "Corpora", "Models",
    "Accommodation", "Data",
)  # fmt: skip
AUDITS = {  # → words of its question
    "Statements": "does it stay on the same side",
    "Words and tasks": "Which of two groups goes with a word",
    "Values": "after thinking first: does the answer stay",
    "Worldviews": "from which of them does it speak",
    "Sentences": "does it go on in the same tone",
}
_STARTS_MS = 500
_CONTENT_HEIGHT = """() => {
  const main = document.querySelector('[data-testid="stMain"]')
  return Math.ceil(main.scrollHeight + main.getBoundingClientRect().top)
}"""


class Album:
    """Takes the pictures of one visitor in one theme at one width.

    Args:
        visitor: whose page it is.
        folder: where pictures go.
        theme: "light" or "dark".
        width: of the window, pixels.
        page: whose pictures they are.
    """

    def __init__(
        self, visitor: Visitor, folder: Path, theme: str, width: int, *, page: str
    ) -> None:
        self._page = page
        self._visitor = visitor
        self._folder = folder
        self._theme = theme
        self._width = width

    def take(self, moment: str, *, whole: bool = True) -> None:
        """The window as it is, and with `whole` the page from top to bottom."""
        page = self._visitor.page
        page.mouse.move(0, 0)
        page.wait_for_timeout(_STARTS_MS)  # a click's script may not have begun yet
        self._visitor.settled()
        self._shoot(f"{moment}-window")
        if whole:
            page.set_viewport_size({"width": self._width, "height": page.evaluate(_CONTENT_HEIGHT)})
            page.wait_for_timeout(_STARTS_MS)
            self._visitor.settled()
            self._shoot(f"{moment}-whole")
            page.set_viewport_size({"width": self._width, "height": SIZES[self._width]})

    def _shoot(self, what: str) -> None:
        name = f"{self._page}-{what}-{self._theme}-{self._width}.png"
        self._visitor.page.screenshot(path=self._folder / name, animations="disabled")
        print(name)


def diversity(visitor: Visitor, album: Album) -> None:
    """The Diversity page at first sight, running and finished, and what opens from it."""
    visitor.open()
    album.take("first")
    visitor.sample()
    visitor.at_least_points(24)
    album.take("running")
    visitor.finished()
    album.take("finished")
    for name, parts in TABS.items():
        visitor.tab(name)
        for part in parts:
            if part:
                visitor.part(part)
            visitor.settled()
            album.take(f"tab-{name.lower()}{part and '-'}{part.lower().replace(' ', '-')}")
    visitor.earlier_runs()
    album.take("runs", whole=False)


def precision(visitor: Visitor, album: Album) -> None:
    """The Precision page at first sight, comparing and finished, and what opens from it."""
    visitor.open("/quantization")
    album.take("first")
    visitor.sample()
    visitor.compared()
    album.take("finished")
    for name in ("Answers", "Diversity", "Data"):
        visitor.tab(name)
        visitor.settled()
        album.take(f"tab-{name.lower()}", whole=False)


def drift(visitor: Visitor, album: Album) -> None:
    """The Drift page at first sight and after a run, and what opens from it."""
    visitor.open("/drift")
    album.take("first")
    visitor.sample()
    visitor.finished()
    album.take("finished")
    for name in ("Does it settle?", "Mean so far", "Data"):
        visitor.tab(name)
        visitor.settled()
        album.take(f"tab-{name.lower().rstrip('?').replace(' ', '-')}")


def audits(visitor: Visitor, album: Album) -> None:
    """The Audits page at first sight, and what opens from it."""
    visitor.open("/audits")
    album.take("first")
    for name in ("Gaps", "Data"):
        visitor.tab(name)
        visitor.settled()
        album.take(f"tab-{name.lower()}", whole=False)
    for name, told in AUDITS.items():
        visitor.main.get_by_role("radio", name=name, exact=True).click()
        expect(visitor.main.get_by_text(told)).to_be_visible()
        visitor.settled()
        album.take(name.lower().replace(" ", "-"))


def synchrony(visitor: Visitor, album: Album) -> None:
    """The Synchrony page at first sight, what opens from it, and the recorded closed loop."""
    visitor.open("/synchrony")
    album.take("first")
    for name in SYNCHRONY_TABS:
        visitor.tab(name)
        visitor.settled()
        album.take(f"tab-{name.lower().replace(' ', '-').replace('α-×-', 'alpha-')}")
    visitor.main.get_by_role("radio", name="What a model then says").click()
    expect(visitor.main.get_by_text("recorded run")).to_be_visible()
    visitor.settled()
    album.take("replies")


def groups(visitor: Visitor, album: Album) -> None:
    """The Groups page at first sight, and what opens from it."""
    visitor.open("/groups")
    visitor.settled()
    album.take("first")
    for name in ("Agreement", "Camps", "Deciding", "Negotiation", "Best of n", "Budget", "Answers"):
        visitor.tab(name)
        visitor.settled()
        album.take(f"tab-{name.lower().replace(' ', '-')}")
    visitor.tab("Best of n")
    mixing(visitor, album)


def mixing(visitor: Visitor, album: Album) -> None:
    """Groups' rewards mixed while decoding, from its question to what came of it."""
    visitor.main.get_by_role("radio", name="Mix while decoding").click()
    mix = visitor.main.get_by_role("button", name="Mix", exact=True)
    expect(mix).to_be_visible()
    visitor.settled()
    album.take("mixing-first")
    mix.click()
    expect(visitor.main.get_by_text("mixed at")).to_be_visible(timeout=120_000)
    visitor.settled()
    visitor.main.get_by_text("Answers side by side").click()
    visitor.settled()
    album.take("mixing")


PAGES = {
    "diversity": diversity,
    "drift": drift,
    "synchrony": synchrony,
    "groups": groups,
    "audits": audits,
    "precision": precision,
}


def take_all(browser: Browser, url: str, folder: Path, pages: Sequence[str]) -> list[str]:
    """Every picture; returns what the browser complained about."""
    complaints = []
    for theme in THEMES:
        for width, height in SIZES.items():
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=theme
            )
            visitor = Visitor(context.new_page(), url)
            heard = Complaints(visitor.page)
            for page in pages:
                PAGES[page](visitor, Album(visitor, folder, theme, width, page=page))
            complaints += heard.found
            context.close()
    return complaints


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="", help="bundled by default, or echo:slow without it")
    parser.add_argument("--page", choices=PAGES, help="all by default")
    asked = parser.parse_args()
    bundled = bundled_model()
    model = asked.model or ("echo:slow" if bundled == "echo" else bundled)
    path = browser_path()
    if path is None:
        parser.exit(1, "There is no Chromium or Chrome on this machine.\n")
    pages = [asked.page] if asked.page else list(PAGES)
    asked.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as room, serving(Path(room), model=model) as server:
        with launched(path) as browser:
            complaints = take_all(browser, server.url, asked.folder, pages)
    if complaints:
        parser.exit(1, "The browser complained:\n" + "\n".join(complaints) + "\n")


if __name__ == "__main__":
    main()
