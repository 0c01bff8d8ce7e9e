"""Where answers come from, and how much of a large file is looked at."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from data.answer_checks import Kind
from data.importers import Responses
from data.reading_tables import RawTable
from data.town.raters import TOPICS, town_raters, town_texts

MOST_ROWS = 100_000  # checked and shown at once; of more, whole raters are drawn

TOWN = (
    "Simulated raters: members of Saltmere’s groups, drawn by the tastes that are written down for "
    "the town. No person gave these answers."
)


@dataclass(frozen=True, slots=True)
class Source:
    """Answers with what is known about them.

    Attributes:
        key: names the content: the same key, the same answers.
        title: what it is called.
        responses: the answers.
        texts: what items, responses and statements say, by id; ids without a text say themselves.
        simulated: how they were made up, where they were; "" for people's.
        left_out: statements that moderators took out of an opinion map.
        notes: what else should be known, sentences.
    """

    key: str
    title: str
    responses: Responses
    texts: Mapping[str, str] = field(default_factory=dict)
    simulated: str = ""
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def town_source(
    kind: Kind, *, per_group: int, seed: int = 0, topics: tuple[str, ...] = TOPICS
) -> Source:
    """The town's made-up raters, asked in one of the five forms.

    Args:
        kind: what they are asked.
        per_group: members of each of the six groups.
        seed: of their answers.
        topics: ids of the questions.
    """
    found = town_raters(kind, per_group=per_group, seed=seed, topics=topics)
    key = f"town {kind} {per_group} {seed} {' '.join(topics)}"
    return Source(key, "The town’s raters", found, town_texts(topics), TOWN)


def content_key(*parts: object) -> str:
    """A name for content: bytes as they are, anything else as it is written."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else repr(part).encode())
        digest.update(b"\x1f")
    return digest.hexdigest()[:16]


def whole_raters(raw: RawTable, rater: str, *, most: int = MOST_ROWS) -> RawTable:
    """A table of at most so many rows: all of some raters, drawn at random, where it is larger.

    Args:
        raw: rows of a file.
        rater: column that names the rater; a table without it is left as it is.
        most: rows.

    Returns:
        The table itself, or one with a note of what was drawn; rows keep the order of the file,
        but messages then count the rows that were drawn.
    """
    frame = raw.frame
    if len(frame) <= most or rater not in frame:
        return raw
    codes, names = frame[rater].factorize()
    order = np.random.default_rng(0).permutation(len(names))
    sizes = np.bincount(codes[codes >= 0], minlength=len(names))
    taken = np.zeros(len(names) + 1, dtype=bool)
    taken[order[np.cumsum(sizes[order]) <= most]] = True
    kept = frame[taken[codes]].reset_index(drop=True)
    note = (
        f"The file has {len(frame):,} rows; {len(kept):,} are looked at: all those of "
        f"{int(taken.sum()):,} of {len(names):,} raters, drawn at random with a fixed seed. The "
        "others were not checked, and row numbers count those drawn."
    )
    return RawTable(kept, 1, (*raw.notes, note))
