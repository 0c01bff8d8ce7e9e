import numpy as np
import pytest

from data.importers import read_responses
from experiments.people import answer_table, choices_of
from metrics.choices import win_matrix


def read(text):
    return read_responses(text.encode(), name="answers.csv")


PAIRS = read("rater_id,item_id,response_a,response_b,winner\n9,q,x,y,a\n7,q,y,z,tie\n9,p,z,x,b\n")
RATINGS = read(
    "rater_id,item_id,response_id,score\n9,q,x,80\n9,q,y,77\n9,q,z,10\n7,q,x,5\n7,p,y,9\n"
)
CHOICES = read("rater_id,item_id,option_a,option_b,option_c,preferred\n9,q,x,y,z,b\n7,q,x,y,,x\n")
RANKINGS = read("rater_id,item_id,ranking\n9,q,y>x=z\n7,q,x>y\n")
VOTES = read("rater_id,statement_id,vote\n9,s,1\n9,t,-1\n7,t,0\n")


def test_pairs():
    found = choices_of(PAIRS)
    assert found.items == ("x", "y", "z")
    # x beat y, y and z tied, x beat z
    assert win_matrix(found.choices).tolist() == [[0, 1, 1], [0, 0, 0.5], [0, 0.5, 0]]
    assert found.choices.raters.tolist() == [0, 1, 0, 1]


def test_ratings_compare_what_one_rater_saw_together():
    found = choices_of(RATINGS)
    assert win_matrix(found.choices).tolist() == [[0, 1, 1], [0, 0, 1], [0, 0, 0]]
    assert found.choices.raters.tolist() == [0, 0, 0]  # the other saw one at a time
    near = choices_of(RATINGS, tie_within=5)
    assert win_matrix(near.choices)[0, 1] == win_matrix(near.choices)[1, 0] == 0.5


def test_choices_and_rankings():
    assert choices_of(CHOICES).choices.sets.tolist() == [[1, 0, 2], [0, 1, -1]]
    found = choices_of(RANKINGS).choices
    assert found.sets[0].tolist() == [1, 0, 2]
    assert found.weights.sum() == pytest.approx(3)


def test_tables():
    votes = answer_table(VOTES)
    assert votes.questions == ("s", "t")
    assert np.array_equal(votes.values, [[1, -1], [np.nan, 0]], equal_nan=True)
    ratings = answer_table(RATINGS)
    assert ratings.questions == ("p: y", "q: x", "q: y", "q: z")
    assert ratings.values[0, 1:].tolist() == [80, 77, 10]
    assert answer_table(CHOICES).values.tolist() == [[1], [0]]
    pairs = answer_table(PAIRS)
    assert dict(zip(pairs.questions, pairs.values[0], strict=True))["q: x | y"] == 1


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="votes compare nothing"):
        choices_of(VOTES)
    with pytest.raises(ValueError, match="rankings are more"):
        answer_table(RANKINGS)
