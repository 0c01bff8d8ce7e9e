"""Comparisons of two precisions in the background: start, follow, stop. They outlive the tab."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from data.divergences import DivergenceStore
from data.errors import ChoraleError
from data.schema import Condition
from data.store import Store
from experiments.background import Background
from experiments.quantization import compare_group, groups_of
from models.base import LanguageModel
from models.manager import ModelManager


@dataclass(frozen=True, slots=True)
class Comparison:
    """How far a comparison is; nothing in it ever changes.

    Attributes:
        read: tokens read so far, by either model.
        wanted: tokens that both have to read.
        active: whether it goes on by itself.
        error: why it failed; None otherwise.
        version: grows whenever more divergences are in the store.
    """

    read: int = 0
    wanted: int = 0
    active: bool = True
    error: ChoraleError | None = None
    version: int = 0


class Comparisons(Background[str, Comparison]):
    """All comparisons of this process.

    Args:
        store: of the runs.
        divergences: where results go, before anybody sees them.
        models: who gives turns out.
    """

    def __init__(self, store: Store, divergences: DivergenceStore, models: ModelManager) -> None:
        super().__init__("comparison")
        self._store, self._divergences, self._models = store, divergences, models

    def start(self, run_id: str, *, owner: str) -> None:
        """Compare what isn't compared yet; nothing happens while that is going on.

        Raises:
            StoreError: the run isn't there or isn't this owner's.
        """
        self._store.run(run_id, owner=owner)
        self.begin(
            run_id,
            lambda last: Comparison(version=last.version if last else 0),
            lambda stop: self._compare(run_id, owner, stop),
        )

    def _compare(self, run_id: str, owner: str, stop: threading.Event) -> None:
        data = self._store.load(run_id)
        groups = list(groups_of(data, frozenset(self._divergences.load(run_id))))
        tokens = sum(len(data.samples[row].token_ids) for group in groups for row in group)
        self.change(run_id, lambda now: replace(now, wanted=2 * tokens))

        def read(count: int) -> bool:
            self.change(run_id, lambda now: replace(now, read=now.read + count))
            return not stop.is_set()

        def on_model(condition: Condition, work: Callable[[LanguageModel], None]) -> None:
            self._models.submit(owner, condition.model, work).result()

        for group in groups:
            if stop.is_set():
                return
            self._divergences.add(run_id, compare_group(data, group, on_model, read=read))
            self.change(run_id, lambda now: replace(now, version=now.version + 1))
