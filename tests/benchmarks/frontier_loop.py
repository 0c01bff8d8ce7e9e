"""Whether the bundled model follows instructions whose target is known, for `…frontier`."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from data.examples.dialogues import CHANGING, town_dialogues
from data.schema import Condition, Decoding, ModelRef, Plan, Run, RunData, RunState, Sample
from experiments.base import SampleDrawn
from experiments.closed_loop import ClosedLoopExperiment
from experiments.loop_results import loop_frontier, obedience
from experiments.mirroring import mirroring_of
from experiments.speech import scripts_of, speech_of
from metrics.policies import Policy
from models.manager import ModelManager
from models.registry import BUNDLED_ID

SIZES = {False: (16, 2, 6), True: (8, 1, 4)}  # users, times and turns; quick or not
PACE = 64
SEED = 2026


def loop_report(*, quick: bool) -> float:
    """Print how replies go with their targets under Uncapped, feature by feature; the least rho.

    Under Uncapped a target is the user's own style, which the town wrote and nothing of the model
    moves. The users are others than those of the recorded run.
    """
    users, times, turns = SIZES[quick]
    corpus = town_dialogues(conversations=users, turns=turns, seed=SEED + 1)
    lines = scripts_of(speech_of(corpus, CHANGING), users, turns)
    plan = Plan(
        tuple(line for script in lines for line in script), times, 1, scripts=len(lines),
        mirroring=mirroring_of(Policy(key="uncapped", label="Uncapped"), remembers=False),
    )  # fmt: skip
    condition = Condition(
        "a", "Uncapped", ModelRef(BUNDLED_ID), Decoding(), n=plan.draws, plan=plan
    )
    experiment = ClosedLoopExperiment("Closed loop on the town", (condition,), SEED)
    frontier = loop_frontier(_data(experiment, _replies(experiment)))
    if frontier is None:
        return float("nan")
    found = obedience(frontier, 0)
    listed = ", ".join(f"{each.feature} {each.rho:.2f}" for each in found)
    print(
        f"closed loop, {users} users × {times} × {turns - 1} turns, target against reply: {listed}"
    )
    return float(np.min([each.rho for each in found]))


def _replies(experiment: ClosedLoopExperiment) -> list[Sample]:
    found: list[Sample] = []
    manager = ModelManager()
    try:
        for turn in experiment.turns({}, lambda: PACE):
            manager.submit(
                "", turn.model,
                lambda model, work=turn.work: found.extend(
                    event.sample
                    for event in work(model, lambda: False)
                    if isinstance(event, SampleDrawn)
                ),
            ).result()  # fmt: skip
    finally:
        manager.close()
    return found


def _data(experiment: ClosedLoopExperiment, replies: list[Sample]) -> RunData:
    """The replies as a run; nothing here looks at meanings, so they have no places."""
    run = Run(
        "0" * 32, "", experiment.kind, experiment.prompt, experiment.conditions, experiment.seed,
        RunState.DONE, datetime.now(UTC),
    )  # fmt: skip
    nowhere = np.zeros((len(replies), 2), dtype=np.float32)
    return RunData(run, ("a",) * len(replies), tuple(replies), nowhere, nowhere)
