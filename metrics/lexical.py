"""Variety of wording, whatever the meaning."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.stats import binom

from metrics.arrays import subsample_size
from metrics.unseen import chance_seen

WORD = re.compile(r"\w+(?:['’]\w+)*")
_ROWS_AT_ONCE = 512  # texts held against all others, so that no n × n matrix is in memory


def words(text: str) -> list[str]:
    """Lower-case words; punctuation is left out, an apostrophe inside a word is kept."""
    return WORD.findall(text.lower())


def distinct_n(texts: Sequence[str], *, n: int = 2, answers: int | None = None) -> float:
    """Share of word n-grams that are different ones: distinct-n.

    Higher is more diverse: 1 when no n-gram occurs twice; near 0 when all texts coincide. N-grams
    stay within their text. The share falls with the number of texts and with their length, so sets
    are compared at one number of texts, beside their mean length.

    Args:
        texts: the answers.
        n: words per n-gram, ≥ 1.
        answers: number of answers to compare at; the expected number of different n-grams in that
            many of the texts, over the expected number of n-grams. All texts if not given.

    Returns:
        Share in (0, 1]; NaN when no text has n words.

    Raises:
        ValueError: no texts, n < 1, or answers outside 1 … len(texts).

    References:
        Li et al. 2016 (distinct-n); Colwell et al. 2012 (expectation in a subsample of texts).
    """
    return ngram_table(texts, n=n).distinct_share(subsample_size(answers, len(texts)))


@dataclass(frozen=True)
class NgramTable:
    """Which text holds which n-grams.

    Attributes:
        totals: (texts,) n-grams per text, repeats included.
        text: (entries,) row of the text of each different n-gram in it.
        ngram: (entries,) number of that n-gram.
    """

    totals: NDArray[np.int64]
    text: NDArray[np.int64]
    ngram: NDArray[np.int64]

    def distinct_share(self, m: int) -> float:
        """Distinct-n expected in m of the texts; NaN when there is no n-gram."""
        if not self.totals.sum():
            return float("nan")
        holders = np.bincount(self.ngram)
        different = chance_seen(len(self.totals), m)[holders].sum()
        return float(different / (m * self.totals.mean()))

    def without_each(self, groups: NDArray[np.int64], m: int) -> NDArray[np.float64]:
        """Distinct-n with one group of texts left out at a time.

        Args:
            groups: (texts,) group of each text, numbered from 0.
            m: texts to compare at; no more than are left.

        Returns:
            (groups,) shares; NaN where nothing is left.
        """
        sizes = np.bincount(groups)
        left = len(self.totals) - sizes
        holders = np.bincount(self.ngram)
        pairs, inside = np.unique(groups[self.text] * len(holders) + self.ngram, return_counts=True)
        owner, held = np.divmod(pairs, len(holders))
        different = np.empty(len(sizes))
        for size in np.unique(left):
            at = min(m, size)
            chance = np.append(chance_seen(size, at), np.ones(len(self.totals) - size))
            lost = chance[holders[held]] - chance[holders[held] - inside]
            change = np.bincount(owner, weights=lost, minlength=len(sizes))
            chosen = left == size
            different[chosen] = (chance[holders].sum() - change[chosen]) / max(at, 1)
        rest = self.totals.sum() - np.bincount(groups, weights=self.totals)
        with np.errstate(divide="ignore", invalid="ignore"):
            return different / (rest / left)

    def pair_variance(self, m: int) -> float:
        """Sum over pairs of texts of (S − S₋ᵢ − S₋ⱼ + S₋ᵢⱼ)², S the `distinct_share` of m.

        What two texts bring only together. N-grams that one of them lacks are left out (they add
        nothing for all texts), and the mean number of n-grams per text is held fixed. 0 for fewer
        than three texts.

        References:
            Efron and Stein 1981: the part of the variance that a jackknife counts twice.
        """
        n, holders = len(self.totals), np.bincount(self.ngram)
        if n < 3:
            return 0.0
        all_in, one_out, two_out = (chance_seen(n - out, min(m, n - out)) for out in range(3))
        bent = np.zeros(n + 1)
        bent[2:] = all_in[2:] - 2 * one_out[1:] + two_out
        used = np.abs(bent[holders[self.ngram]]) > 1e-6  # not what nearly all texts hold
        where = self.text[used], self.ngram[used]
        shape = n, len(holders)
        held = csr_array((np.ones(used.sum()), where), shape=shape)
        weighed = csr_array((bent[holders[where[1]]], where), shape=shape)
        squares = 0.0
        for start in range(0, n, _ROWS_AT_ONCE):
            together = weighed[start : start + _ROWS_AT_ONCE] @ held.T
            squares += np.sum(together.data**2) - np.sum(together.diagonal(k=start) ** 2)
        return float(squares / 2 / (m * self.totals.mean()) ** 2)

    def chance_error(self, m: int) -> float:
        """Error of `distinct_share` if n-grams always found together came and went by chance.

        Each set of n-grams that the same two or more texts hold is taken to occur in a binomial
        number of texts, independently of the others.
        """
        n = len(self.totals)
        marks = np.random.default_rng(0).random(n)  # equal sums of marks: the same texts
        _, first, block_sizes = np.unique(
            np.bincount(self.ngram, weights=marks[self.text]).round(9),
            return_index=True,
            return_counts=True,
        )
        held, which = np.unique(np.bincount(self.ngram)[first], return_inverse=True)
        chances = binom.pmf(np.arange(n + 1), n, held[:, None] / n)
        seen = chance_seen(n, m)
        variance = np.maximum(chances @ seen**2 - (chances @ seen) ** 2, 0)
        variance[held < 2] = 0
        total = np.sum(block_sizes.astype(np.float64) ** 2 * variance[which])
        return float(np.sqrt(total) / (m * self.totals.mean()))


def ngram_table(texts: Sequence[str], *, n: int = 2) -> NgramTable:
    """Count the word n-grams of each text.

    Raises:
        ValueError: no texts, or n < 1.
    """
    if not len(texts):
        raise ValueError("Expected texts to hold at least one answer but it was empty.")
    if n < 1:
        raise ValueError(f"Expected n to be at least 1 but it was {n}.")
    numbers: dict[tuple[str, ...], int] = {}
    totals: list[int] = []
    rows: list[int] = []
    columns: list[int] = []
    for row, text in enumerate(texts):
        tokens = words(text)
        grams = list(zip(*(tokens[shift:] for shift in range(n)), strict=False))
        totals.append(len(grams))
        found = {numbers.setdefault(gram, len(numbers)) for gram in grams}
        rows.extend([row] * len(found))
        columns.extend(found)
    as_array = [np.asarray(part, dtype=np.int64) for part in (totals, rows, columns)]
    return NgramTable(*as_array)
