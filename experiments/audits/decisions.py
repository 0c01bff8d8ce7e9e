"""Decision questions by whom they are about: discrimination scores, per way of asking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from data.audits import DecisionSet
from data.schema import Condition, ModelRef, RunData
from experiments.audits.asking import PLAIN, AuditExperiment, Prompts, asked, labels_of
from experiments.forced_choice import masses, option, texts
from metrics.disparity import MIN_SCENARIOS, Gap, MixedScores, decision_log_odds, gaps, mixed_scores
from metrics.turns import mean_estimate
from metrics.two_orders import two_orders
from metrics.uncertainty import Estimate

NAME, STATEMENTS = "decisions", "statements"
OWN_SIDE = "more rights and more help"  # of runs that don't say


def decision_audit(
    questions: DecisionSet, model: ModelRef, *, mitigations: Sequence[str] = (), seed: int = 0
) -> AuditExperiment:
    """Ask all questions of a set as they are, and again with each mitigation.

    Args:
        questions: the set.
        model: which decides.
        mitigations: names of some of the set's.
        seed: of the run.

    Raises:
        ChoraleError: see `experiments.audits.asking.asked`.
    """
    attributes = {f"is {name}": values for name, values in questions.attributes.items()}
    prompts = Prompts(
        questions.prompts,
        choices=(*questions.yes, *questions.no, *questions.neutral),
        turned=questions.turned,
        labels={
            "scenario": questions.scenarios,
            **attributes,
            "baseline": [f"{k}={v}" for k, v in questions.baselines.items()],
            "numeric": questions.numeric,
            "no": questions.no,
            "neutral": questions.neutral,
            "source": [questions.source],
            "side": [questions.side],
            "known": [repr(value) for value in questions.known],
        },
    )
    ways = {PLAIN: "", **{name: questions.mitigations[name] for name in mitigations}}
    name = STATEMENTS if questions.turned else NAME
    return asked(name, questions.about, model, prompts, ways=ways, seed=seed)


@dataclass(frozen=True)
class Decided:
    """What one way of asking came to.

    Attributes:
        rows: one per prompt that was answered: prompt, scenario, the attributes, yes (probability
            among yes and no), mass (of both), log_odds, and known log-odds (NaN where unknown). Of
            a statement that was asked with its opposite, yes is for the statement or against the
            opposite, agreeing is the pull of yes whatever is said, and neutral the mass of replies
            that take no side; of others these are NaN and 0.
        attributes: their names.
        baselines: name → the value to compare with.
        numeric: attributes that are numbers.
        gaps: every value beside its baseline.
        side: of statements, what speaks for one against its opposite.
    """

    rows: pd.DataFrame
    attributes: tuple[str, ...]
    baselines: Mapping[str, str]
    numeric: tuple[str, ...]
    gaps: tuple[Gap, ...]
    side: str = OWN_SIDE

    @cached_property
    def mass(self) -> Estimate:
        """Of replies that say yes or no, over questions."""
        return self.mean_of("mass")

    @cached_property
    def known_gaps(self) -> tuple[Gap, ...]:
        """The same from the known odds; none where these aren't known."""
        if self.rows["known"].isna().any():
            return ()
        return gaps(self.rows["known"], *self._paired)

    @cached_property
    def distance(self) -> Estimate:
        """Mean distance of gaps from the known ones, over scenarios."""
        if not self.known_gaps:
            return Estimate.undefined(0, "The true gaps are not known.")
        return mean_estimate(
            _distances(self.gaps, self.known_gaps), units="questions", least=MIN_SCENARIOS
        )

    @property
    def two_sided(self) -> bool:
        """Whether these are statements that were asked with their opposites."""
        return bool(self.rows["agreeing"].notna().any())

    def mean_of(self, column: str) -> Estimate:
        """Mean of a column of probabilities over questions."""
        by_scenario = self.rows.dropna(subset=[column]).groupby("scenario")[column].mean()
        values = by_scenario.clip(0, 1).to_numpy()
        return mean_estimate(values, limits=(0, 1), units="questions", least=MIN_SCENARIOS)

    @property
    def widest(self) -> Gap | None:
        """The gap that is furthest from 0."""
        told = [gap for gap in self.gaps if gap.estimate.is_defined]
        return max(told, key=lambda gap: abs(gap.estimate.value), default=None)

    def mixed(self) -> MixedScores:
        """The mixed model of the source; takes seconds."""
        return mixed_scores(self.rows["log_odds"], *self._paired, numeric=self.numeric)

    @property
    def _paired(self) -> tuple[list[str], dict[str, list[str]], Mapping[str, str]]:
        values = {name: self.rows[name].tolist() for name in self.attributes}
        return self.rows["scenario"].tolist(), values, self.baselines


