import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from data.errors import ModelError
from models.embedding import SECOND_IDS, HashEmbedder, load_embedder, load_second_embedder
from models.embedding_tfidf import TfidfEmbedder

TEXTS = ["the ferry to the island", "a ferry to an island", "bread and cheese", "cheese, bread"]


def many(n=120, seed=0):
    rng = np.random.default_rng(seed)
    words = [f"word{number}" for number in range(300)]
    return [" ".join(rng.choice(words, 12)) for _ in range(n)]


def test_rows_are_unit_vectors_and_the_same_each_time():
    for texts in (TEXTS, many()):
        found = TfidfEmbedder().embed(texts)
        assert found.shape == (len(texts), 65)
        assert found.dtype == np.float32
        assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-6)
        assert np.array_equal(found, TfidfEmbedder().embed(texts))


def test_all_dimensions_give_the_cosines_of_tfidf():
    plain = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b")
    weighted = plain.fit_transform(TEXTS).toarray()
    found = TfidfEmbedder().embed(TEXTS).astype(float)
    assert found @ found.T == pytest.approx(weighted @ weighted.T, abs=2e-4)


def test_likeness_follows_shared_words_and_copies_coincide():
    found = TfidfEmbedder().embed([*TEXTS, TEXTS[0]])
    assert found[0] @ found[1] > found[0] @ found[2] + 0.1
    assert found[0] @ found[4] == pytest.approx(1, abs=1e-6)


def test_fewer_dimensions_bring_texts_closer():
    texts = many()
    few, more = (TfidfEmbedder(dimensions=d).embed(texts) for d in (4, 64))
    assert few.shape == (120, 5)
    assert np.mean(few @ few.T) > np.mean(more @ more.T)
    assert TfidfEmbedder(dimensions=4).id == "tfidf-4"


@pytest.mark.parametrize("texts", [[], [""], ["", "!?"], ["one"], ["", "one two"]])
def test_edges_have_a_place(texts):
    found = TfidfEmbedder().embed(texts)
    assert found.shape == (len(texts), 65)
    assert np.isfinite(found).all()


def test_it_is_offered_beside_runs_and_not_for_them():
    assert "tfidf" in SECOND_IDS
    assert isinstance(load_second_embedder(), TfidfEmbedder)
    assert isinstance(load_second_embedder("hash"), HashEmbedder)
    with pytest.raises(ModelError, match="as they arrive"):
        load_embedder("tfidf")
    with pytest.raises(ValueError, match="dimensions"):
        TfidfEmbedder(dimensions=0)
