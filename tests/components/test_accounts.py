"""What is said of places that stayed empty, and of answers that hold no word."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from components.views.accounts import lost_words, wordless
from data.schema import Condition, ModelRef
from experiments.budget import Account
from experiments.strategies.registry import METHODS, strategy
from tests.factories import make_data

FULL = Account(calls=8, answers=32, missing=0, unread=0, unread_calls=0, tokens=300)
SHORT = replace(FULL, answers=30, missing=2)


def asked(name, model="saltmere", **options):
    return Condition("a", "A", ModelRef(model), strategy=strategy(name, options))


def test_nothing_lost_is_nothing_said():
    assert lost_words(FULL, asked("plans")) == ""


def test_why_places_stayed_empty_goes_by_the_way_of_asking():
    assert "replies were short" in lost_words(SHORT, asked("verbalized"))
    assert "trees stayed small" in lost_words(SHORT, asked("lookahead"))


def test_where_the_bundled_model_was_never_taught_it_is_said():
    unread = replace(FULL, answers=0, unread=32, unread_calls=6)
    told = lost_words(unread, asked("plans"))
    assert told == (
        "6 calls gave nothing that could be read (32 places). Saltmere was not taught this way of "
        "asking."
    )
    assert "taught" not in lost_words(unread, asked("plans", "echo"))
    assert "taught" not in lost_words(SHORT, asked("verbalized"))


@pytest.mark.parametrize("name", ["roles", "paraphrases"])
def test_what_it_can_not_find_it_can_take(name):
    method = METHODS[name]
    assert not method.suits_bundled(strategy(name))
    assert method.suits_bundled(strategy(name, {"given": ["You are a fisher."]}))


def test_answers_without_a_word_are_counted():
    assert wordless(make_data({"a": ["", " \n", "Fish."], "b": [""]})) == 3
    assert wordless(make_data({"a": ["Fish."]})) == 0


@pytest.mark.parametrize(
    ("texts", "said"),
    [(["", ""], "2 of 2 answers without a word"), (["", "Fish."], "1 of 2 answers without a word")],
)
def test_they_are_said_to_be_there(texts, said):
    def page(texts):
        from components.views.accounts import account_notes
        from tests.factories import make_data

        account_notes(make_data({"a": texts}), {"a": "Calm"})

    tab = AppTest.from_function(page, args=(texts,)).run()
    assert not tab.exception
    assert tab.warning[0].value.startswith(said)


def test_nothing_is_said_where_all_speak():
    def page():
        from components.views.accounts import account_notes
        from tests.factories import make_data

        account_notes(make_data({"a": ["Fish.", "Boats."]}), {"a": "Calm"})

    tab = AppTest.from_function(page).run()
    assert not tab.exception
    assert not tab.warning
