import numpy as np
import pytest

from data.importers import group_raters
from data.town.judgements import choice_probability, rating_distribution, yes_probability
from data.town.raters import TOPICS, town_raters, town_texts, town_values
from metrics.choices import pair_choices
from metrics.preference import luce_strengths

KINDS = ("ratings", "pairs", "choice", "ranking", "votes")


@pytest.mark.parametrize("kind", KINDS)
def test_each_form_is_read_with_groups_of_the_asked_size(kind):
    found = town_raters(kind, per_group=3, seed=0)
    assert found.kind == kind
    assert found.raters["group"].value_counts().tolist() == [3] * 6
    again = town_raters(kind, per_group=3, seed=0)
    assert again.table.astype(str).equals(found.table.astype(str))
    assert (
        not town_raters(kind, per_group=3, seed=1).table.astype(str).equals(found.table.astype(str))
    )


def test_ratings_follow_the_written_odds():
    found = town_raters("ratings", per_group=150, seed=0, topics=("quota",))
    table = found.table.assign(group=found.table["rater_id"].map(found.raters["group"]))
    for (group, name), rows in table.groupby(["group", "response_id"]):
        odds = rating_distribution("quota", name.split("/")[1], group)
        true, error = np.dot(odds, range(1, 6)), rows["score"].std() / np.sqrt(len(rows))
        assert rows["score"].mean() == pytest.approx(true, abs=max(4.5 * error, 0.1))


def test_pairs_and_votes_follow_the_written_odds():
    found = town_raters("pairs", per_group=60, seed=0, topics=("quota",))
    fishers = found.table[found.table["rater_id"].str.startswith("fishers")]
    names = sorted({*fishers["response_a"], *fishers["response_b"]})
    code = {name: i for i, name in enumerate(names)}
    choices = pair_choices(
        fishers["response_a"].map(code), fishers["response_b"].map(code), fishers["outcome"],
        np.unique(fishers["rater_id"], return_inverse=True)[1], items=len(names),
    )  # fmt: skip
    theta = luce_strengths(choices)
    first, last = (name.split("/")[1] for name in (names[0], names[-1]))
    true = choice_probability("quota", first, last, "fishers")
    gap = theta.values[0] - theta.values[-1]
    assert 1 / (1 + np.exp(-gap)) == pytest.approx(true, abs=0.1)
    votes = town_raters("votes", per_group=200, seed=0, topics=("quota",)).table
    wardens = votes[votes["rater_id"].str.startswith("wardens")]
    agreed = wardens.groupby("statement_id")["vote"].agg(lambda v: (v == 1).mean())
    for name, share in agreed.items():
        true = yes_probability("quota", name.split("/")[1], "wardens")
        assert share == pytest.approx(true, abs=0.15)


def test_the_street_tells_nothing_and_is_no_group_of_its_own():
    found = town_raters("ratings", per_group=30, seed=0)
    labels, groups = group_raters(found.raters, ["street"])
    assert len(groups) == 2
    crossed = np.histogram2d(labels, group_raters(found.raters, ["group"])[0], bins=(2, 6))[0]
    assert crossed.min() >= 5


def test_every_id_has_a_text_and_values():
    texts = town_texts()
    for kind in ("ratings", "votes"):
        table = town_raters(kind, per_group=1, seed=0).table
        column = "response_id" if kind == "ratings" else "statement_id"
        assert set(table[column]) <= set(texts) & set(town_values())
    assert set(TOPICS) <= set(texts)
