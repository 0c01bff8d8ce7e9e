"""A play held to people."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from data.importers import checked_responses
from data.reading_tables import RawTable
from experiments.groups.sources import Source, town_source
from experiments.play_and_people import against_people, same_answers, shared_attribute
from experiments.played import Played

ITEMS = ("one", "two", "three")


def played(*pairs, items=ITEMS) -> Played:
    rows = pd.DataFrame(pairs, columns=["group", "rater", "first", "second", "preferred"])
    return Played("pairs", "Which?", items, "Model", ("x", "y"), rows)


def source(rows: list[dict], texts: dict[str, str] | None = None) -> Source:
    found = checked_responses(RawTable(pd.DataFrame(rows), 1, ()))
    return Source("key", "People", found, texts or {})


def people(group: str, a: str, b: str, *, ahead: int, of: int) -> Source:
    return source(
        [
            {"rater_id": f"{group}{i}", "item_id": "Which?", "response_a": a, "response_b": b,
             "winner": "a" if i < ahead else "b", "kind": group}
            for i in range(of)
        ]
    )  # fmt: skip


def test_a_value_by_hand():
    # People took "one" 8 of 10 times; two wordings gave it 0.5 and, told the other way round,
    # 1 − 0.3 = 0.7: 0.6 on average. 100 (1 − 0.2/0.3) = 33.3, entropy 0.7219. Wilson's interval
    # of 8 of 10 is 0.490 to 0.943.
    shown = played(("x", 0, 0, 1, 0.5), ("x", 1, 1, 0, 0.3))
    found = against_people(shown, people("x", "two", "one", ahead=2, of=10), by="kind")
    row = found.rows.iloc[0]
    assert (row["low"], row["high"], row["raters"]) == (0, 1, 10)
    assert row["played"] == pytest.approx(0.6)
    assert row["people"] == pytest.approx(0.8)
    assert (row["people_low"], row["people_high"]) == pytest.approx((0.490, 0.943), abs=1e-3)
    assert row["entropy"] == pytest.approx(0.7219, abs=1e-4)
    assert found.score.by_question == pytest.approx([100 / 3])
    assert found.by_group["x"].by_question == pytest.approx([100 / 3])


def test_only_what_both_judged_and_ten_people_counts():
    shown = played(("x", 0, 0, 1, 0.5), ("y", 0, 0, 1, 0.5))
    assert against_people(shown, people("x", "one", "two", ahead=5, of=9), by="kind") is None
    assert against_people(shown, people("x", "one", "three", ahead=5, of=12), by="kind") is None
    assert against_people(shown, people("x", "one", "other", ahead=5, of=12), by="kind") is None
    assert (
        len(against_people(shown, people("y", "one", "two", ahead=5, of=12), by="kind").rows) == 1
    )


def test_ratings_rankings_and_choices_count_as_the_comparisons_they_hold():
    shown = played(("x", 0, 0, 1, 0.5))
    who = [{"rater_id": f"{i}", "item_id": "q", "kind": "x"} for i in range(10)]
    # 6 of 10 rate "one" higher, 2 the same, 2 lower: 6 + ½ · 2 of 10.
    given = [(5, 3)] * 6 + [(4, 4)] * 2 + [(1, 2)] * 2
    ratings = source(
        [{**one, "response_id": text, "score": score}
         for one, scores in zip(who, given, strict=True)
         for text, score in zip(("one", "two"), scores, strict=True)]
    )  # fmt: skip
    assert against_people(shown, ratings, by="kind").rows["people"].item() == pytest.approx(0.7)
    rankings = source(
        [{**one, "ranking": "three>one>two" if i < 3 else "two>one=three"}
         for i, one in enumerate(who)]
    )  # fmt: skip
    assert against_people(shown, rankings, by="kind").rows["people"].item() == pytest.approx(0.3)
    choices = source(
        [{**one, "option_a": "one", "option_b": "two", "preferred": "one" if i < 9 else "two"}
         for i, one in enumerate(who)]
    )  # fmt: skip
    assert against_people(shown, choices, by="kind").rows["people"].item() == pytest.approx(0.9)


def test_answers_are_the_same_by_id_by_text_or_by_what_the_town_says():
    asked = source(
        [{"rater_id": "1", "item_id": "q", "response_a": "r1", "response_b": "two", "winner": "a"}],
        {"r1": "  One. "},
    )
    assert same_answers(ITEMS, asked) == {"r1": 0, "two": 1}
    town = town_source("pairs", per_group=10)
    said = "I am sure we might fit the boats with electric motors with some hope."
    ((name, place),) = same_answers(("One.", said), town).items()
    assert town.texts[name] == "Fit the boats with electric motors"
    assert place == 1


def test_the_attribute_that_names_the_groups_is_found():
    shown = played(("x", 0, 0, 1, 0.5))
    asked = people("x", "one", "two", ahead=5, of=12).responses
    assert shared_attribute(shown, asked) == "kind"
    assert shared_attribute(replace(shown, groups=("z",)), asked) == ""


def test_what_does_not_fit_is_refused():
    shown, asked = played(("x", 0, 0, 1, 0.5)), people("x", "one", "two", ahead=5, of=12)
    simulated = replace(asked, responses=replace(asked.responses, simulated="Model"))
    with pytest.raises(ValueError, match="simulated"):
        against_people(shown, simulated, by="kind")
    with pytest.raises(ValueError, match="attribute"):
        against_people(shown, asked, by="age")
    with pytest.raises(ValueError, match="pairs"):
        against_people(replace(shown, mode="scores"), asked, by="kind")
