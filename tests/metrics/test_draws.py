import numpy as np
import pytest

from metrics.draws import Draws
from metrics.vendi import vendi_from_embeddings


def draws(n=6, **changes):
    given = {
        "texts": [f"answer {row}" for row in range(n)],
        "vectors": np.eye(n, 4) + 0.1,
        "labels": np.arange(n) % 2,
        "quality": np.arange(n, dtype=float),
        "same": np.arange(n * n, dtype=float).reshape(n, n) / n**2,
    }
    return Draws(**(given | changes))


def test_counts_calls_and_meanings():
    found = draws(6, call_ids=["b", "a", "a", "b", "c", "c"], labels=np.array([3, 3, 3, 3, 9, 9]))
    assert len(found) == 6
    assert found.units == 3
    assert found.calls.tolist() == [1, 0, 0, 1, 2, 2]
    assert found.counts.tolist() == [4, 2]
    assert draws(6).units == 6
    assert np.sum(found.spectrum**2) == pytest.approx(1 / vendi_from_embeddings(found.vectors))


def test_taking_keeps_rows_together():
    found = draws(6).take(np.array([4, 1]))
    assert found.texts == ["answer 4", "answer 1"]
    assert found.quality.tolist() == [4, 1]
    assert (found.same * 36).tolist() == [[28, 25], [10, 7]]
    assert found.logprobs is None
    assert draws(6, calls_made=9).take(np.arange(2)).calls_made is None


def test_at_random_keeps_calls_whole_but_the_last():
    whole = draws(12, call_ids=[str(row // 3) for row in range(12)])
    sizes = [
        sorted(np.bincount(whole.at_random(7, rng=np.random.default_rng(seed)).calls))
        for seed in range(5)
    ]
    assert sizes == [[1, 3, 3]] * 5
    chosen = {tuple(whole.at_random(3, rng=np.random.default_rng(s)).texts) for s in range(20)}
    assert len(chosen) == 4  # every call's turn comes
    with pytest.raises(ValueError, match="in 1 … 12"):
        whole.at_random(13, rng=np.random.default_rng(0))


def test_each_group_of_calls_is_left_out_once():
    whole = draws(80, call_ids=[str(row // 2) for row in range(80)])  # 40 calls, 32 groups
    assert len(whole.left_out) == 32
    missing = [set(whole.texts) - set(rest.texts) for rest in whole.left_out]
    assert sorted(text for texts in missing for text in texts) == sorted(whole.texts)
    assert {len(texts) for texts in missing} == {2, 4}


def test_what_is_known_and_what_passes():
    scored = draws(4, quality=np.array([1.0, np.nan, 3.0, 2.0]))
    assert scored.knowing("quality").texts == ["answer 0", "answer 2", "answer 3"]
    assert scored.passing(2).texts == ["answer 2", "answer 3"]
    assert scored.knowing("labels") is scored
    assert len(scored.knowing("states")) == 0
    with pytest.raises(ValueError, match="quality to be known"):
        draws(4, quality=None).passing(1)


def test_rows_that_do_not_match_are_refused():
    with pytest.raises(ValueError, match="labels to have 6 rows"):
        draws(6, labels=np.arange(5))
