import numpy as np
import pytest

from experiments.analysis import analyse, rows_by_condition
from metrics.partition import meaning_tree
from tests.factories import make_data

PIER, TREES, BREAD = "Rebuild the old pier.", "Plant some trees.", "Bake more bread."


def look(data, **options):
    return analyse(data, meaning_tree(data.vectors), **({"resamples": 50} | options))


@pytest.fixture
def data():
    return make_data({"a": [PIER] * 10, "b": [PIER] * 5 + [TREES] * 4 + [BREAD]})


def test_one_meaning_is_the_same_thing_in_every_condition(data):
    found = look(data)
    # 15 answers say pier over both conditions, 4 trees, 1 bread: largest first.
    assert [meaning.size for meaning in found.meanings] == [15, 4, 1]
    assert found.meanings[0].counts == {"a": 10, "b": 5}
    assert found.meanings[2].counts == {"a": 0, "b": 1}


def test_every_row_belongs_to_the_meaning_its_label_names(data):
    found = look(data)
    for meaning in found.meanings:
        assert list(meaning.rows) == list(np.flatnonzero(found.labels == meaning.rank))
        assert meaning.representative in meaning.rows


def test_meanings_carry_a_phrase_of_their_own(data):
    assert "pier" in look(data).meanings[0].gist


def test_conditions_are_compared_at_the_smallest_number_of_answers():
    data = make_data({"a": [PIER] * 12, "b": [PIER, TREES] * 10})
    found = look(data)
    assert found.common_n == 12
    assert found.panels["a"].estimates["distinct"].value == pytest.approx(1)
    assert found.panels["b"].estimates["distinct"].value == pytest.approx(2, abs=0.01)


def test_a_difference_is_first_minus_second(data):
    difference = look(data).differences["a", "b"]["spread"]
    assert difference.value < 0
    assert difference.is_clear


def test_a_condition_without_answers_has_no_panel():
    data = make_data({"a": [PIER] * 9, "b": []})
    assert list(look(data).panels) == ["a"]
    assert list(rows_by_condition(data)) == ["a"]


def test_below_the_floor_there_is_no_number():
    estimates = look(make_data({"a": [PIER, TREES] * 3})).panels["a"].estimates
    assert all(not estimate.is_defined for estimate in estimates.values())
    assert all(estimate.reason for estimate in estimates.values())


def test_the_threshold_changes_what_counts_as_one_meaning(data):
    assert len(look(data, threshold=-1).meanings) == 1


def test_the_same_data_give_the_same_numbers(data):
    first, second = (look(data).panels["b"].estimates for _ in range(2))
    assert first == second


def test_an_empty_run_has_nothing_to_say():
    found = look(_empty())
    assert found.meanings == ()
    assert found.panels == {}


def _empty():
    data = make_data({"a": [PIER]})
    return type(data)(data.run, (), (), data.vectors[:0], data.coordinates[:0])
