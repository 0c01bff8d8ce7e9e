import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.self_bleu import bleu_by_text, self_bleu

TEXTS = ["the old quay at night", "the old quay by day", "a b a b a", "night and day"]
some_texts = st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=8), min_size=2)


def by_definition(tokens, longest):
    scores = []
    for row, own in enumerate(tokens):
        others = tokens[:row] + tokens[row + 1 :]
        log = 0.0
        for n in range(1, longest + 1):
            counted = [
                Counter(tuple(t[i : i + n]) for i in range(len(t) - n + 1)) for t in [own, *others]
            ]
            clip = {g: min(c, max(o[g] for o in counted[1:])) for g, c in counted[0].items()}
            log += (
                math.log((sum(clip.values()) or 0.1) / max(sum(counted[0].values()), 1)) / longest
            )
        reference = min((len(o) for o in others), key=lambda size: (abs(size - len(own)), size))
        scores.append(math.exp(log + min(0, 1 - reference / len(own))))
    return scores


def test_by_hand():
    # words 2 of 3 shared, pairs 1 of 2: √(2/3 · 1/2), for both; same length, no penalty
    assert self_bleu(["a b c", "a b d"], longest=2) == pytest.approx(math.sqrt(1 / 3))
    assert self_bleu(["a b c", "a b d"], longest=1) == pytest.approx(2 / 3)
    # a b is all found in a b c; of the longer 2 of 3 words, the shorter one is no penalty to it,
    # but a b, shorter than its reference, loses e^(1 − 3/2)
    found = bleu_by_text(["a b c", "a b"], longest=1)
    assert found.tolist() == pytest.approx([2 / 3, math.exp(1 - 3 / 2)])


def test_extremes():
    assert self_bleu(["one two three four five"] * 3) == pytest.approx(1)
    assert self_bleu(["a b c d", "e f g h"]) < 0.06


@given(some_texts, st.integers(1, 4))
def test_agrees_with_the_definition(tokens, longest):
    found = bleu_by_text([" ".join(text) for text in tokens], longest=longest)
    assert found.tolist() == pytest.approx(by_definition(tokens, longest))


@given(st.permutations(TEXTS))
def test_order_of_texts_does_not_matter(texts):
    assert self_bleu(texts) == pytest.approx(self_bleu(TEXTS))


def test_texts_without_words_are_left_out():
    assert self_bleu([*TEXTS, "", "…"]) == pytest.approx(self_bleu(TEXTS))
    assert np.isnan(self_bleu(["a b", "…"]))


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="two or more texts"):
        self_bleu(["a"])
    with pytest.raises(ValueError, match="1 or more"):
        self_bleu(["a", "b"], longest=0)
