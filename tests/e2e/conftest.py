"""Servers and browsers for the tests of this room."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browser import Complaints, browser_path, launched
from tests.e2e.server import Server, bundled_model, serving
from tests.e2e.visitor import Visitor


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = browser_path()
    if path is None:
        missing = "There is no Chromium or Chrome on this machine."
        if os.environ.get("CI") == "true":
            pytest.fail(f"{missing} In CI every browser test has to run.")
        pytest.skip(missing)
    with launched(path) as opened:
        yield opened


@pytest.fixture(scope="package")
def app(browser, tmp_path_factory) -> Iterator[Server]:
    """The app as a newcomer starts it."""
    with serving(tmp_path_factory.mktemp("app"), model=bundled_model()) as server:
        yield server


@pytest.fixture(scope="package")
def slow_app(browser, tmp_path_factory) -> Iterator[Server]:
    """The app with a model slow enough to be watched."""
    with serving(tmp_path_factory.mktemp("slow"), model="echo:slow") as server:
        yield server


@pytest.fixture
def visit(browser) -> Iterator[Callable[..., Visitor]]:
    """Opens the app as another visitor each time; at the end, nothing must have gone wrong."""
    opened: list[tuple[Visitor, Complaints]] = []
    servers: set[Server] = set()

    def open_as_visitor(server: Server, path: str = "", **context) -> Visitor:
        servers.add(server)
        page = browser.new_context(viewport={"width": 1440, "height": 1800}, **context).new_page()
        visitor = Visitor(page, server.url)
        opened.append((visitor, Complaints(page)))
        visitor.open(path)
        return visitor

    yield open_as_visitor
    for server in servers:  # shown when the test failed
        sys.stdout.write(server.log.read_text()[-3000:])
    for visitor, _ in opened:
        expect(visitor.page.get_by_test_id("stException")).to_have_count(0)
    complaints = [complaint for _, heard in opened for complaint in heard.found]
    for visitor, _ in opened:
        visitor.page.context.close()
    assert complaints == []
