"""A real browser, and what it complains about."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

TIMEOUT_MS = 30_000
# Plotly's timers run on for a moment when a growing chart is replaced under the mouse.
_REPLACED_CHART = re.compile(r"of undefined \(reading '_\w*layer'\)")
# Opened at a page, Streamlit looks for its server below that page's address first.
_PROBED = re.compile(r"status of 404 .*/\w+/_stcore/(health|host-config)\)")
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
)


def browser_path() -> str | None:
    """Where the system's browser is; None when there is none."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


@contextmanager
def launched(path: str) -> Iterator[Browser]:
    """A browser without a window."""
    expect.set_options(timeout=TIMEOUT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


class Complaints:
    """What went wrong in a page: errors of its scripts and on its console, and dialogs."""

    def __init__(self, page: Page) -> None:
        self.found: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", self._script)
        page.on("crash", lambda _: self.found.append("the page crashed"))
        page.on("dialog", self._dialog)

    def _script(self, error: object) -> None:
        if not _REPLACED_CHART.search(str(error)):
            self.found.append(f"script: {error}")

    def _console(self, message: ConsoleMessage) -> None:
        told = f"{message.text} ({message.location.get('url', '')})"
        if message.type == "error" and not _PROBED.search(told):
            self.found.append(f"console: {told}")

    def _dialog(self, dialog) -> None:
        self.found.append(f"dialog: {dialog.message}")
        dialog.dismiss()
