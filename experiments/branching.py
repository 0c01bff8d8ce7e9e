"""Where answers part: all of them as one tree of tokens whose common beginnings are drawn once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.schema import ModelRef, RunData
from experiments.strategies.registry import voice_of
from models.token_texts import TokenTexts

END = "(end)"


@dataclass(frozen=True, slots=True)
class Spelled:
    """Answers as sequences of pieces of text.

    Attributes:
        pieces: per row, the texts of its tokens, or of its words where no tokenizer is at hand.
        entropies: per row, the model's entropy at each piece in nats; NaN where unknown.
        logprobs: per row, natural log-probability of each piece; NaN where unknown.
        exact: per row, whether its pieces are the tokens drawn.
    """

    pieces: tuple[tuple[str, ...], ...]
    entropies: tuple[NDArray[np.float64], ...]
    logprobs: tuple[NDArray[np.float64], ...]
    exact: tuple[bool, ...]


def spelled(data: RunData, reader_of: Callable[[ModelRef], TokenTexts | None]) -> Spelled:
    """Every answer piece by piece.

    Args:
        data: m rows.
        reader_of: gives the tokenizer of a model, where it is at hand.
    """
    conditions = {condition.key: condition for condition in data.run.conditions}
    rows = []
    for key, sample in zip(data.keys, data.samples, strict=True):
        reader = reader_of(voice_of(conditions[key], sample.index))
        tokens = sample.token_ids
        words = tuple(f" {word}" for word in sample.text.split())
        if tokens and min(tokens) >= 0 and reader is not None:
            pieces = reader.pieces(tokens)
        else:
            pieces = (*words, "") if len(tokens) == len(words) + 1 else words
        known = len(pieces) == len(tokens)
        ended = (*pieces[:-1], END) if pieces and not pieces[-1] else pieces
        blank = np.full(len(pieces), np.nan)
        rows.append(
            (
                ended,
                np.asarray(sample.entropies, dtype=float) if known else blank,
                np.asarray(sample.logprobs, dtype=float) if known else blank,
                known,
            )
        )
    return Spelled(*(tuple(column) for column in zip(*rows, strict=True))) if rows else _NOTHING


_NOTHING = Spelled((), (), (), ())


@dataclass(frozen=True, slots=True)
class Branch:
    """A stretch of text that answers share before they part.

    Attributes:
        id: stays the same while the answers do.
        parent: id of the branch it parts from; "" for a first one.
        start: place of its first piece, from 0.
        end: place behind its last.
        pieces: its texts.
        rows: answers that go through it.
        low: answers stacked below it; it takes the heights from here to `low` + answers.
        entropy: of what comes next, where it parts: mean over its answers, nats; NaN where it
            doesn't part or nothing is known.
        parts: into how many it parts; 0 where its answers go on alike to their end.
        others: how many small branches it stands for, when it stands for some.
    """

    id: str
    parent: str
    start: int
    end: int
    pieces: tuple[str, ...]
    rows: tuple[int, ...]
    low: int
    entropy: float
    parts: int
    others: int = 0


def branches(said: Spelled, rows: Sequence[int], *, least: int = 2) -> tuple[Branch, ...]:
    """The tree of these answers, parents before children, the largest branch first.

    Args:
        said: all answers.
        rows: those to draw.
        least: answers of a branch that is drawn by itself; smaller ones are drawn as one.

    Raises:
        ValueError: least is below 1.
    """
    if least < 1:
        raise ValueError(f"Expected least to be at least 1 but it was {least}.")
    found: list[Branch] = []
    waiting = _parted(said, tuple(rows), 0, "", 0, least)
    while waiting:
        parent, start, low, group, others = waiting.pop(0)
        end = start if others else _common_end(said, group, start)
        entropy, parts = _parting(said, group, end) if not others else (float("nan"), 0)
        branch = Branch(
            id=f"{start}.{min(group)}{'.rest' if others else ''}",
            parent=parent,
            start=start,
            end=end if not others else start + 1,
            pieces=said.pieces[group[0]][start:end],
            rows=group,
            low=low,
            entropy=entropy,
            parts=parts,
            others=others,
        )
        found.append(branch)
        if parts:
            waiting = _parted(said, group, end, branch.id, low, least) + waiting
    return tuple(found)


_Part = tuple[str, int, int, tuple[int, ...], int]


def _parted(
    said: Spelled, rows: tuple[int, ...], place: int, parent: str, low: int, least: int
) -> list[_Part]:
    """The branches that begin at a place, stacked from `low` upwards; small ones as one."""
    groups = sorted(_next_pieces(said, rows, place).values(), key=lambda g: (-len(g), g[0]))
    large = [group for group in groups if len(group) >= least]
    small = [group for group in groups if len(group) < least]
    parts: list[_Part] = []
    for group in large:
        parts.append((parent, place, low, tuple(group), 0))
        low += len(group)
    if small:
        rest = tuple(row for group in small for row in group)
        parts.append((parent, place, low, rest, len(small)))
    return parts


def _next_pieces(said: Spelled, rows: Sequence[int], place: int) -> Mapping[str, list[int]]:
    """Rows by what they say at a place; those that have ended are in no group."""
    groups: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        if place < len(said.pieces[row]):
            groups[said.pieces[row][place]].append(row)
    return groups


def _common_end(said: Spelled, rows: tuple[int, ...], place: int) -> int:
    """Where these answers, alike at a place, first differ or one of them ends."""
    first = said.pieces[rows[0]]
    shortest = min(len(said.pieces[row]) for row in rows)
    end = place + 1
    while end < shortest and all(said.pieces[row][end] == first[end] for row in rows):
        end += 1
    return end


def _parting(said: Spelled, rows: tuple[int, ...], place: int) -> tuple[float, int]:
    parts = len(_next_pieces(said, rows, place))
    known = [said.entropies[row][place] for row in rows if place < len(said.entropies[row])]
    told = [value for value in known if not np.isnan(value)]
    return (float(np.mean(told)) if told and parts else float("nan")), parts
