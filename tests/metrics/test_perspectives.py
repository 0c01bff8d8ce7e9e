"""Perspectives named in answers, and their entropy."""

from __future__ import annotations

import numpy as np
import pytest

from metrics.perspectives import normalised_entropy, perspectives_in, spread, spread_changes

WORDS = {"Christian": ["Christian*", "the Bible"], "Confucian": ["Confuci*"], "Islamic": ["Islam*"]}


def test_a_text_refers_to_what_it_names_whole_and_once():
    text = "Christianity and christian love; the Bible. Confucius agrees."
    assert perspectives_in(text, WORDS) == {"Christian", "Confucian"}
    assert perspectives_in("We took the bibles to the panislamic fair.", WORDS) == frozenset()
    assert perspectives_in("", WORDS) == frozenset()


def test_entropy_by_hand_and_at_its_ends():
    # −(½ ln ½ + 2 · ¼ ln ¼) / ln 3 = 1.0397 / 1.0986
    assert normalised_entropy([2, 1, 1]) == pytest.approx(0.9464, abs=1e-4)
    assert normalised_entropy([5, 0, 0]) == 0
    assert normalised_entropy([4, 4, 4]) == pytest.approx(1)
    assert np.isnan(normalised_entropy([0, 0]))


def test_spread_takes_all_references_together():
    counts = [[4, 0, 0], [2, 2, 0], [0, 2, 2], [4, 0, 0], [2, 0, 2], [1, 1, 0]]
    found = spread(counts)
    assert found.entropy.value == pytest.approx(normalised_entropy([13, 5, 4]))
    assert found.entropy.low < found.entropy.value < found.entropy.high <= 1
    assert [one.value for one in found.shares] == pytest.approx([13 / 22, 5 / 22, 4 / 22])
    assert {one.n for one in (found.entropy, *found.shares)} == {6}
    assert spread(counts[::-1]).entropy.high == pytest.approx(found.entropy.high)


def test_the_interval_covers_the_truth():
    rng = np.random.default_rng(1)
    taste = np.array([0.5, 0.2, 0.15, 0.1, 0.05])
    true = float(normalised_entropy(taste))
    hits = [
        found.low <= true <= found.high
        for found in (
            spread(rng.poisson(rng.dirichlet(15 * taste, size=14) * 10)).entropy for _ in range(200)
        )
    ]
    assert 0.9 <= np.mean(hits) <= 0.99


def test_a_change_is_paired_by_question():
    before = spread([[6, 1, 0], [5, 0, 1], [7, 1, 1], [6, 2, 0], [5, 1, 0], [6, 0, 1]])
    after = spread([[3, 3, 2], [2, 2, 3], [3, 3, 3], [3, 4, 2], [2, 3, 2], [3, 2, 3]])
    entropy, *shares = spread_changes(before, after)
    assert entropy.value == pytest.approx(after.entropy.value - before.entropy.value)
    assert entropy.is_clear
    assert entropy.low > 0
    assert shares[0].value < 0
    assert shares[0].is_clear
    assert sum(one.value for one in shares) == pytest.approx(0)
    same = spread_changes(before, before)
    assert [one.value for one in same] == [0] * 4
    assert not any(one.is_clear for one in same)


def test_too_little_is_not_told():
    few = spread([[9, 3]] * 4)
    assert not few.entropy.is_defined
    assert not spread([[1, 0]] * 9).entropy.is_defined
    enough = spread([[1, 1]] * 5)
    assert enough.entropy.is_defined
    changed = spread_changes(spread([[0, 0]] * 5), enough)
    assert np.isnan(changed[0].value)
    assert "too few" in changed[0].reason


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: normalised_entropy([3]),
        lambda: normalised_entropy([-1, 2]),
        lambda: spread([1, 2, 3]),
        lambda: spread_changes(spread([[1, 2]] * 5), spread([[1, 2]] * 6)),
    ],
)
def test_what_does_not_fit_is_refused(wrong):
    with pytest.raises(ValueError, match="Expected"):
        wrong()
