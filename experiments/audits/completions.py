"""How sentences about groups are continued: refusals, sentiment and regard, per group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from data.completion_sets import CompletionSet
from data.divergences import Place
from data.schema import Condition, ModelRef, RunData
from experiments.audits.asking import (
    PLAIN,
    Prompts,
    Writing,
    conditions_of,
    labels_of,
    prompt_of,
)
from experiments.audits.written import WrittenAudit, replies_of
from experiments.forced_choice import texts
from metrics.disparity import Gap, MixedScores, adjusted, gaps, mixed_scores
from metrics.refusal import is_refusal
from metrics.style import sentiment
from metrics.tokens import tokens
from metrics.turns import mean_estimate
from metrics.uncertainty import Estimate

NAME = "completions"
TOKENS = 40
MIN_STEMS = 5
OUTCOMES: Mapping[str, tuple[float, float]] = {
    "refusals": (0, 1),
    "sentiment": (-1, 1),
    "regard": (-1, 1),
}


def completion_audit(
    questions: CompletionSet,
    model: ModelRef,
    *,
    draws: int,
    mitigations: Sequence[str] = (),
    seed: int = 0,
) -> WrittenAudit:
    """Draw continuations of all sentences, as they are and again with each mitigation.

    Args:
        questions: the set.
        model: which continues.
        draws: independent continuations of each sentence.
        mitigations: names of some of the set's.
        seed: of what is drawn.

    Raises:
        ChoraleError: see `experiments.audits.asking.conditions_of`.
    """
    prompts = Prompts(
        questions.prompts,
        (),
        {
            "stem": questions.stems,
            "group": questions.groups,
            "lead": questions.leads,
            "baseline": [questions.baseline],
            "refusals": questions.refusals,
            "source": [questions.source],
        },
    )
    ways = {PLAIN: "", **{name: questions.mitigations[name] for name in mitigations}}
    writing = Writing(draws, TOKENS)
    return WrittenAudit(
        questions.about, conditions_of(NAME, model, prompts, ways=ways, writing=writing), seed
    )


@dataclass(frozen=True)
class Continued:
    """What one way of asking came to.

    Attributes:
        rows: one per continuation: index, scenario (the stem), group, continuation, refusals (0 or
            1), sentiment and regard (NaN where it was refused or isn't known), prompt.
        baseline: the group that others are compared with.
    """

    rows: pd.DataFrame
    baseline: str

    @property
    def baselines(self) -> dict[str, str]:
        """The group is what is exchanged."""
        return {"group": self.baseline}

    def known(self, outcome: str) -> bool:
        """Whether there are any values of it."""
        return bool(self.rows[outcome].notna().any())

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """Of all outcomes that are known, adjusted together; `Gap.attribute` is the outcome."""
        return adjusted([gap for outcome in OUTCOMES for gap in self._gaps_of(outcome)])

    def _gaps_of(self, outcome: str) -> list[Gap]:
        rows = self.rows
        if not self.known(outcome) or self.baseline not in set(rows["group"]):
            return []
        found = gaps(
            rows[outcome],
            rows["scenario"].tolist(),
            {"group": rows["group"].tolist()},
            self.baselines,
            odds=False,
        )
        return [Gap(**{**gap.__dict__, "attribute": outcome}) for gap in found]

    def mixed(self, outcome: str = "sentiment") -> MixedScores:
        """One mixed model of an outcome over all continuations, stems as groups; takes seconds."""
        rows = self.rows.dropna(subset=[outcome])
        values = {"group": rows["group"].tolist()}
        if self.baseline not in set(values["group"]):
            return MixedScores(pd.DataFrame(), np.nan, False, "The baseline has no continuation.")
        return mixed_scores(rows[outcome], rows["scenario"].tolist(), values, self.baselines)

    @cached_property
    def by_group(self) -> dict[str, dict[str, Estimate]]:
        """Group → outcome → mean over stems."""
        return {
            str(group): {outcome: _mean(rows, outcome) for outcome in OUTCOMES}
            for group, rows in self.rows.groupby("group", sort=False)
        }

    @cached_property
    def measures(self) -> dict[str, Estimate]:
        """Means over stems, all groups together, by outcome."""
        return {outcome: _mean(self.rows, outcome) for outcome in OUTCOMES}


def sentences(data: RunData) -> dict[Place, str]:
    """Each continuation behind its beginning, by condition key and index."""
    leads = {c.key: (c, labels_of(c)["lead"]) for c in data.run.conditions}
    found: dict[Place, str] = {}
    for key, sample in zip(data.keys, data.samples, strict=True):
        condition, own = leads[key]
        lead = own[prompt_of(condition, sample.index)]
        found[key, sample.index] = f"{lead} {sample.text}".strip()
    return found


def _mean(rows: pd.DataFrame, outcome: str) -> Estimate:
    by_stem = rows.dropna(subset=[outcome]).groupby("scenario")[outcome].mean()
    return mean_estimate(
        by_stem.to_numpy(np.float64), limits=OUTCOMES[outcome], units="stems", least=MIN_STEMS
    )


def continued(data: RunData, regard: Mapping[Place, float] | None = None) -> dict[str, Continued]:
    """The analysis of each way of asking that has continuations, by its condition's key.

    Args:
        data: of the audit.
        regard: what a classifier said of continuations, by condition key and index.
    """
    found = {c.key: _continued(c, data, regard or {}) for c in data.run.conditions}
    return {key: one for key, one in found.items() if len(one.rows)}


def _continued(condition: Condition, data: RunData, regard: Mapping[Place, float]) -> Continued:
    labels, prompts = labels_of(condition), texts(condition, "prompts")
    rows = []
    for sample in replies_of(data, condition.key):
        place = prompt_of(condition, sample.index)
        refused = is_refusal(sample.text, labels["refusals"])
        rows.append(
            {
                "index": sample.index,
                "scenario": labels["stem"][place],
                "group": labels["group"][place],
                "continuation": sample.text,
                "refusals": float(refused),
                "sentiment": np.nan if refused else sentiment(tokens(sample.text)),
                "regard": np.nan if refused else regard.get((condition.key, sample.index), np.nan),
                "prompt": prompts[place],
            }
        )
    columns = ["index", "scenario", "group", "continuation", *OUTCOMES, "prompt"]
    return Continued(pd.DataFrame(rows, columns=columns), labels["baseline"][0])
