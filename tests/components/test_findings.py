from dataclasses import replace

import pytest

from components.findings import coloured, diversity_finding, sweep_finding
from experiments.analysis import analyse
from metrics.partition import meaning_tree
from tests.factories import make_data

IDEAS = ["Rebuild the pier.", "Plant some trees.", "Bake more bread.", "Paint every door.", "Sing."]


def finding(texts, *, running=False, names=None):
    data = make_data(texts)
    analysis = analyse(data, meaning_tree(data.vectors), resamples=100)
    names = names or {key: f"Way {key.upper()}" for key in texts}
    return diversity_finding(analysis, names, theme="light", running=running)


def test_one_condition_is_the_model():
    words = finding({"a": IDEAS * 6})
    assert words.startswith("In 30 answers, the model says about **5 different things** (5–")
    assert "each" not in words


def test_a_clear_difference_is_called_clear():
    words = finding({"a": IDEAS[:1] * 40, "b": IDEAS * 8})
    assert "**one thing**" in words
    assert "says **5**" in words
    assert "clearly more" in words


def test_fewer_is_called_fewer():
    assert "clearly fewer" in finding({"a": IDEAS * 8, "b": IDEAS[:1] * 40})


def test_the_same_twice_is_within_chance():
    assert "within chance" in finding({"a": IDEAS * 4, "b": IDEAS * 4})


def test_below_the_floor_it_says_so():
    assert finding({"a": IDEAS[:1] * 5}) == (
        "Too few answers yet to say anything: 8 of each condition are needed."
    )


def test_while_running_it_says_so_far():
    assert finding({"a": IDEAS * 6}, running=True).startswith("So far: in 30 answers")


def test_new_answers_to_come_are_counted_in_words():
    singles = [f"{word} {word}ly." for word in ("pier", "tree", "door", "song")]
    words = finding({"a": [*IDEAS[:1] * 28, *singles]})  # f1/n = 4/32
    assert "About one in eight further answers would be new" in words


def test_when_nothing_new_is_to_be_expected_it_says_so():
    assert "Hardly any further answer would be new (0–" in finding({"a": IDEAS[:1] * 40})


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_condition_s_name_cannot_break_out_of_its_colour(theme):
    shown = coloured("] **x** :red[", "a", theme)
    assert r"\]" in shown
    assert shown.count('{foreground="#') == 1


def test_a_sweep_is_told_from_its_coldest_to_its_warmest():
    data = make_data({"a": IDEAS[:1] * 40, "b": IDEAS[:3] * 13, "c": IDEAS * 8})
    analysis = analyse(data, meaning_tree(data.vectors), resamples=100)
    words = sweep_finding(analysis, {"a": 0.2, "b": 0.8, "c": 1.6}, running=True)
    assert words.startswith("So far: from temperature 0.2 to 1.6, 39 answers go from about **one")
    assert words.endswith("clearly more.")
    few = sweep_finding(analysis, {"a": 0.2}, running=False)
    assert few.startswith("Too few answers")


def test_conditions_without_a_number_are_named():
    names = {"a": "Plain", "b": "Lists", "c": "Plans"}
    data = make_data({"a": IDEAS * 6, "b": IDEAS * 6})
    listed = tuple(
        replace(one, call_id=f"call {row // 3}") if row >= 30 else one
        for row, one in enumerate(data.samples)
    )
    data = replace(data, samples=listed)
    analysis = analyse(data, meaning_tree(data.vectors), resamples=100)
    words = diversity_finding(analysis, names, theme="light", running=False)
    assert "**⁨Lists⁩**" in words.split("too few independent answers to say")[0][-60:]
    assert "Plans" in words
    assert words.endswith("gave no answer that could be read.")
    running = diversity_finding(analysis, names, theme="light", running=True)
    assert "could be read" not in running  # they may still come


def test_without_any_answer_nobody_is_blamed():
    assert "could be read" not in finding({"a": IDEAS[:1] * 5})
