"""The cards of simulated raters and audits."""

from __future__ import annotations

import math

import pytest

from metrics.catalogue import CATALOGUE
from metrics.catalogue_audits import AUDITS

EVERY = pytest.mark.parametrize("measure", AUDITS.values(), ids=AUDITS.keys())


@EVERY
def test_each_measure_says_what_it_is(measure):
    assert AUDITS[measure.key] is measure
    assert measure.references
    for sentence in (measure.tells, measure.cannot_tell, measure.direction, measure.interval):
        assert sentence.endswith(".")
    assert measure.minimum < (math.inf if measure.maximum is None else measure.maximum)
    assert measure.floor >= 5
    assert measure.format(math.nan) == "–"
    assert measure.format(0.4) != measure.format(1.6)


def test_no_measure_is_in_another_catalogue():
    assert not AUDITS.keys() & CATALOGUE.keys()


@pytest.mark.parametrize("key", ["gap", "association", "decision_bias", "widest", "regard"])
def test_an_audit_says_that_its_cases_are_made_up(key):
    assert "made-up cases" in AUDITS[key].cannot_tell
