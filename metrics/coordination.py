"""Whether replies take up the function words of what they reply to: linguistic coordination."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics.accommodation import Pairs, Values, defined_mean, reply_pairs
from metrics.markers import MARKERS, marker_counts


@dataclass(frozen=True, slots=True)
class Coordination:
    """How much likelier a class of words is in a reply when it was in what is replied to.

    Attributes:
        speakers: (s,) who replies.
        scores: (s, classes) P(class in reply | class in turn) − P(class in reply), in [-1, 1];
            NaN where the class was in too few of the turns replied to.
        null: (shuffles,) aggregate 3 with replies exchanged among the turns of their group.
        p_value: share of the null that is at least as high as what was seen, one-sided.
        n: replies counted.
    """

    speakers: tuple[str, ...]
    scores: Values
    null: Values
    p_value: float
    n: int

    @property
    def aggregate_1(self) -> float:
        """Mean over the speakers with a score for every class; NaN without one."""
        return defined_mean(self.scores[np.isfinite(self.scores).all(axis=1)].mean(axis=1))

    @property
    def aggregate_2(self) -> float:
        """Mean over speakers, a missing score filled in with that class's mean over speakers.

        NaN when a class has no score at all.
        """
        of_class = np.array([defined_mean(column) for column in self.scores.T])
        filled = np.where(np.isfinite(self.scores), self.scores, of_class)
        return defined_mean(filled[np.isfinite(self.scores).any(axis=1)].mean(axis=1))

    @property
    def aggregate_3(self) -> float:
        """Mean over speakers of the mean over the classes that they have a score for."""
        return _aggregate_3(self.scores)


def coordination(
    texts: Sequence[str],
    speakers: Sequence[str],
    conversations: Sequence[str],
    rng: np.random.Generator,
    *,
    threshold: int = 3,
    shuffles: int = 500,
    markers: Sequence[str] = tuple(MARKERS),
) -> Coordination:
    """Linguistic coordination of every speaker, beside what chance gives.

    Chance is shuffled replies: within each conversation a speaker's replies are dealt anew among
    the turns that this speaker replied to, so that habits and topics stay and only the answering of
    one turn by the next is lost.

    Args:
        texts: (n,) turns; those without words or of other letters than Latin make no pairs.
        speakers: (n,) who speaks; a name means one person across conversations.
        conversations: (n,) conversation of each turn.
        rng: deals the replies.
        threshold: a class must be in this many of the turns that a speaker replied to.
        shuffles: how often replies are dealt.
        markers: the classes; ConvoKit has all but negations.

    Returns:
        Scores; NaN and without a p-value when nobody has one.

    Raises:
        ValueError: threshold or shuffles is less than 1, or there is no such class.

    References:
        Danescu-Niculescu-Mizil et al. 2012 (Echoes of Power); ConvoKit.
    """
    unknown = [name for name in markers if name not in MARKERS]
    if unknown or min(threshold, shuffles) < 1:
        raise ValueError(
            f"Expected known markers and numbers ≥ 1 but there were {unknown}, {threshold} and "
            f"{shuffles}."
        )
    counts = marker_counts(texts)[0][:, [list(MARKERS).index(name) for name in markers]]
    pairs = reply_pairs(conversations, speakers)
    pairs = pairs[np.isfinite(counts[pairs]).all(axis=(1, 2))]
    heard, said = (counts[pairs[:, side]] > 0 for side in (0, 1))
    names, who = _numbered([speakers[place] for place in pairs[:, 1]])
    _, group = _numbered([(speakers[b], conversations[b]) for b in pairs[:, 1].tolist()])
    scores = _scores(heard, said, who, threshold)
    null = np.array(
        [_aggregate_3(_scores(heard, said[_dealt(group, rng)], who, threshold))
         for _ in range(shuffles)]
    )  # fmt: skip
    seen = _aggregate_3(scores)
    p_value = (1 + np.sum(null >= seen - 1e-12)) / (1 + shuffles) if np.isfinite(seen) else np.nan
    return Coordination(tuple(map(str, names)), scores, null, float(p_value), len(pairs))


def _scores(
    heard: NDArray[np.bool_], said: NDArray[np.bool_], who: Pairs, threshold: int
) -> Values:
    """Scores (s, classes) from which classes were in turns and in replies (r, classes)."""
    size = int(who.max()) + 1 if len(who) else 0
    both, turns, replies = (_sums(flags, who, size) for flags in (heard & said, heard, said))
    everything = np.bincount(who, minlength=size)[:, None]
    given = np.divide(both, turns, out=np.full(both.shape, np.nan), where=turns >= threshold)
    return given - replies / np.maximum(everything, 1)


def _sums(flags: NDArray[np.bool_], who: Pairs, size: int) -> Values:
    columns = [np.bincount(who, weights=column, minlength=size) for column in flags.T]
    return np.stack(columns, axis=1) if columns else np.zeros((size, 0))


def _dealt(group: Pairs, rng: np.random.Generator) -> Pairs:
    """A random permutation that keeps every place in its group."""
    places = np.argsort(group, kind="stable")
    shuffled = np.lexsort((rng.random(len(group)), group))
    dealt = np.empty(len(group), dtype=np.int64)
    dealt[places] = shuffled
    return dealt


def _numbered(labels: Sequence[object]) -> tuple[list[object], Pairs]:
    """The different labels in order of appearance, and each label's number."""
    numbers: dict[object, int] = {}
    found = [numbers.setdefault(label, len(numbers)) for label in labels]
    return list(numbers), np.array(found, dtype=np.int64)


def _aggregate_3(scores: Values) -> float:
    defined = np.isfinite(scores)
    count = defined.sum(axis=1)
    means = np.where(defined, scores, 0.0).sum(axis=1)[count > 0] / count[count > 0]
    return defined_mean(means)
