"""Divergences along answers, from two streams of distributions that may be cut up differently.

Sums over the vocabulary are taken in float64; what is held at once is bounded by `AT_ONCE`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np
import torch

from models.base import Answers, Distributions, Divergence

AT_ONCE = 2**23  # terms of a sum over the vocabulary; bounds the scratch memory
Piece = tuple[int, int, torch.Tensor]  # as in `models.base.Distributions`, as a tensor
Both = tuple[torch.Tensor, torch.Tensor]  # log-probabilities, and their exponentials


def compare(first: Distributions, second: Distributions, answers: Answers) -> list[Divergence]:
    """Set two streams of distributions along the same answers against each other.

    Each may be cut into pieces in a way of its own; no more than a piece of each is held.

    Args:
        first: as `LanguageModel.distributions` gives them.
        second: likewise, over the same vocabulary.
        answers: the answers along which both were taken.

    Raises:
        ValueError: they don't cover the same tokens, or differ in their vocabulary.
    """
    return compare_pieces(_tensors(first), _tensors(second), answers)


def _tensors(stream: Distributions) -> Iterator[Piece]:
    return ((answer, place, torch.from_numpy(piece)) for answer, place, piece in stream)


def compare_pieces(
    first: Iterable[Piece], second: Iterable[Piece], answers: Answers
) -> list[Divergence]:
    """As `compare`, of tensors."""
    found = [np.full((3, len(answer)), np.nan) for answer in answers]
    for answer, place, p, q in _aligned(iter(first), iter(second)):
        if p.shape != q.shape:
            raise ValueError(
                f"Expected one vocabulary but the sizes were {p.shape[1]} and {q.shape[1]}."
            )
        for start in range(0, len(p), rows := max(1, AT_ONCE // p.shape[1])):
            part = slice(start, start + rows)
            places = slice(place + start, place + min(start + rows, len(p)))
            found[answer][:, places] = _divergences(p[part], q[part].to(p.device)).cpu()
    if any(np.isnan(values).any() for values in found):
        raise ValueError("Expected distributions at every token of the answers but some lack.")
    return [Divergence(*values) for values in found]


def _aligned(
    first: Iterator[Piece], second: Iterator[Piece]
) -> Iterator[tuple[int, int, torch.Tensor, torch.Tensor]]:
    """The overlaps of two streams, whose pieces may end at different places."""
    a, b = next(first, None), next(second, None)
    while a is not None and b is not None:
        if a[:2] != b[:2]:
            raise ValueError(f"Expected the same tokens but they were {a[:2]} and {b[:2]}.")
        shared = min(len(a[2]), len(b[2]))
        yield a[0], a[1], a[2][:shared], b[2][:shared]
        a, b = _rest(a, shared) or next(first, None), _rest(b, shared) or next(second, None)
    if a is not None or b is not None:
        raise ValueError("Expected two streams over the same tokens but one ended early.")


def _rest(piece: Piece, used: int) -> Piece | None:
    answer, place, logprobs = piece
    return (answer, place + used, logprobs[used:]) if used < len(logprobs) else None


def _divergences(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    """KL(p ‖ q), KL(q ‖ p) and Jensen–Shannon; (3, positions) float64.

    Args:
        p: (positions, vocabulary) log-probabilities, float32.
        q: likewise.
    """
    first, second = (p, p.exp()), (q, q.exp())
    mass = (first[1] + second[1]) / 2
    middle = mass.clamp(min=torch.finfo(mass.dtype).tiny).log(), mass
    js = (_kl(first, middle) + _kl(second, middle)) / 2
    return torch.stack((_kl(first, second), _kl(second, first), js.clamp(max=math.log(2))))


def _kl(first: Both, second: Both) -> torch.Tensor:
    """Σ p ln(p/q) − p + q, (positions,) float64.

    The last two terms add up to 0. With them each summand is ≥ 0 by itself, and an error δ in
    ln q counts with (q − p) δ instead of p δ: little, where the distributions are close.
    """
    (p, mass_p), (q, mass_q) = first, second
    terms = torch.where(mass_p > 0, mass_p * (p - q) - mass_p + mass_q, mass_q)
    return terms.clamp(min=0).sum(-1, dtype=torch.float64)
