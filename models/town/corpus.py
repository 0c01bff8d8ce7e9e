"""Dialogues of Saltmere as packed token rows, drawn afresh for every step.

Many answers to one prompt are packed behind a single copy of it: each token sees its prompt and
its own answer only, and positions restart, so a packed answer is trained exactly as if it stood
alone. Nearly all computation then goes to answers, which is where the town's tastes are learned.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from data.town import PLAIN, Topic, compose, idea_distribution, load_town, prompts
from models.town.tokenizer import END, ROLES

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

ANSWERS_PER_PROMPT = 10
OFF_TOPIC_SHARE, PERSONA_SHARE, STYLE_SHARE, NOBODY_SHARE = 0.35, 0.55, 0.25, 0.08
IGNORE = -100


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One prompt and independent answers to it."""

    system: str
    user: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Packed rows; every array has shape (rows, length) but for the mask.

    Attributes:
        labels: the next token where an answer is being written, else IGNORE.
        positions: as they would be if the answer stood alone behind its prompt.
        mask: (rows, 1, length, length) bool; true where a token (row) sees another (column).
    """

    tokens: NDArray[np.int64]
    labels: NDArray[np.int64]
    positions: NDArray[np.int64]
    mask: NDArray[np.bool_]


def draw_dialogue(rng: np.random.Generator) -> Dialogue:
    """One dialogue of the training mixture.

    An off-topic prompt carries one answer and an on-topic one many, so the share of prompts is
    not the share of answers.
    """
    if rng.random() < OFF_TOPIC_SHARE:
        return _off_topic(rng)
    town = load_town()
    topic = list(town.topics.values())[int(rng.integers(len(town.topics)))]
    group = list(town.groups)[int(rng.integers(6))] if rng.random() < PERSONA_SHARE else None
    style = list(town.styles)[int(rng.integers(6))] if rng.random() < STYLE_SHARE else PLAIN
    return Dialogue(
        system=_system(group, style, rng),
        user=prompts.question(topic, rng),
        answers=_answers(topic, group, style, rng),
    )


def draw_batch(
    tokenizer: PreTrainedTokenizerFast, rng: np.random.Generator, *, rows: int, length: int
) -> Batch:
    """Fill rows with dialogues until no more fit."""
    batch = _empty(rows, length)
    belongs = np.zeros((2, rows, length), dtype=np.int64)  # prompt's number, answer's number
    for row in range(rows):
        used = 0
        for number, segments in enumerate(_encoded(tokenizer, rng), start=1):
            end = _place(batch, belongs, row, used, number, segments)
            if end == used:
                break
            used = end
    prompt, answer = belongs
    same = prompt[:, :, None] == prompt[:, None, :]
    seen = (answer[:, None, :] == 0) | (answer[:, :, None] == answer[:, None, :])
    batch.mask[:, 0] = np.tril(same & seen)
    return batch


def _answers(
    topic: Topic, group: str | None, style: str, rng: np.random.Generator
) -> tuple[str, ...]:
    # Systematic sampling: each idea's expected count is exact, its variance far below that of
    # independent draws, so the gradient carries less noise about how popular an idea is.
    shares = np.cumsum(list(idea_distribution(topic, group).values()))
    points = (rng.random() + np.arange(ANSWERS_PER_PROMPT)) / ANSWERS_PER_PROMPT
    chosen = np.minimum(np.searchsorted(shares, points), len(shares) - 1)
    return tuple(compose(topic.ideas[i], rng, style=style) for i in rng.permutation(chosen))


def _system(group: str | None, style: str, rng: np.random.Generator) -> str:
    parts = [prompts.asked_style(style, rng)]
    if group is not None:
        parts.insert(0, prompts.persona(group, rng))
    elif rng.random() < NOBODY_SHARE:
        parts.insert(0, prompts.nobody(rng))
    if len(parts) == 2 and rng.random() < 0.3:
        parts.reverse()
    return " ".join(part for part in parts if part)


def _off_topic(rng: np.random.Generator) -> Dialogue:
    answers = prompts.off_topic_answers()
    group = list(load_town().groups)[int(rng.integers(6))] if rng.random() < 0.3 else None
    return Dialogue(
        system=_system(group, PLAIN, rng),
        user=prompts.off_topic_question(rng),
        answers=(answers[int(rng.integers(len(answers)))],),
    )


def _encoded(
    tokenizer: PreTrainedTokenizerFast, rng: np.random.Generator
) -> Iterator[list[list[int]]]:
    while True:
        dialogue = draw_dialogue(rng)
        system = f"{ROLES['system']}{dialogue.system}{END}" if dialogue.system else ""
        prompt = f"{system}{ROLES['user']}{dialogue.user}{END}"
        answers = [f"{ROLES['assistant']}{answer}{END}" for answer in dialogue.answers]
        yield tokenizer([prompt, *answers])["input_ids"]


def _place(
    batch: Batch,
    belongs: NDArray[np.int64],
    row: int,
    used: int,
    number: int,
    segments: list[list[int]],
) -> int:
    """Write a prompt and as many of its answers as fit; returns where the row now ends."""
    prompt, *answers = segments
    length = batch.tokens.shape[1]
    if used + len(prompt) + len(answers[0]) > length:
        return used
    end = used
    for index, ids in enumerate([prompt, *answers]):
        if end + len(ids) > length:
            break
        span = slice(end, end + len(ids))
        start = len(prompt) if index else 0
        batch.tokens[row, span] = ids
        batch.positions[row, span] = np.arange(start, start + len(ids))
        if index:
            batch.labels[row, end : end + len(ids) - 1] = ids[1:]
        belongs[:, row, span] = [[number], [index]]
        end += len(ids)
    return end


def _empty(rows: int, length: int) -> Batch:
    return Batch(
        tokens=np.zeros((rows, length), dtype=np.int64),
        labels=np.full((rows, length), IGNORE, dtype=np.int64),
        positions=np.zeros((rows, length), dtype=np.int64),
        mask=np.zeros((rows, 1, length, length), dtype=np.bool_),
    )
