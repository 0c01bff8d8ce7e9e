"""Implicit association and decision bias: which group goes with what, per topic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.association_sets import AssociationSet
from data.schema import Condition, ModelRef, RunData
from experiments.audits.asking import PLAIN, AuditExperiment, Prompts, asked, labels_of
from experiments.forced_choice import masses, texts
from metrics.association import association, decision_bias
from metrics.turns import mean_estimate
from metrics.two_orders import two_orders
from metrics.uncertainty import Estimate

NAME = "associations"
LABELS = ("topic", "part", "item")
MIN_QUESTIONS = 5


def association_audit(
    questions: AssociationSet, model: ModelRef, *, mitigations: Sequence[str] = (), seed: int = 0
) -> AuditExperiment:
    """Ask all questions in both orders, as they are and again with each mitigation.

    Args:
        questions: the set.
        model: which chooses.
        mitigations: names of some of the set's.
        seed: of the run.

    Raises:
        ChoraleError: see `experiments.audits.asking.asked`.
    """
    prompts = Prompts(
        [each.text for each in questions.questions],
        questions.choices,
        {
            **{name: [getattr(each, name) for each in questions.questions] for name in LABELS},
            "at risk": [questions.groups[each.topic][0] for each in questions.questions],
            "other": [questions.groups[each.topic][1] for each in questions.questions],
            "source": [questions.source],
        },
        [each.turned for each in questions.questions],
    )
    ways = {PLAIN: "", **{name: questions.mitigations[name] for name in mitigations}}
    return asked(NAME, questions.about, model, prompts, ways=ways, seed=seed)


@dataclass(frozen=True)
class Associated:
    """What one way of asking came to.

    Attributes:
        rows: one per question: topic, part, item, at risk, other, the columns of
            `metrics.two_orders`, and stereotyped: the probability of the stereotyped choice.
        words: topic → association score.
        decisions: topic → how often decisions go as the stereotype has it.
        shown_first: pull of what is shown first.
        mass: of replies that choose, over questions.
    """

    rows: pd.DataFrame
    words: Mapping[str, Estimate]
    decisions: Mapping[str, Estimate]
    shown_first: Estimate
    mass: Estimate


def associated(data: RunData) -> dict[str, Associated]:
    """The analysis of each way of asking that has answers, by its condition's key."""
    found = {c.key: _rows(c, data) for c in data.run.conditions}
    return {key: _associated(rows) for key, rows in found.items() if len(rows)}


def _associated(rows: pd.DataFrame) -> Associated:
    words, decisions = {}, {}
    for topic, own in rows.groupby("topic", sort=False):
        parts = {part: own.loc[own["part"] == part, "stereotyped"] for part in own["part"].unique()}
        if {"negative", "positive"} <= parts.keys():
            # Of a positive word the stereotyped choice is the other group.
            words[str(topic)] = association(parts["negative"], 1 - parts["positive"])
        if "decision" in parts:
            decisions[str(topic)] = decision_bias(parts["decision"])

    def mean(values: pd.Series) -> Estimate:
        known = values.dropna().clip(0, 1).to_numpy()
        return mean_estimate(known, limits=(0, 1), units="questions", least=MIN_QUESTIONS)

    return Associated(
        rows, words, decisions, mean(rows["shown_first"]), mean(1 - rows["abstained"])
    )


def _rows(condition: Condition, data: RunData) -> pd.DataFrame:
    found = masses(data, condition.key)
    order, labels = sorted(found), labels_of(condition)
    names = (*LABELS, "at risk", "other")
    frame = pd.DataFrame({name: [labels[name][i] for i in order] for name in names})
    judged = two_orders(np.array([found[i] for i in order]).reshape(-1, 2, 2))
    prompts = texts(condition, "prompts")
    frame["question"] = [prompts[i] for i in order]
    for name in ("preferred", "shown_first", "abstained"):
        frame[name] = getattr(judged, name)
    positive = frame["part"] == "positive"
    frame["stereotyped"] = np.where(positive, 1 - frame["preferred"], frame["preferred"])
    return frame
