import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.mtld import mtld, mtld_by_text
from metrics.token_entropy import mean_logprob, mean_token_entropy, word_entropy


def test_by_hand():
    # a b a falls to 2/3 ≤ .72 and ends; so do b a b, a b a, and b is left: 10 words of 3 stretches,
    # from behind the same
    assert mtld(list("ababababab")) == pytest.approx(10 / 3)
    # a repeated after ten: ratio 10/11; (1 − 10/11)/(1 − .72) of a stretch
    assert mtld(list("abcdefghija")) == pytest.approx(11 / ((1 / 11) / 0.28))


def test_extremes():
    # every second word ends a stretch
    assert mtld(["a"] * 10) == pytest.approx(2)
    assert math.isnan(mtld([str(i) for i in range(40)]))
    assert math.isnan(mtld(["a"] * 9))


def test_the_threshold_matters():
    tokens = list("abcabdabeabf")
    assert mtld(tokens, threshold=0.5) > mtld(tokens, threshold=0.72)
    with pytest.raises(ValueError, match="threshold"):
        mtld(tokens, threshold=1)


@given(st.lists(st.sampled_from("abcdef"), min_size=12, max_size=60))
def test_direction_and_names_do_not_matter(tokens):
    assert mtld(tokens[::-1]) == pytest.approx(mtld(tokens), nan_ok=True)
    assert mtld([token * 2 for token in tokens]) == pytest.approx(mtld(tokens), nan_ok=True)


def test_by_text():
    found = mtld_by_text(["a b a b a b a b a b", "short"])
    assert found[0] == pytest.approx(10 / 3)
    assert np.isnan(found[1])


def test_token_entropy_by_hand():
    found = mean_token_entropy([(1.0, 3.0), (0.5, math.nan), (), (math.nan,)])
    assert found[:2].tolist() == [2.0, 0.5]
    assert np.isnan(found[2:]).all()
    with pytest.raises(ValueError, match="sign"):
        mean_token_entropy([(-1.0,)])


def test_log_probability_by_hand():
    found = mean_logprob([(-1.0, -3.0), (0.0,), ()])
    assert found[:2].tolist() == [-2.0, 0.0]
    assert np.isnan(found[2])
    with pytest.raises(ValueError, match="sign"):
        mean_logprob([(0.5,)])


def test_word_entropy_by_hand():
    # a twice, b and c once: 1.5 ln 2
    assert word_entropy(["a b", "A c!"]) == pytest.approx(1.5 * math.log(2))
    assert word_entropy(["c A", "b, a"]) == pytest.approx(1.5 * math.log(2))
    assert word_entropy(["a a", "a"]) == 0
    assert word_entropy(["a b c d"]) == pytest.approx(math.log(4))
    assert math.isnan(word_entropy(["…"]))
    with pytest.raises(ValueError, match="at least one"):
        word_entropy([])
