"""The second half of a run's pipeline: drawn texts become vectors and places on the map."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from queue import Empty, SimpleQueue

import numpy as np

from data.rows import unit_rows
from data.schema import RunData, Sample
from data.store import Store
from experiments.layout import place
from models.base import Embedder

BATCH = 64  # texts per call of the embedder
GATHER_S = 0.3  # between two pictures: fewer, fuller ones leave the cores to the sampler

Row = tuple[str, Sample]  # condition key and draw


class Placer:
    """Embeds and places the draws of one run in a thread of its own, behind its sampler.

    Args:
        store: where vectors and coordinates are kept before anybody sees them.
        embedder: makes or finds the embedder; called in the thread.
        data: what has been placed already.
        publish: told each new state of the data, from the thread.
        fail: told the error that ended the work.
    """

    def __init__(
        self,
        *,
        store: Store,
        embedder: Callable[[], Embedder],
        data: RunData,
        publish: Callable[[RunData], None],
        fail: Callable[[BaseException], None],
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._data = data
        self._publish = publish
        self._fail = fail
        self._arrivals: SimpleQueue[Row | None] = SimpleQueue()
        self._abandoned = threading.Event()
        self._thread = threading.Thread(target=self._live, name="placer", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def put(self, rows: Sequence[Row]) -> None:
        """Queue draws that are in the store."""
        for row in rows:
            self._arrivals.put(row)

    def abandon(self) -> None:
        """Drop what waits; it stays in the store without a place."""
        self._abandoned.set()

    def finish(self) -> None:
        """Wait until everything queued has its place, and end the thread."""
        self._arrivals.put(None)
        self._thread.join()

    def _live(self) -> None:
        try:
            more = True
            while more:
                rows, more = self._gather()
                if rows and not self._abandoned.is_set():
                    self._place(rows)
        except BaseException as error:
            self._fail(error)

    def _gather(self) -> tuple[list[Row], bool]:
        """The next batch, and whether more may come after it."""
        rows: list[Row] = []
        until = 0.0
        while len(rows) < BATCH:
            try:
                row = self._arrivals.get(
                    timeout=max(0.0, until - time.monotonic()) if rows else None
                )
            except Empty:
                return rows, True
            if row is None:
                return rows, False
            until = until or time.monotonic() + GATHER_S
            rows.append(row)
        return rows, True

    def _place(self, rows: list[Row]) -> None:
        embedder = self._embedder()
        halves = embedder.embed([sample.text for _, sample in rows]).astype(np.float16)
        vectors = unit_rows(halves)
        before = self._data
        if len(before.keys):
            vectors = np.concatenate([before.vectors, vectors])
        coordinates = place(vectors, before.coordinates, seed=before.run.seed)
        named = [(key, sample.index) for key, sample in rows]
        self._store.add_places(before.run.id, named, halves, coordinates[len(before.keys) :])
        self._data = replace(
            before,
            keys=before.keys + tuple(key for key, _ in rows),
            samples=before.samples + tuple(sample for _, sample in rows),
            vectors=vectors,
            coordinates=coordinates,
        )
        self._publish(self._data)
