"""Dialogues as packed token rows.

Many answers to one prompt are packed behind a single copy of it: each token sees its prompt and
its own answer only, and positions restart, so a packed answer is trained exactly as if it stood
alone. Nearly all computation then goes to answers, which is where the town's tastes are learned.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.town.dialogues import Dialogue, draw_conversation, draw_dialogue
from models.town.tokenizer import END, ROLES

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

IGNORE = -100
SHORTEST_CUT = 96  # tokens of a conversation worth keeping


Segment = tuple[list[int], list[bool]]  # token ids, and whether each is to be learned


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
                ids, learned = segments[0]
                segments[0] = (ids[: length - used], learned[: length - used])
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
    """Prompt and answers as ids, each with whether its tokens are to be learned."""
    parts = [(m.role, f"{ROLES[m.role]}{m.content}{END}") for m in dialogue.messages]
    parts += [("assistant", f"{ROLES['assistant']}{answer}{END}") for answer in dialogue.answers]
    ids: list[list[int]] = tokenizer([text for _, text in parts])["input_ids"]
    # The role's own token is given, what follows is the model's to write.
    learned = [
        [role == "assistant" and place > 0 for place in range(len(each))]
        for (role, _), each in zip(parts, ids, strict=True)
    ]
    count = len(dialogue.messages)
    return [
        (list(chain(*ids[:count])), list(chain(*learned[:count]))),
        *zip(ids[count:], learned[count:], strict=True),
    ]


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
    prompt = len(segments[0][0])
    least = 0 if any(segments[0][1]) else len(segments[1][0])  # there must be something to learn
    if used + prompt + least > length:
        return used
    end = used
    for index, (ids, learned) in enumerate(segments):
        if end + len(ids) > length:
            break
        span = slice(end, end + len(ids))
        start = prompt if index else 0
        batch.tokens[row, span] = ids
        batch.positions[row, span] = np.arange(start, start + len(ids))
        after = np.array(ids[1:], dtype=np.int64)
        batch.labels[row, end : end + len(ids) - 1] = np.where(learned[1:], after, IGNORE)
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
