"""Groups' rewards mixed while a model writes, held against the same model as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from data.errors import ChoraleError
from data.schema import Condition, Decoding, ModelRef, Sample
from data.town.judgements import yes_probability
from data.town.reading import Reading, read_back
from data.town.town import load_town
from experiments.groups.rewarding import GroupValues
from experiments.sampling import SamplingExperiment
from experiments.strategies.registry import strategy
from experiments.strategies.valued import NAME, written
from metrics.group_rewards import centred_counts
from metrics.quality import quality_gate
from metrics.uncertainty import LEVEL, Estimate, half_width

USUAL, MIXED = "a", "b"  # keys of the two conditions
LEAST_ANSWERS = 8
_SAME_TOPIC = 0.5  # of the usual answers; below it nobody knows what they are about
_FEW = f"fewer than {LEAST_ANSWERS} answers"


@dataclass(frozen=True, eq=False)
class Side:
    """Answers of one of the two.

    Attributes:
        texts: that hold a word.
        nats: surprise per token to the model as it is, mean over answers.
        different: share of texts that no other before it is equal to.
        read: share that reads back as an answer of the topic; None where no topic is known.
        taste: each group's mean true taste for those that do; None where it isn't known.
    """

    texts: tuple[str, ...]
    nats: Estimate
    different: float
    read: Estimate | None
    taste: tuple[Estimate, ...] | None


@dataclass(frozen=True, eq=False)
class Mixing:
    """What mixing brings.

    Attributes:
        usual: answers at β = 0.
        mixed: answers at β.
        gains: each group's expected reward of mixed less that of usual answers.
        strength: β.
    """

    usual: Side
    mixed: Side
    gains: tuple[Estimate, ...]
    strength: float


def mixing_experiment(
    values: GroupValues,
    weights: Sequence[float],
    *,
    question: str,
    model: ModelRef,
    strength: float,
    n: int,
    limit: int,
) -> SamplingExperiment:
    """The run that asks as usual and with groups' rewards mixed in.

    Args:
        values: what groups like.
        weights: (groups,) ≥ 0, not all 0.
        question: that is asked.
        model: a local one.
        strength: β > 0.
        n: answers each.
        limit: tokens of an answer.

    Raises:
        ChoraleError: there is no weight, or the run can't be.
    """
    if sum(weights) <= 0:
        raise ChoraleError("No group has any weight.", "Give one of them some.")
    words = written(values.function.mixed(weights))
    decoding = Decoding(max_new_tokens=limit)
    mixed = strategy(NAME, {"words": words, "strength": float(strength)})
    name = f"Mixed, β = {strength:g}{_weighted(values.names, weights)}"
    return SamplingExperiment(
        question,
        (
            Condition(USUAL, "As usual, β = 0", model, decoding, n=n),
            Condition(MIXED, name, model, decoding, n=n, strategy=mixed),
        ),
    )


def mixes(conditions: Sequence[Condition]) -> bool:
    """Whether a run is one of `mixing_experiment`."""
    found = {condition.key: condition.strategy.name for condition in conditions}
    return found.get(USUAL) == "plain" and found.get(MIXED) == NAME


def mixing_of(
    values: GroupValues, usual: Sequence[Sample], mixed: Sequence[Sample], *, strength: float
) -> Mixing:
    """Hold both against each other.

    Args:
        values: what groups like.
        usual: answers at β = 0.
        mixed: answers at β.
        strength: β.

    Raises:
        ChoraleError: there are fewer than eight answers with words on either side.
    """
    both = [[s for s in samples if s.text.strip()] for samples in (usual, mixed)]
    if min(map(len, both)) < LEAST_ANSWERS:
        raise ChoraleError(
            f"There are {len(both[0])} usual and {len(both[1])} mixed answers with words in them; "
            f"each side needs {LEAST_ANSWERS}.",
            "Ask for more answers, or for a smaller β.",
        )
    topic = _topic(both[0])
    sides = [_side(samples, topic, values.names) for samples in both]
    return Mixing(sides[0], sides[1], _gains(values, sides[0].texts, sides[1].texts), strength)


def _weighted(names: Sequence[str], weights: Sequence[float]) -> str:
    if len(set(weights)) == 1:
        return ""
    return f" ({', '.join(f'{n} {w:g}' for n, w in zip(names, weights, strict=True) if w)})"


def _topic(samples: Sequence[Sample]) -> str:
    """What most answers are about; "" where less than half of them say."""
    readings = [read_back(sample.text) for sample in samples]
    found = Counter(reading.topic for reading in readings if reading is not None).most_common(1)
    return found[0][0] if found and found[0][1] >= _SAME_TOPIC * len(samples) else ""


def _side(samples: Sequence[Sample], topic: str, names: Sequence[str]) -> Side:
    texts = tuple(sample.text.strip() for sample in samples)
    nats = _mean([-float(np.mean(sample.logprobs)) for sample in samples])
    different = len(set(texts)) / len(texts)
    if not topic:
        return Side(texts, nats, different, None, None)
    readings = [read_back(text, topic) for text in texts]
    read = quality_gate([float(r is not None) for r in readings], threshold=0.5).share
    known = [reading for reading in readings if reading is not None]
    return Side(texts, nats, different, read, _taste(known, names))


def _taste(readings: Sequence[Reading], names: Sequence[str]) -> tuple[Estimate, ...] | None:
    if not set(names) <= set(load_town().groups):
        return None
    return tuple(
        _mean([yes_probability(r.topic, r.idea, name) for r in readings]) for name in names
    )


def _mean(values: ArrayLike) -> Estimate:
    """With Student's t over answers."""
    found = np.asarray(values, dtype=np.float64)
    n = len(found)
    if n < LEAST_ANSWERS:
        return Estimate.undefined(n, _FEW)
    mean = float(found.mean())
    half = half_width(float(found.std(ddof=1) / np.sqrt(n)), units=n)
    return Estimate(mean, mean - half, mean + half, n)


def _gains(values: GroupValues, usual: Sequence[str], mixed: Sequence[str]) -> tuple[Estimate, ...]:
    """Percentiles while answers are drawn anew on both sides, and raters within their groups."""
    counts = centred_counts([*usual, *mixed], values.function.words)
    means, n = values.drawn, len(usual)
    rng = np.random.default_rng(0)
    moved = np.stack(
        [_redrawn(counts[n:], rng) - _redrawn(counts[:n], rng) for _ in range(len(means))]
    )  # (resamples, words)
    drawn = np.einsum("st,sgt->sg", moved @ values.function.hat, means)
    gain = values.function.weights @ (counts[n:].mean(axis=0) - counts[:n].mean(axis=0))
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(drawn, [tail, 100 - tail], axis=0)
    fewest = min(n, len(mixed))
    return tuple(
        Estimate(float(g), float(a), float(b), fewest)
        for g, a, b in zip(gain, low, high, strict=True)
    )


def _redrawn(counts: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """(words,) mean counts of as many answers drawn from these."""
    weights = np.bincount(rng.integers(0, len(counts), len(counts)), minlength=len(counts))
    found: NDArray[np.float64] = weights @ counts / len(counts)
    return found
