import gzip
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.repetition import (
    compression_ratio,
    ngram_diversity,
    repetition_by_text,
    self_repetition,
)

TEXTS = ["the old grey quay at night", "the old grey quay by day", "one two three four five"]


def test_ngram_diversity_by_hand():
    # words a b a: 2 of 3; pairs a-b, b-a: 2 of 2
    assert ngram_diversity(["a b a"], longest=2) == pytest.approx(2 / 3 + 1)
    assert ngram_diversity(["a b a"], longest=1) == pytest.approx(2 / 3)
    # pairs stay inside their text: b-a across the two is none
    assert ngram_diversity(["a b", "a b"], longest=2) == pytest.approx(2 / 4 + 1 / 2)


def test_ngram_diversity_extremes():
    assert ngram_diversity(["a b c d", "e f g h"]) == 4
    assert ngram_diversity(["a b c d"] * 100) == pytest.approx(4 / 100)
    assert math.isnan(ngram_diversity(["a b c"]))


def test_self_repetition_by_hand():
    # the first two share the-old-grey-quay: ln 2 each, the third shares nothing
    assert self_repetition(TEXTS) == pytest.approx(2 * np.log(2) / 3)
    assert repetition_by_text(TEXTS).tolist() == pytest.approx([np.log(2), np.log(2), 0])
    # pairs: the-old, old-grey, grey-quay: ln 4 each
    assert self_repetition(TEXTS, n=2) == pytest.approx(2 * np.log(4) / 3)


def test_self_repetition_extremes():
    assert self_repetition(["a b c d", "e f g h"]) == 0
    # each of two 4-grams stands in nine others
    assert self_repetition(["a b c d e"] * 10) == pytest.approx(np.log(1 + 2 * 9))
    assert math.isnan(self_repetition(["a b c", ""]))


def test_gzip_is_applied_once():
    texts = ["the same sentence, said again"] * 40
    raw = "\n".join(texts).encode()
    assert compression_ratio(texts) == len(raw) / len(gzip.compress(raw, 9, mtime=0))
    twice = gzip.compress(gzip.compress(raw, 9, mtime=0), 9, mtime=0)
    assert compression_ratio(texts) != len(raw) / len(twice)


def test_compression_extremes():
    rng = np.random.default_rng(0)
    noise = ["".join(chr(97 + i) for i in rng.integers(26, size=200)) for _ in range(20)]
    assert compression_ratio(noise) < 2
    assert compression_ratio(noise[:1] * 200) > 20
    assert math.isnan(compression_ratio(["", ""]))
    assert compression_ratio(["a"]) < 1


@given(st.permutations(TEXTS))
def test_order_of_texts_does_not_matter(texts):
    assert ngram_diversity(texts) == pytest.approx(ngram_diversity(TEXTS))
    assert self_repetition(texts) == pytest.approx(self_repetition(TEXTS))


def test_bad_input_is_refused():
    for measure in (ngram_diversity, compression_ratio, self_repetition):
        with pytest.raises(ValueError, match="at least one answer"):
            measure([])
    with pytest.raises(ValueError, match="at least 1"):
        ngram_diversity(["a"], longest=0)
    with pytest.raises(ValueError, match="at least 1"):
        self_repetition(["a"], n=0)
