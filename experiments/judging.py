"""Who judges a run's answers, and the work itself: pair by pair, or answer by answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from data.divergences import Place
from data.errors import ModelError, QueueError
from data.judgements import JudgementStore, Verdict, pair_key
from data.schema import ModelRef, RunData
from experiments.assessing import Progress, Work
from experiments.grouping import (
    CLASSIFIER,
    Grouping,
    distinct_texts,
    most_pairs,
    pairs_within,
)
from experiments.judges import Pairs, classifier_verdicts, model_verdicts, self_ratings
from experiments.limits import Limits
from experiments.strategies.registry import voice_of
from metrics.same import partition_in_rounds
from models.budget import free_memory
from models.classifier import TextClassifier, load_classifier
from models.manager import ModelManager

TURN = 16  # pairs or answers that a model judges before others have their turn

Result = TypeVar("Result")
AskPairs = Callable[[Pairs], list[Verdict]]


@dataclass(slots=True)
class Classifiers:
    """At most one classifier in memory, used by one thread at a time.

    Attributes:
        load: makes one of an id and a revision.
    """

    load: Callable[[str, str], TextClassifier] = load_classifier
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _ref: ModelRef | None = None
    _held: TextClassifier | None = None

    def use(self, ref: ModelRef, work: Callable[[TextClassifier], Result]) -> Result:
        """What `work` makes of a classifier, which is loaded first if it isn't there.

        Raises:
            ModelError: it can't be loaded.
        """
        with self._lock:
            if self._held is None or self._ref != ref:
                self._held = None  # before the next one is loaded: memory holds one
                free_memory()
                self._held, self._ref = self.load(ref.id, ref.revision), ref
            return work(self._held)


@dataclass(frozen=True, slots=True)
class Bench:
    """All that judging needs.

    Attributes:
        kept: where judgements go, before anybody sees them.
        models: who gives turns of language models out.
        classifiers: who holds the classifier.
        limits: what a visitor may ask for.
    """

    kept: JudgementStore
    models: ModelManager
    classifiers: Classifiers
    limits: Limits

    def check(self, judge: ModelRef, readings: int) -> None:
        """Accept a judgement or say why not.

        Args:
            judge: who would judge.
            readings: texts that it would read at most; each counts as a token drawn.

        Raises:
            ModelError: this host does not offer the judge.
            QueueError: it is more than this host takes.
        """
        allowed = self.limits.models
        if allowed is not None and judge.id not in allowed:
            raise ModelError(
                f"This host doesn’t offer “{judge.id}”.", "Let a model of the run judge."
            )
        if readings > self.limits.tokens:
            raise QueueError(
                f"This may take {readings:,} readings, and this host gives {self.limits.tokens:,}.",
                "Judge a run with fewer answers.",
            )


def pair_work(
    bench: Bench, data: RunData, grouping: Grouping, *, owner: str, every: bool = False
) -> Work:
    """The judging of the pairs that a grouping needs and that are not judged yet.

    Args:
        bench: who judges and who keeps.
        data: a run with all its answers.
        grouping: means, judge and rule.
        owner: whose turns of a model these are.
        every: all pairs within each condition instead.

    Raises:
        ChoraleError: it can't be asked for; see `Bench.check`.
    """
    judge = grouping.judge
    if judge is None:
        raise ModelError("No judge was chosen.", "Choose a classifier or a model.")
    bench.check(judge, 2 * most_pairs(data))
    question = data.run.prompt

    def by_classifier(pairs: Pairs) -> list[Verdict]:
        return bench.classifiers.use(judge, lambda c: classifier_verdicts(c, question, pairs))

    def by_model(pairs: Pairs) -> list[Verdict]:
        turn = bench.models.submit(owner, judge, lambda m: model_verdicts(m, question, pairs))
        return turn.result()

    ask = by_classifier if grouping.means == CLASSIFIER else by_model
    case = _Case(bench.kept, data, grouping.judge_id, ask)
    if every:
        return lambda progress: case.judge(pairs_within(data), progress)
    return lambda progress: _judge_pairs(case, grouping, progress)


@dataclass(slots=True)
class _Case:
    """The answers of a run before one judge.

    Attributes:
        kept: where verdicts go.
        data: the run.
        judge_id: under which name they are kept.
        ask: the judge.
    """

    kept: JudgementStore
    data: RunData
    judge_id: str
    ask: AskPairs

    def judge(
        self,
        pairs: Pairs,
        progress: Progress,
        *,
        known: dict[str, Verdict] | None = None,
        done: float | None = None,
    ) -> dict[str, Verdict]:
        """Have the pairs judged that aren't yet; verdicts by `pair_key`.

        Args:
            pairs: texts, the earlier one first.
            progress: told after each turn.
            known: verdicts; those in the store if not given.
            done: how far all is; the share of these pairs if not given.
        """
        run_id = self.data.run.id
        said = self.kept.verdicts(run_id, self.judge_id) if known is None else known
        missing = [pair for pair in pairs if pair_key(*pair) not in said]
        for start in range(0, len(missing), TURN):
            progress.check()
            part = missing[start : start + TURN]
            found = dict(zip((pair_key(*pair) for pair in part), self.ask(part), strict=True))
            self.kept.add_verdicts(run_id, self.judge_id, found)
            said.update(found)
            share = (start + len(part)) / len(missing) if done is None else done
            progress.tell(share, len(part))
        return said


def _judge_pairs(case: _Case, grouping: Grouping, progress: Progress) -> None:
    texts, _ = distinct_texts(case.data)
    known = case.kept.verdicts(case.data.run.id, case.judge_id)

    def same(pairs: Sequence[tuple[int, int]]) -> list[float]:
        said = [(texts[a], texts[b]) for a, b in pairs]
        done = 1 - len(pairs) / len(texts)  # each round is about all that are left
        progress.tell(done, 0)
        case.judge(said, progress, known=known, done=done)
        return [known[pair_key(*pair)].same for pair in said]

    chained = grouping.rule == "union-find"
    partition_in_rounds(same, len(texts), threshold=grouping.threshold, chained=chained)


def rating_work(
    bench: Bench, data: RunData, source: str, *, owner: str, judge: ModelRef | None = None
) -> Work:
    """The rating of the answers that a source has not rated yet.

    Args:
        bench: who judges and who keeps.
        data: a run with all its answers.
        source: under which name scores are kept.
        owner: whose turns of a model these are.
        judge: a reward model; None lets each answer's own model say how sure it is that it's true.

    Raises:
        ChoraleError: it can't be asked for; see `Bench.check`.
    """
    voices = _voices(data) if judge is None else {judge: list(range(len(data.keys)))}
    for ref in voices:
        bench.check(ref, len(data.keys))
    question = data.run.prompt

    def rate(ref: ModelRef, texts: Sequence[str]) -> list[float]:
        if judge is not None:
            return bench.classifiers.use(ref, lambda c: c.rewards(question, texts).tolist())
        turn = bench.models.submit(owner, ref, lambda m: self_ratings(m, question, texts))
        return turn.result()

    return lambda progress: _rate(bench.kept, data, source, voices, rate, progress)


def _rate(
    kept: JudgementStore,
    data: RunData,
    source: str,
    voices: Mapping[ModelRef, Sequence[int]],
    rate: Callable[[ModelRef, Sequence[str]], list[float]],
    progress: Progress,
) -> None:
    known = kept.scores(data.run.id, source)
    for ref, rows in voices.items():
        missing = [row for row in rows if _place(data, row) not in known]
        for start in range(0, len(missing), TURN):
            progress.check()
            part = missing[start : start + TURN]
            values = rate(ref, [data.samples[row].text for row in part])
            found = {_place(data, row): v for row, v in zip(part, values, strict=True)}
            known |= found
            kept.add_scores(data.run.id, source, found)
            progress.tell(len(known) / len(data.keys), len(part))


def _voices(data: RunData) -> dict[ModelRef, list[int]]:
    """The rows that each model wrote."""
    conditions = {condition.key: condition for condition in data.run.conditions}
    rows: dict[ModelRef, list[int]] = {}
    for row, (key, sample) in enumerate(zip(data.keys, data.samples, strict=True)):
        rows.setdefault(voice_of(conditions[key], sample.index), []).append(row)
    return rows


def _place(data: RunData, row: int) -> Place:
    return data.keys[row], data.samples[row].index
