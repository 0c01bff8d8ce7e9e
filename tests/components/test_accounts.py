"""What is said of answers that hold no word."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from components.views.accounts import wordless
from tests.factories import make_data


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
