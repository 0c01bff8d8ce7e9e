import numpy as np
import pytest

from experiments.selecting import SELECTORS, choices
from metrics.vendi import vendi_from_embeddings
from tests.factories import make_data

WORDS = ["pier", "trees", "market", "school"]


@pytest.fixture
def data():
    return make_data({"a": [WORDS[i % 4] for i in range(16)] + ["pier"] * 24})


def labels_of(data):
    return np.array([WORDS.index(s.text) for s in data.samples])


def chosen(data, k=4, **options):
    pool = np.arange(len(data.keys))
    return choices(data, labels_of(data), pool, k, **({"query": data.vectors[0]} | options))


def test_every_way_chooses_k_different_answers(data):
    found = chosen(data)
    assert set(found) == set(SELECTORS)
    assert all(len(set(one.rows)) == 4 for one in found.values())


@pytest.mark.parametrize("way", ["kmeans", "elliptical", "farthest", "mmr"])
def test_what_is_told_apart_is_chosen_once_each(data, way):
    one = chosen(data)[way]
    assert one.meanings == 4
    assert one.vendi == pytest.approx(vendi_from_embeddings(data.vectors[list(one.rows)]))
    assert one.meanings > one.by_chance[0]


def test_chance_is_what_random_sets_hold(data):
    mean, low, high = chosen(data)["random"].by_chance
    assert 1 <= low <= mean <= high <= 4
    # 28 of 40 say "pier", 4 each of the others: Σ 1 − C(40 − c, 4)/C(40, 4)
    truth = (1 - (12 * 11 * 10 * 9) / (40 * 39 * 38 * 37)) + 3 * (
        1 - (36 * 35 * 34 * 33) / (40 * 39 * 38 * 37)
    )
    assert mean == pytest.approx(truth, abs=0.15)


def test_without_the_question_there_is_no_relevance(data):
    assert "mmr" not in chosen(data, query=None)


def test_only_the_pool_is_chosen_from(data):
    found = choices(data, labels_of(data), np.array([5, 6, 7]), 2, query=None)
    assert all(set(one.rows) <= {5, 6, 7} for one in found.values())


def test_the_same_run_chooses_the_same(data):
    assert chosen(data) == chosen(data)


def test_refuses_more_than_there_are(data):
    with pytest.raises(ValueError, match="k"):
        chosen(data, k=41)


def test_states_decide_what_is_least_explained(data):
    # In the states every row is alike but for four that the embeddings take for the same "pier".
    apart = [20, 25, 30, 35]
    states = np.tile([1.0, 0, 0, 0, 0], (len(data.keys), 1))
    states[apart] = np.eye(5)[1:]
    found = chosen(data, states=states)
    assert len(set(apart) & set(found["elliptical"].rows)) >= 3
    assert found["elliptical"].meanings <= 2 < chosen(data)["elliptical"].meanings
    assert chosen(data, states=states * 1000)["elliptical"] == found["elliptical"]
    assert found["kmeans"] == chosen(data)["kmeans"]
