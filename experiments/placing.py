"""The second half of a run's pipeline: drawn texts become vectors and places on the map."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from queue import Empty, SimpleQueue

import numpy as np
from numpy.typing import NDArray

from data.rows import read_only, unit_rows
from data.schema import RunData, Sample
from data.store import Store
from experiments.layout import place
from experiments.snapshot import empty_data
from models.base import Embedder

BATCH = 64  # answers per picture, at most
GATHER_S = 0.3  # between two pictures: fewer, fuller ones leave the cores to the sampler
GROWTH = 1.25  # of the map before it is fitted again
# No new point appears during a fit. Quick ones may take a quarter of the time, slow ones, during
# which the map stands still for all to see, a twentieth.
SLOW_S, QUICK_SHARE, SLOW_SHARE = 1.5, 0.25, 0.05

MAPLESS = frozenset({"conversation", "audit"})  # kinds of runs whose pages show no map

Row = tuple[str, Sample]  # condition key and draw


class Placer:
    """Embeds and places the draws of one run in a thread of its own, behind its sampler.

    Args:
        store: where vectors and coordinates are kept before anybody sees them.
        embedder: makes or finds the embedder; called in the thread.
        data: what has been placed already.
        publish: told each new state of the data, from the thread.
        fail: told the error that ended the work, from the thread.
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
        self._fitted = len(data.keys)  # rows there at the last fit
        self._next_fit = 0.0  # not before this moment
        self._known: dict[str, NDArray[np.float16]] = {}  # text → vector
        self._arrivals: SimpleQueue[Row | None] = SimpleQueue()
        self._abandoned = threading.Event()
        self._thread = threading.Thread(target=self._live, name="placer", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def put(self, rows: Iterable[Row]) -> None:
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
                    self._add(rows)
            if self._fitted < len(self._data.keys) and not self._abandoned.is_set():
                self._settle()
        except BaseException as error:
            self._fail(error)

    def _gather(self) -> tuple[list[Row], bool]:
        """The next batch, and whether more may come after it."""
        rows: list[Row] = []
        until = 0.0
        while len(rows) < BATCH:
            patience = max(0.0, until - time.monotonic()) if rows else None
            try:
                row = self._arrivals.get(timeout=patience)
            except Empty:
                break
            if row is None:
                return rows, False
            until = until or time.monotonic() + GATHER_S
            rows.append(row)
        return rows, True

    def _add(self, rows: list[Row]) -> None:
        """Place a batch: in the store first, then for everyone to see."""
        embedder = self._embedder()
        rows = self._renew(embedder) + rows
        before = self._data
        halves = self._embed([sample.text for _, sample in rows], embedder)
        vectors = unit_rows(halves)
        if before.keys:
            vectors = np.concatenate([before.vectors, vectors])
        coordinates = self._place(vectors, before.coordinates)
        data = replace(
            before,
            keys=before.keys + tuple(key for key, _ in rows),
            samples=before.samples + tuple(sample for _, sample in rows),
            vectors=read_only(vectors),
            coordinates=read_only(coordinates),
        )
        new = slice(len(before.keys), None)
        self._store.add_places(before.run.id, _names(data)[new], halves, coordinates[new])
        self._show(data)

    def _renew(self, embedder: Embedder) -> list[Row]:
        """Note whose vectors these are; rows that another embedder placed are placed again."""
        run, old = self._data.run, list(zip(self._data.keys, self._data.samples, strict=True))
        if run.embedder == embedder.id:
            return []
        self._store.set_embedder(run.id, embedder.id)
        run = replace(run, embedder=embedder.id)
        if old:
            self._data, self._fitted = empty_data(run), 0
        else:
            self._data = replace(self._data, run=run)
        return old

    def _embed(self, texts: list[str], embedder: Embedder) -> NDArray[np.float16]:
        """(m, d) vectors; a text that came before is not embedded again.

        A batch's other texts change the last digits of a vector. Repetitions share one, so that
        they are recognised as the same.
        """
        if not self._known:
            # Halving a unit row that came from halves gives those back: its norm was off by far
            # less than the distance to the next half.
            halves = self._data.vectors.astype(np.float16)
            self._known = dict(zip((s.text for s in self._data.samples), halves, strict=True))
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            halves = np.asarray(embedder.embed(new)).astype(np.float16)
            self._known.update(zip(new, halves, strict=True))
        return np.stack([self._known[text] for text in texts])

    def _place(
        self, vectors: NDArray[np.float32], previous: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Coordinates for all rows: fitted again when that pays, else late rows only."""
        if self._data.run.kind in MAPLESS:
            self._fitted = len(vectors)
            return np.zeros((len(vectors), 2), dtype=np.float32)
        grown = len(vectors) >= GROWTH * self._fitted
        refit = grown and time.monotonic() >= self._next_fit
        began = time.monotonic()
        placed = place(vectors, previous, seed=self._data.run.seed, refit=refit)
        if refit:
            self._fitted = len(vectors)
            spent = time.monotonic() - began
            share = QUICK_SHARE if spent < SLOW_S else SLOW_SHARE
            self._next_fit = time.monotonic() + spent * (1 / share - 1)
        return placed

    def _settle(self) -> None:
        """The last picture: fitted to all rows."""
        data = self._data
        coordinates = place(data.vectors, data.coordinates, seed=data.run.seed)
        self._fitted = len(data.keys)
        self._show(replace(data, coordinates=read_only(coordinates)))

    def _show(self, data: RunData) -> None:
        """Keep where old rows have moved to, then publish."""
        old = len(self._data.keys)
        moved = np.any(data.coordinates[:old] != self._data.coordinates, axis=1).nonzero()[0]
        if len(moved):
            names = _names(data)
            self._store.move(data.run.id, [names[i] for i in moved], data.coordinates[moved])
        self._data = data
        self._publish(data)


def _names(data: RunData) -> list[tuple[str, int]]:
    """Condition key and sample index of each row."""
    return [(key, sample.index) for key, sample in zip(data.keys, data.samples, strict=True)]
