"""Groups that negotiate over a ballot."""

from __future__ import annotations

import numpy as np
import pytest

from data.errors import ChoraleError
from experiments.groups.ballots import Ballot
from experiments.groups.negotiating import (
    AGREED,
    FAIREST,
    TOTAL,
    agreement_of,
    course_frame,
    rounds_frame,
)


def ballot(means: list[list[float]], *, people: int = 12) -> Ballot:
    """Everyone of a group likes each answer as much as the group does."""
    table = np.array(means)
    groups, items = table.shape
    none = np.zeros((items, items))
    return Ballot(
        np.arange(items), tuple(f"answer {i}" for i in range(items)), np.repeat(table, people, 0),
        np.repeat(np.arange(groups), people), tuple(f"group {g}" for g in range(groups)), table,
        np.full(groups, 1 / groups), none, none[None], (),
    )  # fmt: skip


def test_a_change_by_hand():
    # As in the test of the metric: item 1 replaces item 0, group 0 falls from 1.0 to 0.4.
    asked = ballot([[1.0, 0.4], [0.0, 0.5]])
    found = agreement_of(asked, [1, 1], budget=1, concession=0.6)
    assert found.packages == {TOTAL: (0,), AGREED: (1,), FAIREST: (1,)}
    assert found.means == pytest.approx(np.array([[1, 0], [0.4, 0.5], [0.4, 0.5]]))
    end = found.outcomes[AGREED]
    assert end.total.value == pytest.approx(0.45)
    assert end.worst.value == pytest.approx(0.4)
    assert [gain.value for gain in end.gains] == pytest.approx([-0.6, 0.5])
    assert end.total.n == 24
    told = rounds_frame(found, asked)
    assert told["proposes"].tolist() == [
        "“answer 1” for “answer 0”", "“answer 0” for “answer 1”",
    ]  # fmt: skip
    assert told["mediator"].tolist() == ["takes it", "passes: fairer as it is"]
    course = course_frame(found, asked)
    assert course[course["group"] == "group 0"]["utility"].tolist() == [1.0, 0.4, 0.4]
    assert course["floor"].tolist()[:2] == pytest.approx([0.4, -0.6])


def test_a_veto_and_an_end_without_proposals_are_told():
    stubborn = ballot([[1.0, 0.4], [0.0, 0.5]])
    told = rounds_frame(agreement_of(stubborn, [1, 1], budget=1, concession=0), stubborn)
    assert told["vetoed by"].tolist() == ["group 0"]
    assert told["mediator"].tolist() == ["can’t take it"]
    content = ballot([[0.5, 0.1], [0.6, 0.1]])
    told = rounds_frame(agreement_of(content, [1, 1], budget=1, concession=0), content)
    assert told["proposes"].tolist() == ["nothing that fits and helps it"]


def test_people_who_judged_only_some_are_left_out_of_outcomes():
    asked = ballot([[1.0, 0.4], [0.0, 0.5]])
    asked.utilities[0, 1] = np.nan
    found = agreement_of(asked, [1, 1], budget=1, concession=0.6)
    assert {one.total.n for one in found.outcomes.values()} == {23}


def test_a_budget_that_pays_for_nothing_is_refused_and_zeros_have_no_inequality():
    with pytest.raises(ChoraleError, match="pays for no answer"):
        agreement_of(ballot([[1.0, 0.4], [0.0, 0.5]]), [1, 1], budget=0.5, concession=0)
    nothing = agreement_of(ballot([[0.0, 0.0], [0.0, 0.0]]), [1, 1], budget=1, concession=0)
    assert nothing.outcomes[TOTAL].total.value == 0
    assert nothing.outcomes[TOTAL].gini.reason == "Everybody has 0."
