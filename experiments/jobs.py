"""The process-wide job manager: queue, stop, resume, snapshots. Outlives the browser tab."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from data.divergences import DivergenceStore
from data.errors import ChoraleError, StoreError
from data.schema import Run, RunState
from data.store import Store
from experiments.base import Experiment
from experiments.kinds import KINDS
from experiments.limits import Limits
from experiments.pipeline import STOPPED_BY_USER, Begun, Job
from experiments.snapshot import ENDED, Phase, Snapshot, empty_data, stored_snapshot
from models.base import Embedder
from models.manager import ModelManager

__all__ = ["ENDED", "JobManager", "Phase", "Snapshot"]

KEPT = 8  # finished runs held in memory


class JobManager:
    """Runs experiments in the background and shows how they stand.

    Args:
        store: where every run lives.
        divergences: kept beside it.
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
        divergences: DivergenceStore,
        limits: Limits | None = None,
    ) -> None:
        self._store, self._divergences = store, divergences
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
            self._models.choose_together(m for c in run.conditions for m in c.models)
            self._start(Begun(empty_data(run)), experiment)
        return run.id

    def resume(self, run_id: str, *, owner: str) -> str:
        """Draw what an incomplete run lacks: the same draws that it would have had.

        Does nothing when the run is going.

        Raises:
            StoreError: it isn't there or isn't this owner's.
            QueueError: too many runs are going.
            ChoraleError: it is complete, or another process is working on it.
        """
        with self._lock:
            job = self._jobs.get(run_id)
        if job is not None and job.draws:
            return run_id
        if job is not None:  # it is only placing what was left: the new job does that too
            job.close()
            job.join()
        with self._lock:
            run = self._own(run_id, owner)
            if run.state is not RunState.INCOMPLETE:
                raise ChoraleError(f"This run is {run.state}.", "Start another with a new seed.")
            experiment = KINDS[run.kind](run)
            self._limits.check(experiment, active=len(self.active(owner)))
            self._start(self._begun(replace(run, state=RunState.QUEUED, note="")), experiment)
        return run_id

    def go_on(self, run_id: str, experiment: Experiment, *, owner: str) -> None:
        """Ask a run that has ended for more: what it has stays, in its places.

        Args:
            run_id: which.
            experiment: asks for what is there and for more, under the same keys and seed.
            owner: whose it is.

        Raises:
            StoreError: it isn't there or isn't this owner's.
            QueueError: it is more than this host takes from one visitor.
            ChoraleError: it is still going.
        """
        with self._lock:
            run, job = self._own(run_id, owner), self._jobs.get(run_id)
            if job is not None:
                raise ChoraleError("The model is still answering.", "Wait for it, or stop it.")
            self._limits.check(experiment, active=len(self.active(owner)))
            self._store.set_conditions(run_id, experiment.conditions)
            asked = tuple(experiment.conditions)
            begun = replace(run, conditions=asked, state=RunState.QUEUED, note="")
            self._start(self._begun(begun), experiment)

    def snapshot(self, run_id: str, *, owner: str) -> Snapshot:
        """A run as it stands: from memory while it goes, else from the store.

        A run that was cut off before all its draws had a place has the rest placed now.

        Raises:
            StoreError: it isn't there or isn't this owner's to see.
        """
        with self._lock:
            job, shown = self._jobs.get(run_id), self._kept.get(run_id)
            if shown is not None:
                self._kept.move_to_end(run_id)
        if job is not None:
            shown = job.snapshot()
        if shown is None:
            return self._open(run_id, owner)
        if shown.run.owner not in ("", owner):
            raise _absent()
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
            raise _absent()
        job.stop()

    def active(self, owner: str) -> tuple[str, ...]:
        """Ids of this owner's runs that are queued or being drawn, eldest first."""
        with self._lock:
            jobs = [job for job in self._jobs.values() if job.draws]
        return tuple(job.run.id for job in jobs if job.run.owner == owner)

    def delete(self, run_id: str, *, owner: str) -> None:
        """Take a run away, and stop it if it is going. `restore` undoes that for a week.

        Raises:
            StoreError: it isn't there or isn't this owner's.
        """
        self._store.delete(run_id, owner)
        with self._lock:
            job = self._jobs.get(run_id)
        if job is not None:
            job.close(STOPPED_BY_USER)
            job.join()
        with self._lock:
            self._kept.pop(run_id, None)

    def restore(self, run_id: str, *, owner: str) -> None:
        """Undo `delete`.

        Raises:
            StoreError: it is gone for good or isn't this owner's.
        """
        self._store.restore(run_id, owner)

    def wait(self, run_id: str, timeout: float | None = None) -> Snapshot:
        """The run's state when it ends, or after `timeout` seconds."""
        with self._lock:
            job = self._jobs.get(run_id)
        if job is None:
            shown = self.snapshot(run_id, owner=self._store.run(run_id).owner)
            with self._lock:
                job = self._jobs.get(run_id)  # opening it may have found something to place
            if job is None:
                return shown
        job.done.wait(timeout)
        return job.snapshot()

    def shutdown(self) -> None:
        """Stop every run, keep what was drawn, let the models go, end every thread."""
        with self._lock:
            self._closed = True
            jobs = list(self._jobs.values())
        for job in jobs:
            job.close()
        for job in jobs:
            job.join()
        self._models.close()

    def _open(self, run_id: str, owner: str) -> Snapshot:
        """A run that nobody works on; needs the store."""
        begun = self._begun(self._store.run(run_id, owner=owner))
        with self._lock:
            if run_id in self._jobs:
                return self._jobs[run_id].snapshot()
            elsewhere = begun.data.run.state in (RunState.QUEUED, RunState.RUNNING)
            if begun.unplaced and not elsewhere and not self._closed:
                return self._start(begun, None).snapshot()
        shown = stored_snapshot(begun.data, begun.drawn)
        if not elsewhere:
            self._keep(shown)
        return shown

    def _own(self, run_id: str, owner: str) -> Run:
        run = self._store.run(run_id, owner=owner)
        if run.owner != owner:
            raise StoreError("This run is everyone's to see, but not yours.", "Start one like it.")
        return run

    def _begun(self, run: Run) -> Begun:
        data = replace(self._store.load(run.id), run=run)
        return Begun(data, self._store.drawn(run.id), self._store.unplaced(run.id))

    def _start(self, begun: Begun, experiment: Experiment | None) -> Job:
        if self._closed:
            raise ChoraleError("Chorale is closing.", "Start it again.")
        job = Job(
            begun,
            experiment,
            store=self._store,
            divergences=self._divergences,
            models=self._models,
            embedder=self._embedder,
            ended=self._end,
        )
        self._kept.pop(job.run.id, None)
        self._jobs[job.run.id] = job
        job.start()
        return job

    def _end(self, job: Job) -> None:
        self._keep(job.snapshot())
        with self._lock:
            del self._jobs[job.run.id]

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


def _absent() -> StoreError:
    return StoreError("There is no such run among yours.", "Open one of the runs in the list.")
