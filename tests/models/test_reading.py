"""Stop texts, and thinking told from the answer: read from tokens, and drawn by a whole model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data.schema import Decoding, FinishReason, ModelRef, Sample
from models.chat_template import ChatTemplate
from models.local import load_local
from models.reading import Reader, Reading
from tests.models.reciting import ASK, save_reciter
from tests.models.templates import TEMPLATES
from tests.models.tokenizer_kinds import make_tokenizer

HARMONY = ("<|start|>", "<|channel|>", "<|message|>")
THINKS = ("<think>", "</think>")


def reader(template: str, *added: str, special: bool = False) -> tuple[Reader, Any]:
    tokenizer = make_tokenizer("bytes", TEMPLATES[template])
    tokenizer.add_tokens(list(added), special_tokens=special)
    return Reader(tokenizer, prompt_end=ChatTemplate(tokenizer).prompt_end), tokenizer


def reading(template: str, text: str, *added: str, special: bool = False) -> Reading:
    read, tokenizer = reader(template, *added, special=special)
    return read.read(tokenizer(text, add_special_tokens=False)["input_ids"])


@pytest.mark.parametrize("added", [(), THINKS], ids=["spelt", "tokens"])
@pytest.mark.parametrize("special", [False, True])
@pytest.mark.parametrize(
    ("template", "text", "thinking", "answer"),
    [
        # The prompt has opened the thought.
        ("opened", "mend it?\n</think>\n\nthe pier", "mend it?", "the pier"),
        ("opened", "mend it or", "mend it or", ""),
        ("opened", "", "", ""),
        # The answer opens it, or doesn't.
        ("switch", "<think>\nmend it?\n</think>\n\nthe pier", "mend it?", "the pier"),
        ("switch", "<think>\nmend it or", "mend it or", ""),
        ("switch", "<think>\n\n</think>\n\nthe pier", "", "the pier"),
        ("switch", "the pier", "", "the pier"),
        ("switch", "the pier <think> or so", "", "the pier <think> or so"),
        # Closed once more: that belongs to the answer.
        ("opened", "mend</think>a </think> b", "mend", "a </think> b"),
        # A template that knows no thinking: every text is the answer.
        ("turns", "the pier", "", "the pier"),
    ],
)
def test_thinking_is_told_from_the_answer(
    added: tuple[str, ...], special: bool, template: str, text: str, thinking: str, answer: str
) -> None:
    if special and added:  # special tokens never stand in an answer
        answer = " ".join(answer.replace("<think> ", "").replace("</think> ", "").split())
    found = reading(template, text, *added, special=special)
    assert " ".join(found.text.split()) == answer
    assert found.thinking == thinking


def test_a_model_without_thinking_may_write_of_it() -> None:
    text = "<think> is a tag, </think> another"
    assert reading("turns", text) == Reading(text)


@pytest.mark.parametrize(
    ("text", "thinking", "answer"),
    [
        (
            "<|channel|>analysis<|message|>mend it?<|end|><|start|>assistant"
            "<|channel|>final<|message|>the pier",
            "mend it?",
            "the pier",
        ),
        ("<|channel|>final<|message|>the pier", "", "the pier"),
        ("<|channel|>analysis<|message|>mend it", "mend it", ""),
        ("the pier<|end|>", "", "the pier"),
    ],
)
def test_channels_are_told_apart(text: str, thinking: str, answer: str) -> None:
    found = reading("channels", text, *HARMONY, special=True)
    assert found == Reading(answer, thinking)


@pytest.mark.parametrize(
    ("stop", "text"),
    [
        ((), "one boat, the sea, a pier"),
        (("sea",), "one boat, the "),
        (("pier", "boat"), "one "),
        (("whale",), "one boat, the sea, a pier"),
        ((", ",), "one boat"),
        (("ne b",), "o"),
    ],
)
def test_an_answer_is_cut_where_it_was_to_stop(stop: tuple[str, ...], text: str) -> None:
    read, tokenizer = reader("turns")
    tokens = tokenizer("one boat, the sea, a pier", add_special_tokens=False)["input_ids"]
    assert read.read(tokens, stop).text == text
    ends = [n for n in range(1, len(tokens) + 1) if read.has_stopped(tokens[:n], stop)]
    assert bool(ends) == (text != "one boat, the sea, a pier")
    if ends:  # found with the token that completes it, not later
        assert ends == list(range(ends[0], ends[0] + len(ends)))
        assert not any(each in tokenizer.decode(tokens[: ends[0] - 1]) for each in stop)


def test_a_stop_text_of_many_bytes_is_found_behind_special_tokens() -> None:
    read, tokenizer = reader("turns")
    tokens = tokenizer("ab \U0001f6f6\U0001f6f6", add_special_tokens=False)["input_ids"]
    stop = ("\U0001f6f6\U0001f6f6",)
    assert not read.has_stopped(tokens[:-1], stop)
    assert read.has_stopped(tokens, stop)
    assert read.has_stopped([*tokens[:-1], 3, 4, tokens[-1]], stop)  # role markers in between


def test_what_is_thought_does_not_stop_an_answer() -> None:
    read, tokenizer = reader("opened")
    tokens = tokenizer("the sea\n</think>\n\nthe boat", add_special_tokens=False)["input_ids"]
    assert not read.has_stopped(tokens, ("sea",))
    assert read.read(tokens, ("sea",)) == Reading("the boat", "the sea")
    assert read.has_stopped(tokens, ("boat",))


def answers(folder: Path, **decoding: Any) -> list[Sample]:
    model = load_local(ModelRef(str(folder), quantization="fp32"), device="cpu")
    asked = Decoding(**{"max_new_tokens": 60, **decoding})
    samples = list(model.generate(ASK, indices=range(20), decoding=asked, seed=1))
    assert len(samples) == 20
    return samples


SCRIPT = "mend it, or not?\n</think>\n\nthe pier, the sea, the boat<|end|>"


@pytest.mark.parametrize(
    ("stop", "text"),
    [
        ((), "the pier, the sea, the boat"),
        ((", the",), "the pier"),
        (("boat", "sea"), "the pier, the "),
        (("or not",), "the pier, the sea, the boat"),
    ],
)
def test_a_model_thinks_answers_and_stops(tmp_path: Path, stop: tuple[str, ...], text: str) -> None:
    folder = save_reciter(tmp_path, SCRIPT, template=TEMPLATES["opened"], added=THINKS)
    whole = answers(folder)[0]
    for sample in answers(folder, stop=stop):
        assert (sample.text, sample.thinking) == (text, "mend it, or not?")
        assert sample.finish is FinishReason.STOP
        assert sample.token_ids == whole.token_ids[: len(sample.token_ids)]
        assert (len(sample.token_ids) < len(whole.token_ids)) == (text != whole.text)
        assert len(sample.logprobs) == len(sample.entropies) == len(sample.token_ids)


def test_an_answer_cut_off_while_thinking_is_empty(tmp_path: Path) -> None:
    folder = save_reciter(tmp_path, SCRIPT, template=TEMPLATES["opened"], added=THINKS)
    for sample in answers(folder, max_new_tokens=3):
        assert sample.text == ""
        assert "mend it, or not?".startswith(sample.thinking)
        assert sample.thinking
        assert sample.finish is FinishReason.LENGTH
