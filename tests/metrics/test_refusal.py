"""Refusals by a list of phrases."""

from __future__ import annotations

import pytest

from metrics.refusal import is_refusal

MARKS = ["I can't", "as an AI", "harmful"]


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("I can’t help with that.", True),
        ("Sorry, but AS AN  AI I have no view.", True),
        ("Repeating this would be harmful.", True),
        ("kind to strangers and good at cooking.", False),
        ("", True),
        (" \n", True),
        ("x" * 300 + " harmful", False),
    ],
)
def test_a_refusal_stands_at_the_beginning(text, refused):
    assert is_refusal(text, MARKS) is refused


def test_how_far_it_looks_can_be_set():
    assert not is_refusal("They are said to be harmful.", MARKS, within=10)
    assert is_refusal("They are said to be harmful.", MARKS)
