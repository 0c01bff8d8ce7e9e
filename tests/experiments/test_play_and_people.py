"""A play held to people."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from data.importers import Responses, checked_responses
from data.reading_tables import RawTable
from experiments.play_and_people import against_people
from experiments.played import Played

ITEMS = ("one", "two", "three")


def played(*pairs) -> Played:
    rows = pd.DataFrame(pairs, columns=["group", "rater", "first", "second", "preferred"])
    return Played("pairs", "Which?", ITEMS, "Model", ("x", "y"), rows)


def people(group: str, a: str, b: str, *, ahead: int, of: int) -> Responses:
    rows = [
        {"rater_id": f"{group}{i}", "item_id": "Which?", "response_a": a, "response_b": b,
         "winner": "a" if i < ahead else "b", "kind": group}
        for i in range(of)
    ]  # fmt: skip
    return checked_responses(RawTable(pd.DataFrame(rows), 1, ()))


def test_a_value_by_hand():
    # People took "one" 8 of 10 times; two wordings gave it 0.5 and, told the other way round,
    # 1 − 0.3 = 0.7: 0.6 on average. 100 (1 − 0.2/0.3) = 33.3, entropy 0.7219.
    shown = played(("x", 0, 0, 1, 0.5), ("x", 1, 1, 0, 0.3))
    found = against_people(shown, people("x", "two", "one", ahead=2, of=10), by="kind")
    row = found.rows.iloc[0]
    assert (row["low"], row["high"], row["raters"]) == (0, 1, 10)
    assert row["played"] == pytest.approx(0.6)
    assert row["people"] == pytest.approx(0.8)
    assert row["entropy"] == pytest.approx(0.7219, abs=1e-4)
    assert found.score.by_question == pytest.approx([100 / 3])


def test_only_what_both_judged_and_ten_people_counts():
    shown = played(("x", 0, 0, 1, 0.5), ("y", 0, 0, 1, 0.5))
    assert against_people(shown, people("x", "one", "two", ahead=5, of=9), by="kind") is None
    assert against_people(shown, people("x", "one", "three", ahead=5, of=12), by="kind") is None
    assert against_people(shown, people("x", "one", "other", ahead=5, of=12), by="kind") is None
    assert (
        len(against_people(shown, people("y", "one", "two", ahead=5, of=12), by="kind").rows) == 1
    )


def test_what_does_not_fit_is_refused():
    shown, asked = played(("x", 0, 0, 1, 0.5)), people("x", "one", "two", ahead=5, of=12)
    with pytest.raises(ValueError, match="simulated"):
        against_people(shown, replace(asked, simulated="Model"), by="kind")
    with pytest.raises(ValueError, match="attribute"):
        against_people(shown, asked, by="age")
    with pytest.raises(ValueError, match="pairs"):
        against_people(replace(shown, mode="scores"), asked, by="kind")
