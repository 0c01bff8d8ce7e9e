"""Dialogues as packed token rows.

Many answers to one prompt are packed behind a single copy of it: each token sees its prompt and
its own answer only, and positions restart, so a packed answer is trained exactly as if it stood
alone. Nearly all computation then goes to answers, which is where the town's tastes are learned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from models.town.decisions import Spans
from models.town.dialogues import Dialogue, Judgement, draw_conversation, draw_dialogue
from models.town.tokenizer import END, ROLES

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

IGNORE = -100
WORDING_TEMPERATURE = 2.0
SHORTEST_CUT = 96  # tokens of a conversation worth keeping


@dataclass(frozen=True, slots=True)
class Segment:
    """Tokens of a prompt, or of one way to go on from it.

    Attributes:
        ids: the tokens.
        learned: the temperature at which the model should give each as often as the town does; 0
            for what is not to be learned.
        place: of the token after which `options` are to be expected with `shares`; -1 for none.
    """

    ids: list[int]
    learned: list[float]
    place: int = -1
    options: tuple[int, ...] = ()
    shares: tuple[float, ...] = ()

    def cut(self, length: int) -> Segment:
        """Its first tokens."""
        return Segment(self.ids[:length], self.learned[:length])


@dataclass(frozen=True, slots=True)
class Batch:
    """Packed rows; every array has shape (rows, length) but for the mask.

    Attributes:
        labels: the next token where an answer is being written, else IGNORE.
        temperatures: at which the model should give the label as often as the town does: 1 where
            something is decided that has known odds, higher where it is only worded, so that at
            temperature 1 there are fewer slips.
        positions: as they would be if the answer stood alone behind its prompt.
        mask: (rows, 1, length, length) bool; true where a token (row) sees another (column).
        odds: row, place, tokens and probabilities of what is to be expected next, not drawn.
    """

    tokens: NDArray[np.int64]
    labels: NDArray[np.int64]
    temperatures: NDArray[np.float32]
    positions: NDArray[np.int64]
    mask: NDArray[np.bool_]
    odds: list[tuple[int, int, tuple[int, ...], tuple[float, ...]]]


def draw_batch(
    tokenizer: PreTrainedTokenizerFast,
    rng: np.random.Generator,
    *,
    rows: int,
    length: int,
    conversations: bool = False,
) -> Batch:
    """Fill rows with dialogues until no more fit.

    Args:
        tokenizer: the bundled model's.
        rng: draws the dialogues.
        rows: of the batch.
        length: of a row, in tokens.
        conversations: of several turns, cut at the row's end; else of a single turn.
    """
    batch = _empty(rows, length)
    belongs = np.zeros((2, rows, length), dtype=np.int64)  # prompt's number, answer's number
    for row in range(rows):
        used, number = 0, 1
        while True:
            dialogue = draw_conversation(rng) if conversations else draw_dialogue(rng)
            segments = _encoded(tokenizer, dialogue)
            if conversations and length - used >= SHORTEST_CUT:
                segments[0] = segments[0].cut(length - used)
            end = _place(batch, belongs, row, used, number, segments)
            if end == used:
                break
            used, number = end, number + 1
    prompt, answer = belongs
    same = prompt[:, :, None] == prompt[:, None, :]
    seen = (answer[:, None, :] == 0) | (answer[:, :, None] == answer[:, None, :])
    batch.mask[:, 0] = np.tril(same & seen)
    return batch


def _encoded(tokenizer: PreTrainedTokenizerFast, dialogue: Dialogue) -> list[Segment]:
    """The prompt, then each way to go on."""
    texts = [f"{ROLES[m.role]}{m.content}{END}" for m in dialogue.messages]
    roles = [m.role for m in dialogue.messages]
    if dialogue.judgements:
        texts[-1] = texts[-1].removesuffix(END)  # each judgement ends the message in its own way
    texts += [f"{ROLES['assistant']}{answer}{END}" for answer in dialogue.answers]
    roles += ["assistant" for _ in dialogue.answers]
    judged = [f"{j.ask}{END}{ROLES['assistant']}{j.given}{END}" for j in dialogue.judgements]
    encoded = tokenizer([*texts, *judged], return_offsets_mapping=True)
    ids: list[list[int]] = encoded["input_ids"]
    offsets = encoded["offset_mapping"]
    learned = [
        _temperatures(role, text, dialogue.decided, places)
        for role, text, places in zip(roles, texts, offsets, strict=False)
    ]
    count = len(dialogue.messages)
    if dialogue.quoted:
        learned[count - 1] = _quoted(texts[count - 1], dialogue, offsets[count - 1])
    return [
        Segment(list(chain(*ids[:count])), list(chain(*learned[:count]))),
        *(Segment(*each) for each in zip(ids[count : len(texts)], learned[count:], strict=True)),
        *(
            _judged(tokenizer, judgement, each)
            for judgement, each in zip(dialogue.judgements, ids[len(texts) :], strict=True)
        ),
    ]


def _temperatures(
    role: str, text: str, decided: Mapping[str, Spans], offsets: Sequence[tuple[int, int]]
) -> list[float]:
    """The role's own token is given, what follows is the model's to write."""
    if role != "assistant":
        return [0.0] * len(offsets)
    start = len(ROLES[role])
    odds = np.zeros(len(text), dtype=np.bool_)
    for first, end in decided.get(text[start : -len(END)], ()):
        odds[start + first : start + end] = True
    return [0.0] + [
        1.0 if odds[first:end].any() else WORDING_TEMPERATURE for first, end in offsets[1:]
    ]


def _quoted(text: str, dialogue: Dialogue, offsets: list[tuple[int, int]]) -> list[float]:
    """Which tokens of the last message lie within a quoted reply."""
    inside = np.zeros(len(text) + 1, dtype=np.bool_)
    for quote in dialogue.quoted:
        start = text.index(f": {quote}") + 1  # a token begins with the space before its word
        inside[start : start + 1 + len(quote)] = True
    return [
        WORDING_TEMPERATURE if inside[start] and inside[end - 1] else 0.0 for start, end in offsets
    ]


def _judged(tokenizer: PreTrainedTokenizerFast, judgement: Judgement, ids: list[int]) -> Segment:
    """Only the end is learned from what was given; the judgement itself from its odds."""
    return Segment(
        ids,
        learned=[0.0] * (len(ids) - 1) + [WORDING_TEMPERATURE],
        place=len(ids) - 3,
        options=tuple(cast("list[int]", tokenizer.convert_tokens_to_ids(list(judgement.options)))),
        shares=judgement.shares,
    )


def _place(
    batch: Batch,
    belongs: NDArray[np.int64],
    row: int,
    used: int,
    number: int,
    segments: list[Segment],
) -> int:
    """Write a prompt and as many of its answers as fit; returns where the row now ends."""
    length = batch.tokens.shape[1]
    prompt = len(segments[0].ids)
    # There must be something to learn.
    least = 0 if any(segments[0].learned) else len(segments[1].ids)
    if used + prompt + least > length:
        return used
    end = used
    for index, segment in enumerate(segments):
        size = len(segment.ids)
        if end + size > length:
            break
        span = slice(end, end + size)
        start = prompt if index else 0
        batch.tokens[row, span] = segment.ids
        batch.positions[row, span] = np.arange(start, start + size)
        after = np.array(segment.ids[1:], dtype=np.int64)
        learned = np.array(segment.learned[1:], dtype=np.float32)
        batch.labels[row, end : end + size - 1] = np.where(learned > 0, after, IGNORE)
        batch.temperatures[row, end : end + size - 1] = learned
        if segment.place >= 0:
            batch.odds.append((row, end + segment.place, segment.options, segment.shares))
        belongs[:, row, span] = [[number], [index]]
        end += size
    return end


def _empty(rows: int, length: int) -> Batch:
    return Batch(
        tokens=np.zeros((rows, length), dtype=np.int64),
        labels=np.full((rows, length), IGNORE, dtype=np.int64),
        temperatures=np.zeros((rows, length), dtype=np.float32),
        positions=np.zeros((rows, length), dtype=np.int64),
        mask=np.zeros((rows, 1, length, length), dtype=np.bool_),
        odds=[],
    )
