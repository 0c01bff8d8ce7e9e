"""Replies of many servers are read alike, and what they leave out stays out."""

from __future__ import annotations

import math

import pytest

from data.schema import FinishReason
from models.server_answers import read_reply, split_thinking


def choice(content="hello", **changes):
    return {"index": 0, "message": {"content": content}, "finish_reason": "stop", **changes}


def steps(*logprobs):
    return {"content": [{"token": "x", "logprob": value} for value in logprobs]}


def only(choice_, **payload):
    (answer,) = read_reply({"choices": [choice_], **payload}, limit=4).answers
    return answer


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("stop", FinishReason.STOP),
        ("eos", FinishReason.STOP),
        ("tool_calls", FinishReason.STOP),
        ("length", FinishReason.LENGTH),
        ("content_filter", FinishReason.LENGTH),
        ("abort", FinishReason.LENGTH),
    ],
)
def test_finish_reasons(reason, finish):
    assert only(choice(finish_reason=reason)).finish is finish


@pytest.mark.parametrize(("tokens", "finish"), [(4, FinishReason.LENGTH), (3, FinishReason.STOP)])
def test_an_untold_finish_is_told_by_the_length(tokens, finish):
    answer = only(choice(finish_reason=None), usage={"completion_tokens": tokens})
    assert answer.finish is finish


def test_choices_are_put_in_order():
    texts = [choice("b", index=1), choice("a", index=0), choice("c", index=2)]
    assert [a.text for a in read_reply({"choices": texts}, limit=4).answers] == ["a", "b", "c"]


def test_the_count_of_several_answers_together_is_nobodys():
    payload = {"choices": [choice(), choice(index=1)], "usage": {"completion_tokens": 8}}
    assert [answer.token_ids for answer in read_reply(payload, limit=4).answers] == [(), ()]


def test_ids_and_log_probabilities_stay_together():
    answer = only(choice(token_ids=[7, 8, 2], logprobs=steps(-0.5, -1)))
    assert answer.token_ids == (7, 8, 2)
    assert answer.logprobs[:2] == (-0.5, -1.0)
    assert math.isnan(answer.logprobs[2])  # an end token's is often left out
    answer = only(choice(logprobs=steps(-0.5, None, "high")))
    assert answer.token_ids == (-1, -1, -1)
    assert [math.isnan(p) for p in answer.logprobs] == [False, True, True]


def test_prompt_tokens_may_be_missing():
    assert read_reply({"choices": [choice()]}, limit=4).prompt_tokens is None
    usage = {"usage": {"prompt_tokens": 12}}
    assert read_reply({"choices": [choice()], **usage}, limit=4).prompt_tokens == 12


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("plain", "plain"),
        (" kept as it is\n", " kept as it is\n"),
        (None, ""),
        (5, ""),
        ([{"type": "text", "text": "in "}, {"text": "parts"}, {"image": 1}], "in parts"),
    ],
)
def test_texts_are_taken_in_every_form(content, text):
    assert only(choice(content)).text == text


@pytest.mark.parametrize(
    ("written", "thinking", "answer"),
    [
        ("<think>\nHm.\n</think>\n\nYes.", "Hm.", "Yes."),
        ("Hm.</think>Yes.", "Hm.", "Yes."),  # the prompt had opened the block
        ("<think>\n\n</think>\n\nYes.", "", "Yes."),
        ("<think>\nStill at it", "Still at it", ""),
        ("a < b and <thinking>", "", "a < b and <thinking>"),
    ],
)
def test_thinking_is_split_from_the_answer(written, thinking, answer):
    assert split_thinking(written) == (thinking, answer)
    assert (only(choice(written)).thinking, only(choice(written)).text) == (thinking, answer)


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_thinking_may_come_apart(name):
    answer = only({"message": {"content": "Yes.", name: "Hm."}, "finish_reason": "stop"})
    assert (answer.thinking, answer.text) == ("Hm.", "Yes.")
    answer = only({"message": {"content": None, name: "Still at it"}, "finish_reason": "length"})
    assert (answer.thinking, answer.text) == ("Still at it", "")


@pytest.mark.parametrize(
    "payload", [{}, {"choices": []}, {"choices": "a"}, {"choices": ["a"]}, {"choices": [{}]}]
)
def test_what_is_no_chat_completion_is_refused(payload):
    with pytest.raises(ValueError, match="Expected"):
        read_reply(payload, limit=4)
