"""What earlier turns foretell, in both readings of a window, and what chance would."""

import numpy as np
import pytest

from metrics.foretelling import (
    by_window,
    earlier,
    foretold_by_others,
    lagged_synchrony,
    predictive_synchrony,
    recent_mean,
)
from metrics.style_space import Conversations, by_conversation
from metrics.synchrony import over_turns
from tests.metrics.playing import one, walk

NAN = float("nan")


def test_by_hand():
    users = one([1, 0], [0, 1], [1, 1], [0, 3])
    assert predictive_synchrony(users, window=1)[0] == pytest.approx(
        [NAN, 0, 1 / 2**0.5, 1 / 2**0.5], nan_ok=True
    )
    # mean of (1, 0) and (0, 1) points to (1, 1); that of (0, 1) and (1, 1) to (1, 2)
    assert predictive_synchrony(users, window=2)[0] == pytest.approx(
        [NAN, NAN, 1, 2 / 5**0.5], nan_ok=True
    )
    # (1, 0) and (1, 1) two turns later; (0, 1) and (0, 3)
    assert lagged_synchrony(users, window=2)[0] == pytest.approx(
        [NAN, NAN, 1 / 2**0.5, 1], nan_ok=True
    )
    means = by_window(users, [1, 2, 9])
    assert means[:, 0] == pytest.approx([2**0.5 / 3, (1 + 2 / 5**0.5) / 2, NAN], nan_ok=True)
    lagged = by_window(users, [1, 2], lagged=True)
    assert lagged[:, 0] == pytest.approx([2**0.5 / 3, (1 + 1 / 2**0.5) / 2])


@pytest.mark.parametrize("measure", [predictive_synchrony, lagged_synchrony])
def test_without_so_many_turns_before_there_is_no_value(measure):
    users = one([1, 0], [0, 1])
    assert np.isnan(measure(users, window=2)).all()
    assert np.isnan(measure(users, window=9)).all()
    with pytest.raises(ValueError, match="at least 1"):
        measure(users, window=0)


def test_both_readings_of_one_turn_are_the_same():
    users = walk(np.random.default_rng(1))
    same = [measure(users, window=1) for measure in (predictive_synchrony, lagged_synchrony)]
    assert np.allclose(*same, equal_nan=True)


def test_an_undefined_turn_spoils_the_windows_that_hold_it():
    users = by_conversation([[1, 0], [NAN, 0], [1, 0], [1, 0], [2, 0]], ["x"] * 5)
    assert predictive_synchrony(users, window=2)[0] == pytest.approx(
        [NAN, NAN, NAN, NAN, 1], nan_ok=True
    )
    assert lagged_synchrony(users, window=2)[0] == pytest.approx([NAN, NAN, 1, NAN, 1], nan_ok=True)


def test_the_scale_of_the_styles_doesnt_matter():
    users = walk(np.random.default_rng(2))
    larger = Conversations(3 * users.vectors, users.present, users.ids)
    assert np.allclose(by_window(users, [1, 3]), by_window(larger, [1, 3]), equal_nan=True)


def test_what_others_foretell_is_what_all_have_in_common():
    rng = np.random.default_rng(3)
    ids = [f"c{i // 6}" for i in range(240)]
    manner = np.repeat(rng.standard_normal((40, 8)), 6, axis=0)
    noise = rng.standard_normal((240, 8))
    own = by_conversation(manner + 0.3 * noise, ids)  # each user has a manner
    alike = by_conversation(3.0 + 0.3 * noise, ids)  # all have the same
    means = []
    for users in (own, alike):
        mine = over_turns(predictive_synchrony(users, window=3)).mean()
        others = over_turns(foretold_by_others(users, recent_mean(users, window=3), rng)).mean()
        means.append((mine, others))
    assert means[0][0] > 0.8
    assert abs(means[0][1]) < 0.1
    assert means[1][0] == pytest.approx(means[1][1], abs=0.01)


def test_two_conversations_can_only_be_exchanged():
    rng = np.random.default_rng(0)
    users = by_conversation([[1, 0], [1, 0], [0, 1], [0, 1]], ["x", "x", "y", "y"])
    found = foretold_by_others(users, earlier(users, window=1), rng, shuffles=1)
    assert found == pytest.approx(np.array([[NAN, 0], [NAN, 0]]), nan_ok=True)
    alone = one([1, 0], [1, 0])
    assert np.isnan(foretold_by_others(alone, earlier(alone, window=1), rng)).all()
