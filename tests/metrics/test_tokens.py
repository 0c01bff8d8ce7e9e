import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.tokens import tokens


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("We can’t. Don't—ever!", ("we", "can't", "don't", "ever")),
        ("a well-known 'friend'", ("a", "well", "known", "friend")),
        ("about 3.5 or 1,000 at 7pm", ("about", "3.5", "or", "1,000", "at", "7pm")),
        ("cafe\u0301", ("caf\u00e9",)),  # a combining accent is composed
        ("नमस्ते, आप", ("नमस्ते", "आप")),
        ("🙂 __ !!", ()),
    ],
)
def test_words(text, words):
    assert tokens(text).words == words


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", 0),
        ("!!! 🙂", 0),
        ("no stop", 1),
        ("One. Two! Three?", 3),
        ("Wait... what?! Yes.", 3),
        ('"Really?" she said. (Yes.) 🙂', 3),
        ("It is 3.5 now", 1),
        ("first line\nsecond line", 2),
        ("今天。明天！", 2),
        ("كيف؟ نعم", 2),
    ],
)
def test_sentences(text, sentences):
    assert tokens(text).sentences == sentences


@pytest.mark.parametrize(
    ("text", "latin", "spaced"),
    [
        ("Grüße aus Łódź", True, True),
        ("Привет, ok", False, True),
        ("hello everyone мир", True, True),
        ("我们去公园 ok", False, False),
        ("สวัสดี", False, False),
        ("42", False, True),
    ],
)
def test_scripts(text, latin, spaced):
    assert (tokens(text).latin, tokens(text).spaced) == (latin, spaced)


@given(st.text(max_size=60))
def test_a_text_has_sentences_when_it_has_words(text):
    cut = tokens(text)
    assert (cut.sentences > 0) == bool(cut.words)
    assert cut.sentences <= len(cut.words)
