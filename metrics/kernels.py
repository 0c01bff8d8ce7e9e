"""Diversity of meanings without a partition: from graded judgements, or from hidden states."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import expm

_NOTHING = 1e-12  # eigenvalues up to here are rounding errors of zero


def kernel_language_entropy(weights: ArrayLike, *, time: float = 0.3, scaled: bool = True) -> float:
    """Von Neumann entropy of the heat kernel on the graph of answers that say the same.

    Higher is more diverse: 0 when a kernel sees all answers as one, 1 (scaled) or ln n when it
    sees no likeness. A longer time lets likeness spread further.

    Args:
        weights: (n, n) symmetric likeness ≥ 0 of answers, n ≥ 2: P(entails) + P(neutral)/2 summed
            over both directions in the paper, or a probability of sameness; the diagonal does not
            matter.
        time: t > 0 of the heat kernel exp(−t L), L = D − W.
        scaled: divide by ln n.

    Returns:
        −tr(K ln K) of K with diagonal 1/n: [0, 1], or nats.

    Raises:
        ValueError: weights are not (n, n), n < 2, negative, not finite or not symmetric; time ≤ 0.

    References:
        Nikitin et al. 2024 (KLE, heat kernel).
    """
    graph = _checked(weights)
    if not time > 0:
        raise ValueError(f"Expected time to be positive but it was {time}.")
    heat = expm(-time * (np.diag(graph.sum(axis=1)) - graph))
    size = np.sqrt(np.diag(heat))
    shares = np.linalg.eigvalsh(heat / np.outer(size, size) / len(heat))
    shares = shares[shares > _NOTHING]
    entropy = abs(float(np.sum(shares * np.log(shares))))
    return entropy / float(np.log(len(heat))) if scaled else entropy


def laplacian_classes(weights: ArrayLike) -> float:
    """A continuous number of meanings: Σ max(0, 1 − λ) over the normalised graph Laplacian.

    Higher is more diverse: 1 when all answers say the same, n when no two have anything in common,
    k for k separate classes.

    Args:
        weights: (n, n) symmetric likeness in [0, 1], n ≥ 2; the diagonal is taken as one.

    Returns:
        Number in [1, n].

    Raises:
        ValueError: weights are not (n, n), n < 2, negative, not finite or not symmetric.

    References:
        Lin et al. 2024 (U_EigV).
    """
    graph = _checked(weights)
    np.fill_diagonal(graph, 1)
    root = np.sqrt(graph.sum(axis=1))
    # The eigenvalues of I − M are one minus those of M.
    return float(np.maximum(np.linalg.eigvalsh(graph / np.outer(root, root)), 0).sum())


def eigen_score(states: ArrayLike, *, ridge: float = 1e-3) -> float:
    """Mean log-eigenvalue of the answers' covariance in the space of hidden states.

    Higher is more diverse. It depends on n, on the width and scale of the states, and on the
    ridge, so compare it at one n, in one model, only. Each state is centred over its own features,
    as in the reference implementation, not over the answers.

    Args:
        states: (n, h) one hidden state per answer, of a middle layer at its last token, n ≥ 2.
        ridge: α > 0 added to each eigenvalue.

    Returns:
        (1/n) Σ ln λ of H J Hᵀ + α I, at least ln α.

    Raises:
        ValueError: states are not (n, h), n < 2, or not finite; ridge ≤ 0.

    References:
        Chen et al. 2024, INSIDE (EigenScore).
    """
    rows = np.asarray(states, dtype=np.float64)
    if rows.ndim != 2 or len(rows) < 2 or not np.isfinite(rows).all():
        raise ValueError(
            f"Expected states to be finite with shape (n, h), n ≥ 2, but had shape {rows.shape}."
        )
    if not ridge > 0:
        raise ValueError(f"Expected ridge to be positive but it was {ridge}.")
    centred = rows - rows.mean(axis=1, keepdims=True)
    eigenvalues = np.maximum(np.linalg.eigvalsh(centred @ centred.T), 0)
    return float(np.log(eigenvalues + ridge).mean())


def _checked(weights: ArrayLike) -> NDArray[np.float64]:
    graph = np.array(weights, dtype=np.float64)
    if graph.ndim != 2 or graph.shape[0] != graph.shape[1] or len(graph) < 2:
        raise ValueError(
            f"Expected weights to have shape (n, n), n ≥ 2, but they had shape {graph.shape}."
        )
    if not np.isfinite(graph).all() or (graph < 0).any():
        raise ValueError("Expected weights to be finite and at least 0 but some were not.")
    if not np.allclose(graph, graph.T, atol=1e-6):
        raise ValueError("Expected weights to be symmetric but they were not.")
    return graph
