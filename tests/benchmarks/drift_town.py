"""Measures of drift against the town, where it is known how often a persona holds.

The bundled model plays residents through one plan, with reminders and without. For each measure the
curve over turns is ranked against the known one, resident by resident; and conversations that
advance together are timed against one at a time.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from scipy.stats import spearmanr
from scipy.stats import t as student

from data.divergences import Place, TokenDivergence
from data.examples.plans import MOVES, REMINDERS, known_hold, lines_for, residents
from data.schema import Condition, Decoding, ModelRef, Plan, Run, RunData, RunState, Sample
from experiments.base import SampleDrawn
from experiments.chats import chat_before
from experiments.conversation import ConversationExperiment
from experiments.drift import per_reply, scores_of, values_of
from metrics.catalogue_drift import CURVES
from models.base import Embedder, LanguageModel
from models.embedding import load_embedder
from models.local import load_local
from models.registry import BUNDLED_ID

DRAWN = Decoding(max_new_tokens=64)
TIMED = 32  # conversations


def conditions_for(name: str, conversations: int) -> tuple[Condition, ...]:
    persona = residents()[name]
    lines = lines_for(name, next(iter(MOVES.values())))
    plan = Plan(lines, conversations, 4, marks=persona.marks)
    reminded = replace(plan, reminders=REMINDERS, reminder=persona.reminder)
    return tuple(
        Condition(key, key, ModelRef(BUNDLED_ID), DRAWN, persona.system, each.draws, plan=each)
        for key, each in (("a", plan), ("b", reminded))
    )


def held(
    experiment: ConversationExperiment, model: LanguageModel
) -> tuple[list[tuple[str, Sample]], dict[Place, TokenDivergence]]:
    """Every reply of an experiment, and its divergences."""
    drawn, apart = [], {}
    for turn in experiment.turns({}, lambda: 10_000):
        for event in turn.work(model, lambda: False):
            if isinstance(event, SampleDrawn):
                drawn.append((event.condition, event.sample))
            else:
                apart[event.condition, event.index] = event.divergence
    return drawn, apart


def rank_correlations(
    name: str, model: LanguageModel, embedder: Embedder, options: argparse.Namespace
) -> dict[str, float]:
    """Spearman's correlation of each measure's curve with the known one, over both conditions."""
    conditions = conditions_for(name, options.conversations)
    experiment = ConversationExperiment(name, conditions, seed=options.seed)
    drawn, apart = held(experiment, model)
    run = Run(
        "0" * 32, "", experiment.kind, name, conditions, options.seed, RunState.DONE,
        datetime.now(UTC),
    )  # fmt: skip
    keys, samples = (tuple(each) for each in zip(*drawn, strict=True))
    vectors = embedder.embed([sample.text for sample in samples])
    data = RunData(run, keys, samples, vectors, np.zeros((len(keys), 2), np.float32))
    known = [np.array(known_hold(condition)) for condition in conditions]
    divided = per_reply(apart)
    found = {}
    for measure in CURVES:
        scores = scores_of(data, divided, measure)
        curves = [values_of(c, scores).mean(axis=(0, 2)) for c in conditions]
        # A reply without a value ends the curve there.
        true = [hold[: len(curve)] for hold, curve in zip(known, curves, strict=True)]
        found[measure] = float(spearmanr(np.concatenate(curves), np.concatenate(true)).statistic)
    return found


def town_part(options: argparse.Namespace) -> tuple[str, float, float]:
    """Print the tables; the best measure, its mean correlation, and the speed-up."""
    model, embedder = load_local(ModelRef(BUNDLED_ID), device="cpu"), load_embedder("minilm")
    names = [*residents()][:: max(1, len(residents()) // options.residents)][: options.residents]
    rows = [rank_correlations(name, model, embedder, options) for name in names]
    print("| measure | mean ρ | 95 % | residents |\n| --- | --- | --- | --- |")
    means = {}
    for measure in CURVES:
        values = np.array([row[measure] for row in rows])
        half = float(student.ppf(0.975, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5)
        means[measure] = mean = float(values.mean())
        print(
            f"| {measure} | {mean:+.3f} | {mean - half:+.3f} to {mean + half:+.3f} | {len(rows)} |"
        )
    best = max(means, key=lambda measure: abs(means[measure]))
    return best, means[best], _speedup(model, options)


def _speedup(model: LanguageModel, options: argparse.Namespace) -> float:
    """Median over rounds of the time one by one over the time together; interleaved."""
    condition = conditions_for(next(iter(residents())), TIMED)[0]
    ratios = []
    for round_ in range(options.rounds):
        together, alone = (
            _timed(condition, model, seed=options.seed + round_, together=way)
            for way in (True, False)
        )
        print(f"{TIMED} conversations: together {together:.1f} s, one by one {alone:.1f} s")
        ratios.append(alone / together)
    return statistics.median(ratios)


def _timed(condition: Condition, model: LanguageModel, *, seed: int, together: bool) -> float:
    """Seconds for one reply per turn in every conversation."""
    assert condition.plan is not None
    plan = replace(condition.plan, replies=1)
    asked, replies = replace(condition, plan=plan, n=plan.draws), dict[int, Sample]()
    began = time.perf_counter()
    for turn in range(len(plan.lines)):
        rows = range(plan.replicates)
        chats = [chat_before(asked, turn, r, replies, model).messages for r in rows]
        indices = [plan.index(r, turn, 0) for r in rows]
        how: dict[str, Any] = {"decoding": condition.decoding, "seed": seed}
        if together:
            drawn = list(model.generate_each(chats, indices=indices, **how))
        else:
            drawn = [
                sample
                for chat, index in zip(chats, indices, strict=True)
                for sample in model.generate(chat, indices=[index], **how)
            ]
        replies |= {sample.index: sample for sample in drawn}
    return time.perf_counter() - began
