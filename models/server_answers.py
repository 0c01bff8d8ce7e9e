"""From a server's JSON to answers: what it tells of each, and what it doesn't."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from data.schema import FinishReason

UNKNOWN_TOKEN = -1
_OPENS, _CLOSES = "<think>", "</think>"
# Its own end, under the names it goes by. Everything else ("length", "content_filter") cut it off.
_STOPPED = frozenset({"stop", "eos", "eos_token", "stop_sequence", "end_turn", "tool_calls"})


@dataclass(frozen=True, slots=True)
class Answer:
    """One choice of a reply.

    Attributes:
        text: what the model says, its thinking left out.
        thinking: what it wrote for itself before; "" where untold.
        token_ids: −1 for each token whose id isn't told; empty where not even their number is.
        logprobs: of each token; NaN where it isn't told.
        top: per token the likeliest tokens there and their log-probabilities; empty where untold.
        finish: why it ended.
    """

    text: str
    thinking: str
    token_ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    top: tuple[tuple[tuple[str, float], ...], ...]
    finish: FinishReason


@dataclass(frozen=True, slots=True)
class Reply:
    """A chat completion.

    Attributes:
        answers: in the order of their indices, at least one.
        prompt_tokens: template included; None where the server doesn't say.
    """

    answers: tuple[Answer, ...]
    prompt_tokens: int | None


def read_reply(payload: dict[str, Any], *, limit: int) -> Reply:
    """What a chat completion holds.

    Args:
        payload: as the server sent it.
        limit: new tokens that were allowed.

    Raises:
        ValueError: it is no chat completion.
    """
    choices = payload.get("choices")
    if not isinstance(choices, list) or not choices:
        raise ValueError("Expected a reply to hold choices but it had none.")
    if not all(isinstance(choice, dict) for choice in choices):
        raise ValueError("Expected every choice to be an object.")
    alone = _usage(payload, "completion_tokens") if len(choices) == 1 else None
    ordered = sorted(enumerate(choices), key=lambda pair: _whole(pair[1].get("index"), pair[0]))
    answers = tuple(_answer(choice, alone, limit) for _, choice in ordered)
    return Reply(answers, _usage(payload, "prompt_tokens"))


def _answer(choice: dict[str, Any], count: int | None, limit: int) -> Answer:
    message = choice.get("message")
    if not isinstance(message, dict):
        raise ValueError("Expected every choice to hold a message.")
    steps = _steps(choice)
    ids = choice.get("token_ids")
    ids = [_whole(i, UNKNOWN_TOKEN) for i in ids] if isinstance(ids, list) else []
    padding = [UNKNOWN_TOKEN] * (0 if ids or steps else count or 0)
    pairs = list(zip_longest(ids or padding, steps))
    thinking, text = split_thinking(_joined(message.get("content")))
    apart = (_joined(message.get(name)) for name in ("reasoning_content", "reasoning"))
    return Answer(
        text=text,
        thinking=thinking or next(filter(None, apart), ""),
        token_ids=tuple(UNKNOWN_TOKEN if token is None else token for token, _ in pairs),
        logprobs=tuple(_number(step and step.get("logprob")) for _, step in pairs),
        top=tuple(_top(step) for step in steps),
        finish=_finish(choice.get("finish_reason"), len(pairs), limit),
    )


def split_thinking(text: str) -> tuple[str, str]:
    """Thinking and answer, where the server leaves both in one text.

    The opening mark may be missing, as many templates write it into the prompt; the closing one
    when the answer was cut off while the model thought.
    """
    thinking, closed, answer = text.rpartition(_CLOSES)
    if not closed:
        begun = answer.lstrip().startswith(_OPENS)
        thinking, answer = (answer, "") if begun else ("", answer)
    return thinking.strip().removeprefix(_OPENS).strip(), answer.lstrip() if closed else answer


def without_stop(text: str, stops: Sequence[str]) -> str:
    """A text up to the first of these; some servers leave in what stopped them."""
    places = [place for stop in stops if stop and (place := text.find(stop)) >= 0]
    return text[: min(places)] if places else text


def _joined(content: object) -> str:
    """A text, or one that was sent in parts."""
    if isinstance(content, list):
        parts = (part.get("text") for part in content if isinstance(part, dict))
        content = "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def _steps(choice: dict[str, Any]) -> list[dict[str, Any]]:
    logprobs = choice.get("logprobs")
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    return [s for s in content if isinstance(s, dict)] if isinstance(content, list) else []


def _top(step: dict[str, Any]) -> tuple[tuple[str, float], ...]:
    listed = step.get("top_logprobs")
    entries: Sequence[Any] = listed if isinstance(listed, list) else []
    pairs = ((e.get("token"), _number(e.get("logprob"))) for e in entries if isinstance(e, dict))
    return tuple((t, p) for t, p in pairs if isinstance(t, str) and math.isfinite(p))


def _finish(reason: object, tokens: int, limit: int) -> FinishReason:
    if reason is None:
        return FinishReason.LENGTH if tokens >= limit else FinishReason.STOP
    return FinishReason.STOP if reason in _STOPPED else FinishReason.LENGTH


def _usage(payload: dict[str, Any], name: str) -> int | None:
    usage = payload.get("usage")
    found = usage.get(name) if isinstance(usage, dict) else None
    return found if isinstance(found, int) and found >= 0 else None


def _whole(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan
