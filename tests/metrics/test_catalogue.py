import math

import pytest

from metrics.catalogue import CATALOGUE, DEFAULT_PANEL, FAMILIES, FLOOR
from metrics.catalogue_drift import DRIFT
from metrics.partition import JUDGED_F1, MEANING_THRESHOLD, TOWN_RAND_INDEX

EVERY = pytest.mark.parametrize("measure", CATALOGUE.values(), ids=CATALOGUE.keys())


def test_the_panel_is_the_default_one():
    assert DEFAULT_PANEL == (
        "distinct",
        "vendi",
        "spread",
        "entropy",
        "unseen",
        "lexical",
        "length",
    )
    assert FLOOR == min(CATALOGUE[key].floor for key in DEFAULT_PANEL)


@EVERY
def test_each_measure_says_what_it_is(measure):
    assert CATALOGUE[measure.key] is measure
    for words in (measure.label, measure.name, measure.formula, measure.tells, measure.interval):
        assert words
    for sentence in (measure.tells, measure.cannot_tell, measure.direction):
        assert sentence.endswith(".")
    assert measure.references or measure.key == "length"
    assert measure.minimum < (measure.maximum or math.inf)


def test_families_hold_each_measure_once():
    listed = [measure.key for family in FAMILIES.values() for measure in family]
    assert len(listed) == len(set(listed)) == len(CATALOGUE)
    labels = [measure.label for measure in CATALOGUE.values()]
    assert len(set(labels)) == len(labels)


def test_the_floor_is_the_panels_whatever_else_is_listed():
    assert min(measure.floor for measure in FAMILIES["Panel"]) == FLOOR == 8


def test_what_is_rebuilt_and_what_differs_is_said():
    assert {key for key, measure in CATALOGUE.items() if measure.reconstructed} == {
        "inter_similarity",
        "volume",
    }
    # defects of reference code that the method notes name
    assert "once" in CATALOGUE["compression"].differs
    assert "score_X" in CATALOGUE["vendi"].differs
    assert "(n − 1)/n" in CATALOGUE["spread"].differs
    assert "one too low" in CATALOGUE["distinct"].differs


def test_a_formula_for_the_common_number_or_a_warning_but_not_both():
    for measure in CATALOGUE.values():
        assert not (measure.at_common_n and measure.moves_with_n), measure.key


@EVERY
def test_labels_fill_in_the_common_number(measure):
    assert "{" not in measure.label.format(n=50)
    if "{n}" in measure.label:
        assert measure.at_common_n
        assert "50" in measure.label.format(n=50)


@EVERY
def test_values_are_shown_in_its_format(measure):
    assert measure.format(math.nan) == "–"
    assert measure.format(0.5) != measure.format(1.5)


def test_formats_and_ranges_in_words():
    assert CATALOGUE["unseen"].format(0.113) == "11%"
    assert CATALOGUE["distinct"].format(13.96) == "14.0"
    assert CATALOGUE["unseen"].range == "0 to 1"
    assert CATALOGUE["vendi"].range == "1 or more"
    assert CATALOGUE["logprob"].range == "0 or less"
    assert CATALOGUE["sequence_entropy"].range == "any number"
    assert CATALOGUE["unseen"].reference == "Good 1953; Chao and Jost 2012"


def test_what_is_but_rounding_shows_as_nothing():
    for value in (4e-9, -4e-9, 9.9e-7, 0.0):
        assert DRIFT["kl"].format(value) == "0"
    assert DRIFT["kl"].format(1.1e-6) == "1.1e-06"


def test_intervals_are_readable_below_zero_and_without_an_end():
    assert DRIFT["effect"].format(-math.inf) == "−∞"
    assert CATALOGUE["distinct"].span(1.0, math.inf) == "1.0–∞"
    assert CATALOGUE["spread"].span(-0.25, 0.5) == "−0.250 to 0.500"


@pytest.mark.parametrize("key", ["distinct", "entropy", "unseen"])
def test_measures_of_meanings_say_how_good_the_meanings_are(key):
    card = CATALOGUE[key].cannot_tell
    assert f"{MEANING_THRESHOLD:.2f}" in card
    assert f"{TOWN_RAND_INDEX:.2f}" in card
    assert f"F1 {JUDGED_F1:.2f}" in card
