"""What the model without weights would say next: the whole distribution behind its script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.base import Divergence

SLIP = 1e-6  # mass spread evenly over all tokens, so that nothing is impossible


@dataclass(frozen=True, slots=True)
class Script:
    """Sentences as tokens, end token included, and how likely each is.

    After some tokens the next is that of a sentence which begins with them, in proportion to how
    likely it is; a millionth of the mass (`SLIP`) lies evenly on all tokens. Where no sentence
    begins with them, all tokens are equally likely.

    Attributes:
        sentences: none empty.
        weights: (sentences,) adding up to 1.
        vocabulary: number of tokens.
    """

    sentences: tuple[tuple[int, ...], ...]
    weights: NDArray[np.float64]
    vocabulary: int

    def following(self, before: Sequence[int]) -> NDArray[np.float64]:
        """Log-probabilities (vocabulary,) of the token after these."""
        masses = np.zeros(self.vocabulary)
        told = len(before)
        for sentence, weight in zip(self.sentences, self.weights, strict=True):
            if len(sentence) > told and sentence[:told] == tuple(before):
                masses[sentence[told]] += weight
        total = masses.sum()
        even = 1 / self.vocabulary
        return np.log((1 - SLIP) * masses / total + SLIP * even if total else masses + even)

    def along(self, answer: Sequence[int]) -> NDArray[np.float64]:
        """Log-probabilities (tokens, vocabulary) at each token of an answer."""
        rows = [self.following(answer[:place]) for place in range(len(answer))]
        return np.array(rows).reshape(len(answer), self.vocabulary)

    def logprobs(self, answer: Sequence[int]) -> NDArray[np.float64]:
        """Log-probability (tokens,) of each token of an answer."""
        return self.along(answer)[np.arange(len(answer)), list(answer)]

    def divergence(self, other: Script, answer: Sequence[int]) -> Divergence:
        """Of this script's distributions against another's along an answer."""
        p, q = self.along(answer), other.along(answer)
        middle = np.logaddexp(p, q) - np.log(2)
        js = (_kl(p, middle) + _kl(q, middle)) / 2
        return Divergence(_kl(p, q), _kl(q, p), js.clip(0, np.log(2)))


def _kl(p: NDArray[np.float64], q: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((np.exp(p) * (p - q)).sum(-1).clip(min=0))
