"""The process-wide job manager: queue, stop, resume, snapshots. Outlives the browser tab."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime

from data.errors import ChoraleError, StoreError
from data.schema import Run, RunState
from data.store import Store
from experiments.base import Experiment
from experiments.limits import Limits
from experiments.pipeline import Job
from experiments.sampling import SamplingExperiment
from experiments.snapshot import ENDED, Phase, Snapshot, empty_data, stored_snapshot
from models.base import Embedder
from models.manager import ModelManager

__all__ = ["ENDED", "JobManager", "Phase", "Snapshot"]

KEPT = 8  # finished runs held in memory
KINDS = {SamplingExperiment.kind: SamplingExperiment.of}


class JobManager:
    """Runs experiments in the background and shows how they stand.

    Args:
        store: where every run lives.
        models: who owns the models.
        embedder: makes the embedder; called once, when the first answers are there.
        limits: caps per visitor; the environment's by default.
    """

    def __init__(
        self,
        store: Store,
        models: ModelManager,
        embedder: Callable[[], Embedder],
        *,
        limits: Limits | None = None,
    ) -> None:
        self._store = store
        self._models = models
        self._embedder = _Once(embedder)
        self._limits = limits or Limits.from_environment()
        self._lock = threading.RLock()
        self._jobs: dict[str, Job] = {}
        self._kept: OrderedDict[str, Snapshot] = OrderedDict()
        self._closed = False

    def submit(self, experiment: Experiment, *, owner: str) -> str:
        """Start a run.

        Returns:
            Its id.

        Raises:
            QueueError: it is more than this host takes from one visitor.
            StoreError: the database can't keep it.
        """
        run = Run(
            id=secrets.token_hex(16),
            owner=owner,
            kind=experiment.kind,
            prompt=experiment.prompt,
            conditions=tuple(experiment.conditions),
            seed=experiment.seed,
            state=RunState.QUEUED,
            created=datetime.now(UTC),
        )
        with self._lock:
            self._limits.check(experiment, active=len(self.active(owner)))
            self._store.create(run)
            self._start(run, experiment)
        return run.id

    def resume(self, run_id: str, *, owner: str) -> str:
        """Draw what an incomplete run lacks: the same draws that it would have had.

        Raises:
            StoreError: it isn't there or isn't this owner's.
            QueueError: too many runs are going.
            ChoraleError: it is complete.
        """
        with self._lock:
            if run_id in self._jobs:
                return run_id
            run = self._store.run(run_id, owner=owner)
            if run.owner != owner:
                raise StoreError("This run isn't yours.", "Start one like it instead.")
            if run.state is RunState.DONE:
                raise ChoraleError("This run is complete.", "Start another with a new seed.")
            experiment = KINDS[run.kind](run)
            self._limits.check(experiment, active=len(self.active(owner)))
            self._kept.pop(run_id, None)
            self._start(run, experiment)
        return run_id

    def snapshot(self, run_id: str, *, owner: str) -> Snapshot:
        """A run as it stands: from memory while it goes, else from the store.

        Raises:
            StoreError: it isn't there or isn't this owner's to see.
        """
        with self._lock:
            job, kept = self._jobs.get(run_id), self._kept.get(run_id)
            if kept is not None:
                self._kept.move_to_end(run_id)
        shown = job.snapshot() if job else kept
        if shown is None:
            self._store.run(run_id, owner=owner)
            shown = stored_snapshot(self._store.load(run_id), _counts(self._store, run_id))
            self._keep(shown)
        if shown.run.owner not in ("", owner):
            raise StoreError("There is no such run among yours.", "Open one in the list.")
        return shown

    def stop(self, run_id: str, *, owner: str) -> None:
        """Draw no more; nothing happens when the run has ended.

        Raises:
            StoreError: it isn't this owner's.
        """
        with self._lock:
            job = self._jobs.get(run_id)
        if job is None:
            return
        if job.run.owner != owner:
            raise StoreError("There is no such run among yours.", "Open one in the list.")
        job.stop()

    def active(self, owner: str) -> tuple[str, ...]:
        """Ids of this owner's runs that are queued or going, eldest first."""
        with self._lock:
            return tuple(i for i, job in self._jobs.items() if job.run.owner == owner)

    def wait(self, run_id: str, timeout: float | None = None) -> Snapshot:
        """The run's state when it ends, or after `timeout` seconds."""
        with self._lock:
            job = self._jobs.get(run_id)
        if job is not None:
            job.done.wait(timeout)
            return job.snapshot()
        return self.snapshot(run_id, owner=self._store.run(run_id).owner)

    def shutdown(self) -> None:
        """Stop every run, keep what was drawn, end every thread. The models are let go too."""
        with self._lock:
            self._closed = True
            jobs = list(self._jobs.values())
        for job in jobs:
            job.close()
        for job in jobs:
            job.join()
        self._models.close()

    def _start(self, run: Run, experiment: Experiment) -> None:
        if self._closed:
            raise ChoraleError("Chorale is closing.", "Start it again.")
        fresh = run.state is RunState.QUEUED
        job = Job(
            run,
            experiment,
            store=self._store,
            models=self._models,
            embedder=self._embedder,
            data=empty_data(run) if fresh else self._store.load(run.id),
            drawn={} if fresh else self._store.drawn(run.id),
            unplaced=() if fresh else self._store.unplaced(run.id),
            ended=self._end,
        )
        self._jobs[run.id] = job
        job.start()

    def _end(self, job: Job) -> None:
        self._keep(job.snapshot())
        with self._lock:
            self._jobs.pop(job.run.id, None)

    def _keep(self, shown: Snapshot) -> None:
        with self._lock:
            self._kept[shown.run.id] = shown
            self._kept.move_to_end(shown.run.id)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)


class _Once:
    """Calls a factory once, however many threads ask."""

    def __init__(self, make: Callable[[], Embedder]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: Embedder | None = None

    def __call__(self) -> Embedder:
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made


def _counts(store: Store, run_id: str) -> dict[str, int]:
    return {key: len(indices) for key, indices in store.drawn(run_id).items()}
