import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.text import as_markdown, duration, one_line, plural, printable


def test_printable_drops_controls_and_direction_overrides_but_keeps_lines():
    assert printable("a\x00b\x1b[31m\u202ec\n\td") == "ab[31mc\n\td"


def test_one_line_folds_white_space_and_cuts_with_an_ellipsis():
    assert one_line("one\n two   three") == "one two three"
    assert one_line("abcdef", limit=4) == "abc…"
    assert one_line("abcd", limit=4) == "abcd"


def test_as_markdown_escapes_what_markdown_reads():
    inside = as_markdown("**<b>[x](y)** :red[z] $a$")[1:-1]
    assert inside == r"\*\*\<b\>\[x\]\(y\)\*\* \:red\[z\] \$a\$"


@given(st.text())
def test_as_markdown_isolates_its_reading_direction(text):
    shown = as_markdown(text)
    assert shown[0] == "\u2068"
    assert shown[-1] == "\u2069"
    assert "\n" not in shown
    assert "\u202e" not in shown


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 answers"), (1, "1 answer"), (2048, "2,048 answers")]
)
def test_plural(count, words):
    assert plural(count, "answer") == words


def test_plural_takes_an_irregular_form():
    assert plural(2, "child", "children") == "2 children"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (125, "2 min 5 s"),
        (4200, "1 h 10 min"),
        (float("nan"), ""),
        (float("inf"), ""),
    ],
)
def test_duration(seconds, words):
    assert duration(seconds) == words
