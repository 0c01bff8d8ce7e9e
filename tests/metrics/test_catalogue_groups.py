import math

import pytest

from metrics import catalogue_groups
from metrics.catalogue import CATALOGUE
from metrics.catalogue_groups import GROUP_CATALOGUE
from metrics.catalogue_welfare import WELFARE
from metrics.preference import FLOOR

EVERY = pytest.mark.parametrize("measure", GROUP_CATALOGUE.values(), ids=GROUP_CATALOGUE.keys())


@EVERY
def test_each_measure_says_what_it_is(measure):
    assert GROUP_CATALOGUE[measure.key] is measure
    assert measure.references
    for sentence in (measure.tells, measure.cannot_tell, measure.direction, measure.interval):
        assert sentence.endswith(".")
    assert measure.minimum < (measure.maximum or math.inf)
    assert measure.floor >= FLOOR
    assert measure.format(math.nan) == "–"
    assert measure.format(0.4) != measure.format(1.6)


def test_no_measure_is_in_two_catalogues():
    assert not GROUP_CATALOGUE.keys() & CATALOGUE.keys()
    own = [one.key for one in catalogue_groups._ALL]
    assert len(set(own)) == len(own)
    assert not set(own) & WELFARE.keys()
    assert GROUP_CATALOGUE.keys() == set(own) | WELFARE.keys()


@EVERY
def test_differences_between_groups_are_never_called_causes(measure):
    if measure.key in {"choice_spread", "cohesion", "gap", "explained"}:
        assert "never shown to be caused" in measure.cannot_tell
