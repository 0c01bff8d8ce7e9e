"""A second embedder that is always there: TF-IDF of words and word pairs, and their SVD.

It hears words, not meanings, and so errs elsewhere than a neural embedder: what both find does not
hang on either. Its space is made from the very texts it is given, so all that are to be compared
must be given in one call: it can't place the answers of a run as they arrive, and
`models.embedding.load_embedder` does not offer it for that.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

TFIDF_ID = "tfidf"
DIMENSIONS = 64
_WORD = r"(?u)\b\w+\b"
_PLACE = 0.01  # of a direction that all share, so that a text without words has a place too


class TfidfEmbedder:
    """Latent semantic analysis of the texts of one call. The same texts give the same vectors.

    Args:
        dimensions: singular vectors kept, at most.

    References:
        Deerwester et al. 1990 (latent semantic analysis); Halko et al. 2011 (randomised SVD).
    """

    def __init__(self, *, dimensions: int = DIMENSIONS) -> None:
        if dimensions < 1:
            raise ValueError(f"Expected dimensions to be at least 1 but it was {dimensions}.")
        self._dimensions = dimensions

    @property
    def id(self) -> str:
        """The name, with the number of dimensions where it isn't the usual one."""
        return TFIDF_ID if self._dimensions == DIMENSIONS else f"{TFIDF_ID}-{self._dimensions}"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """L2-normalised rows, (len(texts), dimensions + 1); comparable within this call only."""
        vectors = np.zeros((len(texts), self._dimensions + 1))
        vectors[:, -1] = _PLACE
        found = self._reduced(texts)
        vectors[:, : found.shape[1]] = found
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors.astype(np.float32)

    def _reduced(self, texts: Sequence[str]) -> NDArray[np.float64]:
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer

        weigh = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=_WORD)
        try:
            weighted = weigh.fit_transform(texts)
        except ValueError:  # no text has a word
            return np.empty((len(texts), 0))
        kept = min(self._dimensions, *weighted.shape)
        if kept == min(weighted.shape):  # nothing is cut off: exact, and small
            left, sizes, _ = np.linalg.svd(weighted.toarray(), full_matrices=False)
            return np.asarray(left * sizes)
        svd = TruncatedSVD(kept, n_iter=7, random_state=0)
        return np.asarray(svd.fit_transform(weighted))
