"""Where answers part and meet again: all of them as one graph of tokens."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from data.schema import ModelRef, RunData
from experiments.strategies.registry import voice_of
from models.token_texts import TokenTexts

END = "(end)"
CONTEXT = 2  # pieces in common after which branches come together again
MOST_TRIED = 8  # places to come together at; an answer that repeats itself has thousands


@dataclass(frozen=True, slots=True)
class Spelled:
    """Answers as sequences of pieces of text.

    Attributes:
        pieces: per row, the texts of its tokens, or of its words where no tokenizer is at hand.
        entropies: per row, the model's entropy at each piece in nats; NaN where unknown.
        logprobs: per row, natural log-probability of each piece; NaN where unknown.
        exact: per row, whether its pieces are the tokens drawn.
        taken: per row, whether it is a part of a longer reply, and so has no tokens of its own.
    """

    pieces: tuple[tuple[str, ...], ...]
    entropies: tuple[NDArray[np.float64], ...]
    logprobs: tuple[NDArray[np.float64], ...]
    exact: tuple[bool, ...]
    taken: tuple[bool, ...]


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
                not tokens and bool(words),
            )
        )
    return Spelled(*(tuple(column) for column in zip(*rows, strict=True))) if rows else _NOTHING


_NOTHING = Spelled((), (), (), (), ())


@dataclass(frozen=True, slots=True)
class Branch:
    """A stretch of text that answers share: from where they meet or part to where they part again.

    Attributes:
        id: of its first piece; stays the same while the answers do.
        column: stretches on the longest way to it, from 0.
        pieces: its texts; none where it stands for small branches.
        rows: answers that go through it.
        starts: per row, the place of its first piece, from 0.
        goes_on: how many of its answers go on to which branch, by id.
        entropy: of what comes next, where it parts: mean over its answers, nats; NaN where it
            doesn't part or nothing is known.
        parts: into how many it parts; 0 where its answers go on alike, or end.
        others: how many small branches it stands for, when it stands for some.
    """

    id: str
    column: int
    pieces: tuple[str, ...]
    rows: tuple[int, ...]
    starts: tuple[int, ...]
    goes_on: Mapping[str, int]
    entropy: float
    parts: int
    others: int = 0


def branches(
    said: Spelled, rows: Sequence[int], *, least: int = 2, context: int = CONTEXT
) -> tuple[Branch, ...]:
    """These answers as one graph in which they part and come together again.

    Two places in two answers are one and the same where the last `context` pieces are, unless that
    would close a circle. Nothing else is aligned, so an answer's way through the graph spells it.

    Args:
        said: all answers.
        rows: those to draw.
        least: answers of a branch that is drawn by itself; smaller ones are drawn as one.
        context: pieces in common by which branches come together; 0 keeps them apart, as a tree.

    Returns:
        Branches from left to right; of a column, the largest first, and small ones last.

    Raises:
        ValueError: least is below 1 or context below 0.
    """
    if least < 1 or context < 0:
        raise ValueError(f"Expected least ≥ 1 and context ≥ 0 but had {least} and {context}.")
    graph = _Graph(context)
    ways = {row: graph.way(_without_end(said.pieces[row])) for row in rows}
    return _stretches(said, graph, ways, least)


def _without_end(pieces: tuple[str, ...]) -> tuple[str, ...]:
    """The pieces without what ends them: it is a choice at a parting, but no place to meet."""
    return pieces[:-1] if pieces and pieces[-1] == END else pieces


class _Graph:
    """Pieces in their contexts, each once; the order of `rank` keeps it free of circles."""

    def __init__(self, context: int) -> None:
        self._context = context
        self._known: dict[tuple[str, ...], list[int]] = defaultdict(list)
        self._next: list[dict[str, int]] = [{}]
        self.rank = [0]

    def way(self, pieces: Sequence[str]) -> list[int]:
        """The nodes of an answer, one per piece; new ones are made where there are none."""
        node, way, passed = 0, [], {0}
        for place, piece in enumerate(pieces):
            if piece not in self._next[node]:
                start = max(0, place + 1 - self._context)
                context = ("",) * (self._context - 1 - place) + tuple(pieces[start : place + 1])
                self._next[node][piece] = self._meeting(node, context, passed)
            node = self._next[node][piece]
            way.append(node)
            passed.add(node)
        return way

    def _meeting(self, before: int, context: tuple[str, ...], passed: set[int]) -> int:
        """A node in this context to go on to; made anew where those tried would close a circle.

        Those that the answer has passed would, so they are not tried; of others the first few are.
        Without a context in common, all are made anew.
        """
        if self._context:
            known = (node for node in self._known[context] if node not in passed)
            for node in islice(known, MOST_TRIED):
                if self._raise(node, before):
                    return node
        node = len(self.rank)
        self.rank.append(self.rank[before] + 1)
        self._next.append({})
        self._known[context].append(node)
        return node

    def _raise(self, node: int, before: int) -> bool:
        """Put a node, and what comes after it, behind another one, if that comes not after it."""
        raised: dict[int, int] = {}
        waiting = [(node, self.rank[before] + 1)]
        while waiting:
            one, rank = waiting.pop()
            if one == before:
                return False
            if rank > max(self.rank[one], raised.get(one, 0)):
                raised[one] = rank
                waiting += [(later, rank + 1) for later in self._next[one].values()]
        for one, rank in raised.items():
            self.rank[one] = rank
        return True


_Stop = tuple[int, bool]  # a node; or, when true, all small branches that leave it


def _stretches(
    said: Spelled, graph: _Graph, ways: Mapping[int, list[int]], least: int
) -> tuple[Branch, ...]:
    sizes = Counter(node for way in ways.values() for node in way)
    stops: dict[_Stop, dict[int, int]] = defaultdict(dict)  # per stop: row → place
    after: dict[_Stop, dict[int, _Stop]] = defaultdict(dict)  # per stop: row → next stop
    for row, way in ways.items():
        last: _Stop = (0, False)
        for place, node in enumerate(way):
            stop = (node, False) if sizes[node] >= least else (last[0], True)
            if stop != last:
                stops[stop].setdefault(row, place)
                after[last][row] = stop
                last = stop
    joined = _chains(stops, after)
    return _columns(said, graph, stops, after, joined)


def _chains(
    stops: Mapping[_Stop, Mapping[int, int]], after: Mapping[_Stop, Mapping[int, _Stop]]
) -> dict[_Stop, list[_Stop]]:
    """Stops that follow each other in all their answers, by the first of them."""
    follows = {}
    for stop, rows in stops.items():
        nexts = set(after[stop].values()) if stop in after else set()
        if len(nexts) == 1 and not stop[1]:
            (one,) = nexts
            if not one[1] and rows.keys() == stops[one].keys():
                follows[stop] = one
    inner = set(follows.values())
    chains: dict[_Stop, list[_Stop]] = {}
    for stop in stops:
        if stop not in inner:
            chains[stop] = chain = [stop]
            while chain[-1] in follows:
                chain.append(follows[chain[-1]])
    return chains


def _columns(
    said: Spelled,
    graph: _Graph,
    stops: Mapping[_Stop, Mapping[int, int]],
    after: Mapping[_Stop, Mapping[int, _Stop]],
    chains: Mapping[_Stop, list[_Stop]],
) -> tuple[Branch, ...]:
    column: dict[_Stop, int] = defaultdict(int)
    found = []
    for first in sorted(chains, key=lambda stop: (graph.rank[stop[0]], stop[1])):
        last, rows = chains[first][-1], stops[first]
        goes_on = Counter(after[last].values()) if last in after else Counter[_Stop]()
        for later in goes_on:
            column[later] = max(column[later], column[first] + 1)
        some = min(rows)
        length = 0 if first[1] else len(chains[first])
        entropy, parts = (float("nan"), 0) if first[1] else _parting(said, rows, length)
        found.append(
            Branch(
                id=_id(first),
                column=column[first],
                pieces=tuple(said.pieces[some][rows[some] : rows[some] + length]),
                rows=tuple(sorted(rows)),
                starts=tuple(rows[row] for row in sorted(rows)),
                goes_on={_id(later): count for later, count in goes_on.items()},
                entropy=entropy,
                parts=parts,
                others=len({said.pieces[row][place] for row, place in rows.items()})
                if first[1]
                else 0,
            )
        )
    return tuple(
        sorted(found, key=lambda one: (one.column, bool(one.others), -len(one.rows), one.rows))
    )


def _id(stop: _Stop) -> str:
    return f"{stop[0]}{'.rest' if stop[1] else ''}"


def _parting(said: Spelled, rows: Mapping[int, int], length: int) -> tuple[float, int]:
    """The model's entropy at the end of a stretch, and how many pieces go on from there."""
    ends = {row: place + length for row, place in rows.items()}
    going = {row: end for row, end in ends.items() if end < len(said.pieces[row])}
    parts = len({said.pieces[row][end] for row, end in going.items()})
    known = [said.entropies[row][end] for row, end in going.items()]
    told = [value for value in known if not np.isnan(value)]
    torn = parts > 1
    return (float(np.mean(told)) if told and torn else float("nan")), parts if torn else 0
