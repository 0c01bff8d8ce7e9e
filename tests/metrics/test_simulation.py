"""SimBench score."""

from __future__ import annotations

import numpy as np
import pytest

from metrics.simulation import simbench


def test_a_value_by_hand():
    # People 0.8/0.2, model 0.6/0.4: TV = 0.2; equal shares: TV = 0.3; 100 (1 − 0.2/0.3) = 33.3.
    # Entropy of 0.8/0.2 over ln 2: 0.7219.
    found = simbench([[0.6, 0.4]], [[0.8, 0.2]])
    assert found.by_question == pytest.approx([100 / 3])
    assert found.human_entropy == pytest.approx([0.72193], abs=1e-5)
    assert not found.score.is_defined  # one question has no interval


def test_the_scale_is_the_mean_over_the_questions_of_a_data_set():
    # Equal shares are 0.3 and 0.1 away, 0.2 on average; the model 0.2 and 0: 0 and 100.
    model, human = [[0.6, 0.4], [0.6, 0.4]], [[0.8, 0.2], [0.6, 0.4]]
    assert simbench(model, human).by_question == pytest.approx([0, 100])
    apart = simbench(model, human, datasets=["a", "b"])
    assert apart.by_question == pytest.approx([100 / 3, 100])


def test_extremes():
    rng = np.random.default_rng(0)
    human = rng.dirichlet([1, 1, 1], size=20)
    assert simbench(human, human).score.value == pytest.approx(100)
    even = simbench(np.full((20, 3), 1 / 3), human).score
    assert even.value == pytest.approx(0)
    assert even.n == 20
    opposite = simbench([[0.0, 1.0]] * 10, [[1.0, 0.0]] * 10).score
    assert opposite.value == pytest.approx(-100)


def test_the_order_of_options_and_questions_does_not_matter():
    rng = np.random.default_rng(1)
    model, human = rng.dirichlet([1, 2, 3], 12), rng.dirichlet([1, 1, 1], 12)
    score = simbench(model, human).score
    assert simbench(model[:, ::-1], human[:, ::-1]).score.value == pytest.approx(score.value)
    assert simbench(model[::-1], human[::-1]).score.low == pytest.approx(score.low)


def test_questions_may_have_fewer_options():
    # Equal shares over the two options that there are, not over three.
    found = simbench([[0.6, 0.4, np.nan]], [[0.8, 0.2, np.nan]])
    assert found.by_question == pytest.approx([100 / 3])


def test_people_who_are_evenly_split_leave_no_scale():
    found = simbench([[0.6, 0.4]] * 12, [[0.5, 0.5]] * 12)
    assert not found.score.is_defined
    assert "equally often" in found.score.reason


@pytest.mark.parametrize(
    ("model", "human", "datasets"),
    [
        ([[0.6, 0.5]], [[0.5, 0.5]], None),
        ([[0.5, 0.5]], [[0.5, 0.25, 0.25]], None),
        ([[0.5, 0.5, np.nan]], [[0.5, 0.25, 0.25]], None),
        ([[1.0]], [[1.0]], None),
        ([[0.5, 0.5]], [[0.5, 0.5]], ["a", "b"]),
    ],
)
def test_what_does_not_fit_is_refused(model, human, datasets):
    with pytest.raises(ValueError, match="Expected"):
        simbench(model, human, datasets=datasets)
