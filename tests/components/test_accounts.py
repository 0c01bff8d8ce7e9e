"""What is said of places that stayed empty."""

from __future__ import annotations

from dataclasses import replace

import pytest

from components.views.accounts import lost_words
from data.schema import Condition, ModelRef
from experiments.budget import Account
from experiments.strategies.registry import METHODS, strategy

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
