"""Store, models and jobs put together as the app does, on echoes."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from data.schema import Condition, Decoding, ModelRef
from data.store import Store
from experiments.jobs import JobManager
from experiments.sampling import SamplingExperiment
from experiments.snapshot import Snapshot
from models.echo import EchoModel
from models.manager import ModelManager

WAIT = 30  # seconds until a test gives up; none of them waits that long


@dataclass
class Workshop:
    store: Store
    models: ModelManager
    jobs: JobManager

    def ask(self, *models: str, n: int = 16, owner: str = "ann", seed: int = 3) -> str:
        return self.jobs.submit(ask(*models, n=n, seed=seed), owner=owner)

    def finished(self, run_id: str) -> Snapshot:
        shown = self.jobs.wait(run_id, WAIT)
        assert not shown.active
        return shown

    def seen(self, run_id: str, condition, owner: str = "ann") -> Snapshot:
        """The first snapshot that meets a condition."""
        for _ in range(WAIT * 100):
            shown = self.jobs.snapshot(run_id, owner=owner)
            if condition(shown):
                return shown
            threading.Event().wait(0.01)
        raise AssertionError(f"Expected the condition to be met but the run stood at {shown}.")


def load(ref: ModelRef) -> EchoModel:
    """An echo whose slow kind is quicker than on the screen."""
    return EchoModel(ref, step_delay=0.04 if "slow" in ref.id else 0.0)


def ask(*models: str, n: int = 16, seed: int = 3) -> SamplingExperiment:
    conditions = tuple(
        Condition(key, key.upper(), ModelRef(model), Decoding(temperature=1.0), n=n)
        for key, model in zip("abcd", models or ("echo",), strict=False)
    )
    return SamplingExperiment("What should the harbour become?", conditions, seed)
