from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.errors import ModelError
from models.base import Embedder
from models.embedding import (
    BUNDLED_SHA256,
    HashEmbedder,
    bundled_folder,
    check_sha256,
    load_embedder,
)

TEXTS = ["A boat in the harbour.", "A ship in the port.", "Taxes rose by two percent.", "", " \n"]


@pytest.fixture(scope="module")
def minilm() -> Embedder:
    return load_embedder(device="cpu")


def assert_normalised(vectors: np.ndarray, n: int) -> None:
    assert vectors.dtype == np.float32
    assert vectors.shape[0] == n
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_minilm_places_texts_by_meaning(minilm: Embedder) -> None:
    vectors = minilm.embed(TEXTS)
    assert_normalised(vectors, len(TEXTS))
    assert vectors.shape[1] == 384
    boat, ship, taxes = vectors[:3]
    assert boat @ ship > 0.5
    assert boat @ taxes < 0.2


def test_minilm_agrees_with_itself_in_any_batch(minilm: Embedder) -> None:
    texts = [f"{TEXTS[i % 3]} {'word ' * (i % 7)}" for i in range(70)]
    together = minilm.embed(texts)
    np.testing.assert_allclose(together[[3, 66]], minilm.embed([texts[3], texts[66]]), atol=1e-5)


def test_minilm_takes_none_and_very_long_texts(minilm: Embedder) -> None:
    assert minilm.embed([]).shape == (0, 384)
    assert_normalised(minilm.embed(["word " * 10_000]), 1)


def test_minilm_is_pooled_as_its_model_card_says(minilm: Embedder) -> None:
    """The mean of the last layer over the tokens, computed with transformers alone."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(bundled_folder())
    model = AutoModel.from_pretrained(bundled_folder()).eval()
    with torch.inference_mode():
        hidden = model(**tokenizer(TEXTS[0], return_tensors="pt")).last_hidden_state[0]
    mean = hidden.mean(0) / hidden.mean(0).norm()
    np.testing.assert_allclose(minilm.embed(TEXTS[:1])[0], mean.numpy(), atol=1e-5)


def test_ids_name_the_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.embedding._load", lambda *_: None)
    assert load_embedder().id == "minilm"
    assert load_embedder("owner/name").id == "owner/name"
    assert load_embedder("owner/name", "abc").id == "owner/name@abc"


def test_bundled_weights_are_the_published_ones() -> None:
    check_sha256(bundled_folder() / "model.safetensors", BUNDLED_SHA256)


def test_other_weights_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(b"other weights")
    with pytest.raises(ModelError, match="not the published ones"):
        check_sha256(file, BUNDLED_SHA256)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.embedding.BUNDLED_PACKAGE", "no_such_package_of_ours")
    bundled_folder.cache_clear()
    with pytest.raises(ModelError, match="not installed"):
        bundled_folder()


def test_an_unknown_embedder_says_what_to_do() -> None:
    with pytest.raises(ModelError, match="minilm"):
        load_embedder("nobody/no-such-embedder")


def test_hash_embedder_is_the_same_everywhere() -> None:
    vectors = HashEmbedder().embed(["the sea"])
    assert_normalised(vectors, 1)
    # The first bits of SHAKE-256 of "the", "sea", "the sea" and "" are 0111, 0010, 0010, 0100;
    # as signs, the last weighing a hundredth, they add up to these. Other numbers would mix old
    # and new vectors under one id.
    first = vectors[0, :4] / vectors[0, 0] * -3.01
    np.testing.assert_allclose(first, [-3.01, -0.99, 2.99, -1.01], atol=1e-5)


def test_hash_embedder_puts_texts_with_common_words_together() -> None:
    a, b, c, empty = HashEmbedder().embed(["the old grey boat", "the old grey ship", "taxes", ""])
    assert a @ b > 0.4 > abs(a @ c)
    assert np.isfinite(empty).all()
    assert load_embedder("hash").id == "hash" != HashEmbedder(dimensions=8).id


def test_hash_embedder_reads_the_order_of_words() -> None:
    a, b = HashEmbedder().embed(["dog bites man", "man bites dog"])
    assert 0.2 < a @ b < 0.95
