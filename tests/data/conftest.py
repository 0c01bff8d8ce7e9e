"""A store of its own for each test."""

from __future__ import annotations

import pytest

from data.store import Store


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "deep" / "chorale.db")
    yield opened
    opened.close()
