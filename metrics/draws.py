"""What one condition gave: its answers, and all that is known of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from metrics.arrays import unit_rows
from metrics.call_bootstrap import groups_of_calls
from metrics.vendi import eigenvalue_shares


@dataclass(frozen=True, kw_only=True)
class Draws:
    """The answers of one condition; every array has a row per answer.

    What is None is not known of any answer, NaN not of that one; measures that need it say so.

    Attributes:
        texts: (n,) the answers.
        vectors: (n, d) their embeddings; the length of a vector does not matter.
        labels: (n,) meaning of each, from one partition over all conditions.
        call_ids: (n,) answers that share one are dependent; all different if None.
        calls_made: calls in all, those without an answer included; those of `call_ids` if None.
        logprobs: (n,) mean log-probability per token, in nats.
        sequence_logprobs: (n,) log-probability of the whole answer.
        token_entropies: (n,) mean entropy of the next-token distribution, in nats.
        states: (n, h) hidden state of each answer.
        same: (n, n) probabilities that two answers say the same.
        quality: (n,) any score, higher for better.
        utilities: (n,) the same as levels of 1 to 10.
        mtlds: (n,) MTLD of each answer.
    """

    texts: Sequence[str]
    vectors: NDArray[np.floating]
    labels: NDArray[np.integer]
    call_ids: Sequence[str] | None = None
    calls_made: int | None = None
    logprobs: NDArray[np.floating] | None = None
    sequence_logprobs: NDArray[np.floating] | None = None
    token_entropies: NDArray[np.floating] | None = None
    states: NDArray[np.floating] | None = None
    same: NDArray[np.floating] | None = None
    quality: NDArray[np.floating] | None = None
    utilities: NDArray[np.floating] | None = None
    mtlds: NDArray[np.floating] | None = None

    def __post_init__(self) -> None:
        """Refuse what does not belong together.

        Raises:
            ValueError: an array has another number of rows than there are texts.
        """
        for name in _PER_ANSWER:
            given = getattr(self, name)
            if given is not None and len(given) != len(self.texts):
                raise ValueError(
                    f"Expected {name} to have {len(self.texts)} rows, one per text, but it had "
                    f"{len(given)}."
                )

    def __len__(self) -> int:
        """Number of answers."""
        return len(self.texts)

    @cached_property
    def calls(self) -> NDArray[np.int64]:
        """(n,) call of each answer, numbered from 0."""
        if self.call_ids is None:
            return np.arange(len(self))
        if not len(self):
            return np.empty(0, dtype=np.int64)
        return np.unique(np.asarray(self.call_ids, dtype=str), return_inverse=True)[1]

    @property
    def units(self) -> int:
        """Calls that gave an answer."""
        return len(np.unique(self.calls))

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """(meanings,) answers per meaning."""
        return np.unique(self.labels, return_counts=True)[1]

    @cached_property
    def spectrum(self) -> NDArray[np.float64]:
        """Eigenvalues of the cosine kernel over n."""
        return eigenvalue_shares(unit_rows(self.vectors))

    @cached_property
    def left_out(self) -> tuple[Draws, ...]:
        """The answers without each group of calls in turn, for a jackknife."""
        groups = groups_of_calls(self.calls, rng=np.random.default_rng(0))
        return tuple(self.take(np.flatnonzero(groups != one)) for one in np.unique(groups))

    def take(self, rows: NDArray[np.integer]) -> Draws:
        """Only these answers, in this order; the number of calls made is no longer known."""
        chosen: dict[str, object] = {"calls_made": None}
        for name in _PER_ANSWER:
            given = getattr(self, name)
            if given is not None:
                is_array = isinstance(given, np.ndarray)
                chosen[name] = given[rows] if is_array else [given[row] for row in rows]
        if self.same is not None:
            chosen["same"] = np.asarray(self.same)[np.ix_(rows, rows)]
        return replace(self, **chosen)  # type: ignore[arg-type]

    def at_random(self, m: int, *, rng: np.random.Generator) -> Draws:
        """M of the answers, whole calls at a time; of the last call as many as fit.

        The first m that came would not do: short answers are finished first.

        Args:
            m: answers to keep, at most n.
            rng: chooses the calls.

        Raises:
            ValueError: m is outside 1 … n.
        """
        if not 1 <= m <= len(self):
            raise ValueError(f"Expected m to be in 1 … {len(self)} but it was {m}.")
        place = rng.permutation(int(self.calls.max()) + 1)[self.calls]
        return self.take(np.sort(np.argsort(place, kind="stable")[:m]))

    def knowing(self, name: str) -> Draws:
        """Only the answers of which this is known; none where it is None."""
        given = getattr(self, name)
        if given is None:
            return self.take(np.arange(0))
        known = ~np.isnan(np.asarray(given, dtype=np.float64)).reshape(len(self), -1)
        return self if known.all() else self.take(np.flatnonzero(known.all(axis=1)))

    def passing(self, threshold: float) -> Draws:
        """Only the answers of at least this quality: the gate before every figure.

        Raises:
            ValueError: no quality is known.
        """
        if self.quality is None:
            raise ValueError("Expected quality to be known but it was not.")
        return self.take(np.flatnonzero(np.asarray(self.quality) >= threshold))


_PER_ANSWER = tuple(field.name for field in fields(Draws) if field.name != "calls_made")
