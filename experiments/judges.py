"""What is asked of a judge, and what its answer counts as: pairs of answers, and single ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from data.judgements import Verdict
from data.schema import Message
from metrics.lexical import words
from metrics.same import share_words
from metrics.verdicts import mutual_entailment, yes_share
from models.base import LanguageModel

EACH = 128  # tokens of an answer that a classifier of equivalence reads, as in NoveltyBench
YES, NO = ("Yes", "yes"), ("No", "no")
TRUE, FALSE = ("True", "true"), ("False", "false")
LEAST_MASS = 0.01  # of the replies: a model that says true or false more rarely gave no verdict
Pairs = Sequence[tuple[str, str]]

_SAME = (
    "Here is a question: {question}\nHere are two answers to it.\nFirst answer: {first}\n"
    "Second answer: {second}\nDo both answers say the same? Reply with yes or no."
)
_GOOD = (
    "Question: {question}\nProposed answer: {answer}\n"
    "Is the proposed answer true? Reply with true or false."
)


class Classifier(Protocol):
    """What is needed of `models.classifier.TextClassifier`."""

    @property
    def task(self) -> str:
        """What it was trained for: entailment, equivalence or score."""
        ...

    def column(self, word: str) -> int | None:
        """The output whose label begins with a word."""
        ...

    def logits(
        self,
        firsts: Sequence[str],
        seconds: Sequence[str] | None = None,
        *,
        each: int = 0,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> NDArray[np.float32]:
        """(pairs, labels) of each pair."""
        ...


def classifier_verdicts(judge: Classifier, question: str, pairs: Pairs) -> list[Verdict]:
    """What a classifier says of pairs of answers, by what it was trained for.

    Args:
        judge: loaded.
        question: put before each answer for a classifier of entailment.
        pairs: answers, the earlier one first.

    Returns:
        Entailment: the bidirectional rule. Equivalence: the chance of its second label, answers of
        at most five words by the words they share. One output: its logistic.

    Raises:
        ModelError: it can't be run, or its labels say nothing of sameness.

    References:
        Farquhar et al. 2024 (entailment); Zhang et al. 2025, NoveltyBench (equivalence).
    """
    if judge.task == "entailment":
        return _entailing(judge, question, pairs)
    firsts, seconds = [a for a, _ in pairs], [b for _, b in pairs]
    logits = judge.logits(firsts, seconds, each=EACH).astype(np.float64)
    if judge.task == "score":
        return [Verdict(float(same)) for same in 1 / (1 + np.exp(-logits[:, 0]))]
    short = [share_words(words(a), words(b)) for a, b in pairs]
    chances = _softmax(logits)[:, 1]
    return [
        Verdict(float(chance if rule is None else rule))
        for rule, chance in zip(short, chances, strict=True)
    ]


def _entailing(judge: Classifier, question: str, pairs: Pairs) -> list[Verdict]:
    firsts = [f"{question} {first}" for first, _ in pairs]
    seconds = [f"{question} {second}" for _, second in pairs]
    entailment = judge.column("entail")
    assert entailment is not None  # its task says so
    same = mutual_entailment(
        _softmax(judge.logits(firsts, seconds)),
        _softmax(judge.logits(seconds, firsts)),
        entailment=entailment,
    )
    return [Verdict(float(one)) for one in same]


def _softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    raised = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def model_verdicts(model: LanguageModel, question: str, pairs: Pairs) -> list[Verdict]:
    """What a language model says when asked whether two answers say the same, in both orders.

    Args:
        model: loaded.
        question: that the answers are to.
        pairs: answers.

    Returns:
        The mean over both orders of the chance of yes among yes and no; 0 where it never says
        either. The mass is the mean chance that its reply begins with yes or no at all.

    Raises:
        ChoraleError: as `LanguageModel.choice_probabilities`.
    """
    chats = [_asked(_SAME, question=question, first=a, second=b) for a, b in pairs]
    chats += [_asked(_SAME, question=question, first=b, second=a) for a, b in pairs]
    shares, masses = _chosen(model, chats, YES, NO)
    # (2, pairs): both orders; one that never says yes or no leaves it to the other
    known = ~np.isnan(shares.reshape(2, -1))
    sums = np.where(known, shares.reshape(2, -1), 0).sum(axis=0)
    same = sums / np.maximum(known.sum(axis=0), 1)
    mass = masses.reshape(2, -1).mean(axis=0)
    return [Verdict(float(s), float(m)) for s, m in zip(same, mass, strict=True)]


def self_ratings(model: LanguageModel, question: str, answers: Sequence[str]) -> list[float]:
    """P(true): how sure a model is that an answer is true, when asked in words of ours.

    Args:
        model: loaded.
        question: that the answers are to.
        answers: texts.

    Returns:
        The chance of true among true and false; NaN where less than `LEAST_MASS` of its replies
        would begin with either.

    Raises:
        ChoraleError: as `LanguageModel.choice_probabilities`.

    References:
        Kadavath et al. 2022 (P(True)).
    """
    chats = [_asked(_GOOD, question=question, answer=answer) for answer in answers]
    shares, masses = _chosen(model, chats, TRUE, FALSE)
    return np.where(masses >= LEAST_MASS, shares, np.nan).tolist()


def _chosen(
    model: LanguageModel,
    chats: Sequence[tuple[Message, ...]],
    one: tuple[str, ...],
    other: tuple[str, ...],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share of the one among both, and mass of both, per chat."""
    chances = model.choice_probabilities(chats, (*one, *other))
    first, second = chances[:, : len(one)].sum(axis=1), chances[:, len(one) :].sum(axis=1)
    return yes_share(first, second), first + second


def _asked(form: str, **parts: str) -> tuple[Message, ...]:
    """The form filled in one pass: what stands in an answer is never taken for a place."""
    pieces = form.split("{")
    text = pieces[0]
    for piece in pieces[1:]:
        name, _, rest = piece.partition("}")
        text += parts[name] + rest
    return (Message("user", text),)
