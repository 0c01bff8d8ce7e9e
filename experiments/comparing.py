"""Comparisons of two precisions in the background: start, follow, stop. They outlive the tab."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from data.divergences import DivergenceStore
from data.errors import ChoraleError
from data.schema import Condition
from data.store import Store
from experiments.quantization import compare_group, groups_of
from models.base import LanguageModel
from models.manager import ModelManager

log = logging.getLogger(__name__)


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


class Comparisons:
    """All comparisons of this process.

    Args:
        store: of the runs.
        divergences: where results go, before anybody sees them.
        models: who gives turns out.
    """

    def __init__(self, store: Store, divergences: DivergenceStore, models: ModelManager) -> None:
        self._store, self._divergences, self._models = store, divergences, models
        self._lock = threading.Lock()
        self._shown: dict[str, Comparison] = {}
        self._stops: dict[str, threading.Event] = {}
        self._threads: dict[str, threading.Thread] = {}

    def start(self, run_id: str, *, owner: str) -> None:
        """Compare what isn't compared yet; nothing happens while that is going on.

        Raises:
            StoreError: the run isn't there or isn't this owner's.
        """
        self._store.run(run_id, owner=owner)
        with self._lock:
            if (shown := self._shown.get(run_id)) is not None and shown.active:
                return
            self._shown[run_id] = Comparison(version=shown.version if shown else 0)
            self._stops[run_id] = threading.Event()
            thread = threading.Thread(
                target=self._live, args=(run_id, owner), name="comparison", daemon=True
            )
            self._threads[run_id] = thread
            thread.start()

    def stop(self, run_id: str) -> None:
        """Read no more; what was compared is kept."""
        with self._lock:
            if run_id in self._stops:
                self._stops[run_id].set()

    def shown(self, run_id: str) -> Comparison | None:
        """How a comparison stands; None where none was started since the app was."""
        with self._lock:
            return self._shown.get(run_id)

    def wait(self, run_id: str, timeout: float | None = None) -> None:
        """Until it ends."""
        with self._lock:
            thread = self._threads.get(run_id)
        if thread is not None:
            thread.join(timeout)

    def shutdown(self) -> None:
        """Stop all of them and wait for that."""
        for run_id in list(self._stops):
            self.stop(run_id)
        for run_id in list(self._threads):
            self.wait(run_id)

    def _live(self, run_id: str, owner: str) -> None:
        try:
            self._compare(run_id, owner)
        except ChoraleError as error:
            self._change(run_id, error=error)
        except Exception:
            log.exception("Comparison of run %s broke", run_id)
            broke = ChoraleError(
                "Something in Chorale broke and ended the comparison.",
                "Compare again, or look into the log if it happens again.",
            )
            self._change(run_id, error=broke)
        finally:
            self._change(run_id, active=False)

    def _compare(self, run_id: str, owner: str) -> None:
        data, stop = self._store.load(run_id), self._stops[run_id]
        groups = list(groups_of(data, frozenset(self._divergences.load(run_id))))
        tokens = sum(len(data.samples[row].token_ids) for group in groups for row in group)
        self._change(run_id, wanted=2 * tokens)

        def read(count: int) -> bool:
            self._change(run_id, more=count)
            return not stop.is_set()

        def on_model(condition: Condition, work: Callable[[LanguageModel], None]) -> None:
            self._models.submit(owner, condition.model, work).result()

        for group in groups:
            if stop.is_set():
                return
            self._divergences.add(run_id, compare_group(data, group, on_model, read=read))
            self._change(run_id, grown=True)

    def _change(
        self, run_id: str, *, more: int = 0, grown: bool = False, **changes: object
    ) -> None:
        with self._lock:
            now = self._shown[run_id]
            changed = replace(now, read=now.read + more, version=now.version + grown)
            self._shown[run_id] = replace(changed, **changes)  # type: ignore[arg-type]
