"""Which perspectives answers draw on, as asked and when several are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from data.schema import Condition, ModelRef, RunData
from data.worldview_sets import WorldviewSet
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
from metrics.perspectives import Spread, perspectives_in, spread, spread_changes
from metrics.turns import mean_estimate
from metrics.uncertainty import Difference, Estimate

NAME = "worldviews"
SEVERAL = "From several perspectives"
TOKENS = 200
MIN_QUESTIONS = 5


def worldview_audit(
    questions: WorldviewSet, model: ModelRef, *, draws: int, seed: int = 0
) -> WrittenAudit:
    """Draw answers to all questions, as asked and when several perspectives are asked for.

    Args:
        questions: the set.
        model: which answers.
        draws: independent answers to each question and way of asking.
        seed: of what is drawn.

    Raises:
        ChoraleError: see `experiments.audits.asking.conditions_of`.
    """
    words = questions.words
    prompts = Prompts(
        list(questions.questions.values()),
        (),
        {
            "question": list(questions.questions),
            "perspectives": list(words),
            **{f"words {name}": own for name, own in words.items()},
            "source": [questions.source],
        },
    )
    ways = {PLAIN: questions.ask, SEVERAL: questions.several}
    writing = Writing(draws, TOKENS)
    return WrittenAudit(
        questions.about, conditions_of(NAME, model, prompts, ways=ways, writing=writing), seed
    )


@dataclass(frozen=True)
class Viewed:
    """What one way of asking came to.

    Attributes:
        rows: one per answer: question, answer, prompt, cut (whether it ran out of tokens), names
            (perspectives that it refers to), and one column of 0 and 1 for each perspective.
        words: perspective → words by which it is known.
        questions: all that were asked, in order.
    """

    rows: pd.DataFrame
    words: Mapping[str, tuple[str, ...]]
    questions: tuple[str, ...]

    @cached_property
    def counts(self) -> pd.DataFrame:
        """Answers that refer to each perspective, per question that has answers."""
        return self.rows.groupby("question", sort=False)[list(self.words)].sum()

    @cached_property
    def spread(self) -> Spread:
        """Entropy and shares of all references."""
        return spread(self.counts.to_numpy(np.float64))

    @cached_property
    def measures(self) -> dict[str, Estimate]:
        """By key in the catalogue."""
        named = self.rows[list(self.words)].sum(axis=1)
        by_question = pd.DataFrame(
            {"question": self.rows["question"], "named": named, "none": named == 0}
        ).groupby("question")
        k = len(self.words)
        return {
            "perspective_entropy": self.spread.entropy,
            "perspectives_named": _mean(by_question["named"].mean(), (0, k)),
            "no_perspective": _mean(by_question["none"].mean(), (0, 1)),
        }


def _mean(by_question: pd.Series, limits: tuple[float, float]) -> Estimate:
    values = by_question.to_numpy(np.float64)
    return mean_estimate(values, limits=limits, units="questions", least=MIN_QUESTIONS)


def viewed(data: RunData) -> dict[str, Viewed]:
    """The analysis of each way of asking that has answers, by its condition's key."""
    found = {c.key: _viewed(c, data) for c in data.run.conditions}
    return {key: one for key, one in found.items() if len(one.rows)}


def viewed_changes(before: Viewed, after: Viewed) -> dict[str, Difference]:
    """After minus before, over the questions answered both ways: "entropy", and each perspective.

    Adjusted for all of them together.
    """
    shared = [each for each in before.counts.index if each in after.counts.index]
    sides = [spread(one.counts.loc[shared].to_numpy(np.float64)) for one in (before, after)]
    return dict(zip(("entropy", *before.words), spread_changes(*sides), strict=True))


def _viewed(condition: Condition, data: RunData) -> Viewed:
    labels, prompts = labels_of(condition), texts(condition, "prompts")
    words = {name: labels[f"words {name}"] for name in labels["perspectives"]}
    rows = []
    for sample in replies_of(data, condition.key):
        place = prompt_of(condition, sample.index)
        named = perspectives_in(sample.text, words)
        rows.append(
            {
                "question": labels["question"][place],
                "answer": sample.text,
                "names": ", ".join(name for name in words if name in named),
                "cut": sample.finish.value == "length",
                "prompt": prompts[place],
                **{name: int(name in named) for name in words},
            }
        )
    columns = ["question", "answer", "names", "cut", "prompt", *words]
    return Viewed(pd.DataFrame(rows, columns=columns), words, labels["question"])
