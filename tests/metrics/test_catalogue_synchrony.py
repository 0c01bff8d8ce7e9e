import math

import numpy as np
import pytest

from metrics.catalogue import CATALOGUE
from metrics.catalogue_synchrony import SYNCHRONY_CATALOGUE
from metrics.foretelling import by_window
from metrics.instructions import churn_of_styles
from metrics.policies import simulate, standard_policies
from metrics.policy_frontier import hypervolume
from metrics.synchrony import measure_policies, over_turns
from tests.metrics.playing import PERSONA, walk

EVERY = pytest.mark.parametrize(
    "measure", SYNCHRONY_CATALOGUE.values(), ids=SYNCHRONY_CATALOGUE.keys()
)


@EVERY
def test_each_measure_says_what_it_is(measure):
    assert SYNCHRONY_CATALOGUE[measure.key] is measure
    assert measure.key not in CATALOGUE
    for words in (measure.label, measure.name, measure.formula, measure.interval):
        assert words
    for sentence in (measure.tells, measure.cannot_tell, measure.direction, measure.interval):
        assert sentence.endswith(".")
    assert "diverse" not in measure.direction
    assert "{" not in measure.label
    assert measure.minimum < (measure.maximum or math.inf)
    assert measure.floor >= 8
    assert measure.references or measure.unit == "median user steps"


@EVERY
def test_values_are_shown_in_its_format(measure):
    assert measure.format(math.nan) == "–"
    assert measure.format(0.5) != measure.format(1.5)


def test_everything_that_is_measured_has_a_card_and_lies_in_its_range():
    users = walk(np.random.default_rng(0), conversations=20)
    played = simulate(standard_policies(), users, PERSONA)
    found = measure_policies(played, informality=0)
    found["legibility"] = 1 - over_turns(churn_of_styles(played.states, users.present))
    found["predictive_synchrony"] = by_window(users, [1, 3])
    found["lagged_synchrony"] = by_window(users, [1, 3], lagged=True)
    points = np.nanmean(np.stack([found["stability"], found["synchrony"]], axis=-1), axis=1)
    found["hypervolume"] = np.array([hypervolume(points)])
    words = {"lsm", "rlsm", "coordination", "formality"}
    assert set(found) == set(SYNCHRONY_CATALOGUE) - words
    for key, values in found.items():
        card = SYNCHRONY_CATALOGUE[key]
        assert np.nanmin(values) >= card.minimum, key
        assert np.nanmax(values) <= (card.maximum or math.inf), key