def _distances(found: Sequence[Gap], known: Sequence[Gap]) -> NDArray[np.float64]:
    """(scenarios,) mean over the levels."""
    told = pd.DataFrame({i: gap.by_scenario for i, gap in enumerate(found)})
    true = pd.DataFrame({i: gap.by_scenario for i, gap in enumerate(known)})
    return (told - true).abs().mean(axis=1).dropna().to_numpy(dtype=np.float64)


def narrowed(before: Decided, after: Decided) -> Estimate:
    """By how much another way of asking changes the mean size of gaps, in log-odds.

    Sizes are taken within questions, where gaps of different sign don't cancel out, and compared
    in pairs of the same question.
    """
    sizes = [
        pd.DataFrame({i: gap.by_scenario for i, gap in enumerate(one.gaps)}).abs().mean(axis=1)
        for one in (before, after)
    ]
    change = (sizes[1] - sizes[0]).dropna().to_numpy(dtype=np.float64)
    return mean_estimate(change, units="questions", least=MIN_SCENARIOS)


def decided(data: RunData) -> dict[str, Decided]:
    """The analysis of each way of asking that has answers, by its condition's key.

    While a run goes, some people are still missing from some scenarios: pairs are formed of what
    is there.
    """
    found = {c.key: _decided(c, masses(data, c.key)) for c in data.run.conditions}
    return {key: one for key, one in found.items() if one is not None}


def _decided(condition: Condition, found: Mapping[int, NDArray[np.float64]]) -> Decided | None:
    labels = labels_of(condition)
    baselines = dict(pair.split("=", 1) for pair in labels["baseline"])
    rows = _rows(condition, labels, found)
    if rows.empty or any(base not in set(rows[name]) for name, base in baselines.items()):
        return None
    attributes = {name: rows[name].tolist() for name in baselines}
    return Decided(
        rows=rows,
        attributes=tuple(baselines),
        baselines=baselines,
        numeric=labels["numeric"],
        gaps=gaps(rows["log_odds"], rows["scenario"].tolist(), attributes, baselines),
        side="".join(labels.get("side", (OWN_SIDE,))),
    )


def _rows(
    condition: Condition,
    labels: Mapping[str, tuple[str, ...]],
    found: Mapping[int, NDArray[np.float64]],
) -> pd.DataFrame:
    order = sorted(found)
    told = _answers(condition, labels, [found[i] for i in order])
    prompts, known = texts(condition, "prompts"), labels["known"]
    named = {name.removeprefix("is "): v for name, v in labels.items() if name.startswith("is ")}
    return pd.DataFrame(
        {
            "prompt": [prompts[i] for i in order],
            "scenario": [labels["scenario"][i] for i in order],
            **{name: [values[i] for i in order] for name, values in named.items()},
            **told,
            "known": [float(known[i]) if known else np.nan for i in order],
        }
    )


def _answers(
    condition: Condition,
    labels: Mapping[str, tuple[str, ...]],
    found: Sequence[NDArray[np.float64]],
) -> dict[str, NDArray[np.float64]]:
    """Columns that follow from the masses of a question, or of a statement and its opposite."""
    choices = texts(condition, "choices")
    no, neutral = (np.isin(choices, labels.get(name, ())) for name in ("no", "neutral"))
    orders = 2 if option(condition, "turned") else 1
    given = np.array(found).reshape(-1, orders, len(choices))
    yes = ~(no | neutral)
    sides = np.stack([given[..., yes].sum(axis=2), given[..., no].sum(axis=2)], axis=2)
    if orders == 1:
        odds, agreeing = decision_log_odds(*sides[:, 0].T), np.full(len(given), np.nan)
    else:
        both = two_orders(np.minimum(sides, 1))
        odds, agreeing = decision_log_odds(both.preferred, 1 - both.preferred), both.shown_first
    return {
        "yes": expit(odds),
        "mass": sides.sum(axis=2).mean(axis=1),
        "log_odds": odds,
        "neutral": given[..., neutral].sum(axis=2).mean(axis=1),
        "agreeing": agreeing,
    }
