"""Where texts lie on the map."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def place(
    vectors: NDArray[np.float32], previous: NDArray[np.float32] | None, *, seed: int
) -> NDArray[np.float32]:
    """PCA for now."""
    m = len(vectors)
    if m < 3:
        out = np.zeros((m, 2), dtype=np.float32)
        out[:, 0] = np.arange(m)
        return out
    centred = vectors - vectors.mean(axis=0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    return np.asarray(u[:, :2] * s[:2], dtype=np.float32)
