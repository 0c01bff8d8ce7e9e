"""A model manager of each test's own behind the sidebar."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from models.echo import EchoModel
from models.manager import ModelManager


@pytest.fixture
def manage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., ModelManager]]:
    """Puts a manager with this loader behind the screen."""
    made: list[ModelManager] = []

    def make(loader=EchoModel, **options) -> ModelManager:
        manager = ModelManager(loader, **options)
        for module in ("model_status", "model_memory"):
            monkeypatch.setattr(f"components.{module}.models", lambda: manager)
        made.append(manager)
        return manager

    yield make
    for manager in made:
        manager.close()
