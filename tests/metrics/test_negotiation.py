"""Negotiation within a budget."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.negotiation import best_package, negotiate


def test_a_negotiation_by_hand():
    # One item fits. The best total is item 0 (1.0 + 0.0 = 1.0 against 0.9). Group 1 has nothing and
    # proposes item 1 for item 0, which gives it 0.5; group 0 would fall from 1.0 to 0.4.
    table = [[1.0, 0.4], [0.0, 0.5]]
    stubborn = negotiate(table, [1, 1], budget=1)
    assert stubborn.start == stubborn.chosen == (0,)
    assert stubborn.rounds[0].proposer == 1
    assert stubborn.rounds[0].proposals[0].vetoed_by == (0,)
    # Ready to lose 0.6, it lets it pass; ln 0.5 + ln 0.6 = −1.204 > ln 1.1 + ln 0.1 = −2.207, so
    # the mediator takes it. Then nothing better is left.
    agreed = negotiate(table, [1, 1], budget=1, concession=0.6)
    assert agreed.chosen == (1,)
    assert agreed.utilities == pytest.approx([0.4, 0.5])
    assert len(agreed.rounds) == 2
    assert agreed.rounds[-1].accepted is None


def test_the_start_is_the_best_affordable_total():
    rng = np.random.default_rng(0)
    table, costs = rng.random((3, 8)), rng.uniform(0.5, 2, 8)
    best = max(
        (np.array(take) for take in product((0, 1), repeat=8) if np.dot(take, costs) <= 4),
        key=lambda take: (table @ take).sum(),
    )
    assert negotiate(table, costs, budget=4).start == tuple(np.flatnonzero(best))


def test_the_best_packages_are_those_of_a_full_search():
    rng = np.random.default_rng(1)
    table, costs = rng.random((3, 8)), rng.uniform(0.5, 2, 8)
    fitting = [np.array(take) for take in product((0, 1), repeat=8) if np.dot(take, costs) <= 4]
    total = max(fitting, key=lambda take: (table @ take).sum())
    fairest = max(fitting, key=lambda take: (table @ take).min())
    assert best_package(table, costs, budget=4) == tuple(np.flatnonzero(total))
    assert best_package(table, costs, budget=4, worst=True) == tuple(np.flatnonzero(fairest))
    assert not np.array_equal(total, fairest)
    # Where the worst-off group gets the same, the larger total decides.
    assert best_package([[0, 0], [0.2, 0.9]], [1, 1], budget=1, worst=True) == (1,)
    with pytest.raises(ValueError, match="Expected"):
        best_package([[1.5]], [1], budget=1)


def test_all_is_taken_where_all_fits_and_nothing_where_nothing_does():
    table = np.full((2, 3), 0.5)
    assert negotiate(table, [1, 1, 1], budget=3).chosen == (0, 1, 2)
    nothing = negotiate(table, [1, 1, 1], budget=0.5)
    assert nothing.chosen == ()
    assert nothing.utilities == pytest.approx([0, 0])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0, 0.8))
def test_nobody_falls_below_the_floor_and_nothing_is_overspent(seed, concession):
    rng = np.random.default_rng(seed)
    table, costs = rng.random((3, 6)), rng.uniform(0.5, 2, 6)
    found = negotiate(table, costs, budget=3, concession=concession)
    assert (found.utilities >= found.floors - 1e-9).all()
    assert costs[list(found.chosen)].sum() <= 3 + 1e-9
    for one in found.rounds[:-1]:
        assert one.accepted in one.proposals
        assert not one.accepted.vetoed_by


def test_without_a_concession_nobody_is_worse_off_than_at_the_start():
    rng = np.random.default_rng(3)
    found = negotiate(rng.random((4, 10)), rng.uniform(0.5, 2, 10), budget=5)
    assert (found.utilities >= found.start_utilities - 1e-9).all()


def test_the_order_of_items_does_not_matter():
    rng = np.random.default_rng(5)
    table, costs = rng.random((3, 7)), rng.uniform(0.5, 2, 7)
    order = rng.permutation(7)
    one = negotiate(table, costs, budget=3, concession=0.4)
    other = negotiate(table[:, order], costs[order], budget=3, concession=0.4)
    assert sorted(order[list(other.chosen)]) == list(one.chosen)


def test_every_option_changes_the_answer():
    rng = np.random.default_rng(5)
    table, costs = rng.random((3, 12)), rng.uniform(0.5, 2, 12)
    base = negotiate(table, costs, budget=4, concession=1.0)
    assert len(base.rounds) == 2
    assert negotiate(table, costs, budget=5, concession=1.0).chosen != base.chosen
    assert len(negotiate(table, costs, budget=4, concession=1.0, rounds=1).rounds) == 1
    assert (
        len(negotiate(table, costs, budget=4, concession=1.0, proposals=1).rounds[0].proposals) == 1
    )
    assert negotiate(table, costs, budget=4).floors == pytest.approx(base.floors + 1.0)


@pytest.mark.parametrize(
    "change",
    [{"utilities": [[1.5]]}, {"costs": [0]}, {"costs": [1, 1]}, {"utilities": [0.5]},
     {"concession": -1}, {"proposals": 0}, {"rounds": 0}],
)  # fmt: skip
def test_what_does_not_fit_is_refused(change):
    given = {"utilities": [[0.5]], "costs": [1], "budget": 1, **change}
    with pytest.raises(ValueError, match="Expected"):
        negotiate(given.pop("utilities"), given.pop("costs"), **given)
