"""Lists as models write them, read back into their entries."""

from __future__ import annotations

import pytest

from experiments.strategies.lists import Item, number_word, order, read_list
from models.registry import BUNDLED_ID
from tests.experiments.scripted import ModelRef, ScriptedModel


@pytest.mark.parametrize(
    "text",
    [
        "1. a pier\n2. a pool",
        "1) a pier\n2) a pool\n",
        "(1) a pier\n(2) a pool",
        "- a pier\n- a pool",
        "* a pier\n• a pool",
        "Here are two ideas:\n\n1. a pier\n2. a pool",
        "1. a\npier\n\n2. a pool\n\nShall I go on?",
        "**1.** a pier\n**2.** a pool",
        "<response>a pier</response><response>a pool</response>",
        "<response><text>a pier</text></response>\n<response><text>a pool</text>",
    ],
)
def test_the_usual_forms_of_a_list_are_read(text):
    assert [item.text for item in read_list(text)] == ["a pier", "a pool"]


@pytest.mark.parametrize("text", ["", "I would build a pier.", "a pier\na pool", "1.", "- \n- "])
def test_what_is_no_list_gives_nothing(text):
    assert read_list(text) == []


@pytest.mark.parametrize(
    ("line", "item"),
    [
        ("1. a pier (12%)", Item("a pier", 0.12)),
        ("1. a pier (12 %).", Item("a pier.", 0.12)),
        ("1. a pier. (7%)", Item("a pier.", 0.07)),
        ("1. a pier – 0.12", Item("a pier", 0.12)),
        ("1. a pier (probability: 0.05)", Item("a pier", 0.05)),
        ("1. a pier, p = .5", Item("a pier", 0.5)),
        ("1. a pier [1]", Item("a pier", 1.0)),
        ("1. a pier (300%)", Item("a pier")),
        ("1. 20 boats", Item("20 boats")),
        ("1. a pier of 12", Item("a pier of 12")),
        (
            "<response><text>a pier</text><probability>0.08</probability></response>",
            Item("a pier", 0.08),
        ),
    ],
)
def test_probabilities_are_taken_off_the_end(line, item):
    assert read_list(line, chances=True) == [item]


def test_probabilities_stay_where_they_are_not_asked_for():
    assert read_list("1. save 12%") == [Item("save 12%")]


def test_only_the_bundled_model_is_not_told_the_form():
    told = order(ScriptedModel(lambda *_: ""), "Name two.")
    assert told.startswith("Name two. ")
    assert order(ScriptedModel(lambda *_: "", ModelRef(BUNDLED_ID)), "Name two.") == "Name two."


def test_numbers_in_words():
    assert [number_word(n) for n in (1, 2, 5, 10, 11)] == ["1", "two", "five", "ten", "11"]
