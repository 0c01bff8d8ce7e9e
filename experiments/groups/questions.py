"""What each rater said to each question, as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.importers import Responses
from experiments.groups.options import rates_items
from experiments.groups.sources import Source
from metrics.agreement import Level

MOST_CELLS = 2_000_000  # raters × questions held at once
_KINDS = 7  # different answers above which they are cut into fifths for tests of splits


@dataclass(frozen=True, eq=False)
class Questions:
    """What each rater said to each question.

    Attributes:
        names: (questions,) ids.
        labels: (questions,) what they ask, to be shown.
        values: (raters, questions) answers as numbers; NaN where none was given.
        codes: (raters, questions) the same in few kinds, for tests of whether groups differ.
        words: what each code means.
        level: whether answers are names or amounts.
        notes: what was left out, sentences.
    """

    names: tuple[str, ...]
    labels: tuple[str, ...]
    values: NDArray[np.float64]
    codes: NDArray[np.float64]
    words: Mapping[float, str]
    level: Level
    notes: tuple[str, ...]


def questions_of(source: Source) -> Questions:
    """All that was asked, of which at most so much that it can be shuffled in a few seconds."""
    found = source.responses
    long = _LONG[found.kind](found)
    wide, notes = _wide(long, len(found.raters))
    wide = wide.reindex(found.raters.index)
    values = wide.to_numpy(dtype=np.float64)
    codes, words = _coded(values, found, long)
    labels = tuple(_question_label(name, source.texts) for name in wide.columns)
    level: Level = "nominal" if found.kind in {"choice", "pairs"} else "interval"
    return Questions(tuple(map(str, wide.columns)), labels, values, codes, words, level, notes)


def _rated(found: Responses) -> pd.DataFrame:
    table = found.table
    if rates_items(found):
        return table.assign(question=table["item_id"], value=table["score"])
    cell = table.groupby(["item_id", "response_id"])["rater_id"].transform("size")
    shared = cell.median() >= 2  # else nobody else saw these, as in live conversations
    joined = table["item_id"] + "\x1f" + table["response_id"]
    return table.assign(question=joined if shared else table["response_id"], value=table["score"])


def _paired(found: Responses) -> pd.DataFrame:
    table = found.table
    first, second = table["response_a"], table["response_b"]
    swapped = first > second
    low, high = first.where(~swapped, second), second.where(~swapped, first)
    won = table["outcome"].where(~swapped, 1 - table["outcome"])
    question = table["item_id"] + "\x1f" + low + "\x1f" + high
    return table.assign(question=question, value=won)


def _chosen(found: Responses) -> pd.DataFrame:
    preferred = pd.Series([row[0] for row in found.table["options"]], index=found.table.index)
    names = sorted(preferred.unique())
    codes = preferred.map({name: i for i, name in enumerate(names)})
    return found.table.assign(question=found.table["item_id"], value=codes, said=preferred)


def _ranked(found: Responses) -> pd.DataFrame:
    rows = [
        (rater, f"{item}\x1f{name}", float(place))
        for rater, item, places in found.table[["rater_id", "item_id", "places"]].itertuples(
            index=False
        )
        for place, names in enumerate(places, start=1)
        for name in names
    ]
    return pd.DataFrame(rows, columns=["rater_id", "question", "value"])


def _voted(found: Responses) -> pd.DataFrame:
    return found.table.assign(question=found.table["statement_id"], value=found.table["vote"])


_LONG = {
    "ratings": _rated,
    "pairs": _paired,
    "choice": _chosen,
    "ranking": _ranked,
    "votes": _voted,
}


def _wide(long: pd.DataFrame, raters: int) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Raters × questions; the questions that most raters answered, where there are too many."""
    counts = long["question"].value_counts()
    most = max(int(MOST_CELLS / max(raters, 1)), 1)
    kept = sorted(counts.index[:most])
    part = long[long["question"].isin(kept)]
    wide = part.pivot_table(index="rater_id", columns="question", values="value", aggfunc="mean")
    if len(kept) == len(counts):
        return wide[kept], ()
    note = (
        f"{len(kept):,} of {len(counts):,} questions are looked at: those with "
        f"{int(counts[kept].min()):,} answers or more."
    )
    return wide[kept], (note,)


def _coded(
    values: NDArray[np.float64], found: Responses, long: pd.DataFrame
) -> tuple[NDArray[np.float64], Mapping[float, str]]:
    """Few kinds of answers, and what each means."""
    if found.kind == "choice":
        pairs = long.drop_duplicates("value")
        return values, dict(zip(pairs["value"].astype(float), pairs["said"], strict=True))
    kinds = np.unique(values[~np.isnan(values)])
    if len(kinds) <= _KINDS:
        named = {"votes": {-1.0: "disagree", 0.0: "pass", 1.0: "agree"}}.get(found.kind, {})
        if found.kind == "pairs":
            named = {0.0: "the second", 0.5: "a tie", 1.0: "the first"}
        return values, {float(k): named.get(float(k), f"{k:g}") for k in kinds}
    edges = np.unique(np.nanquantile(values, [0.2, 0.4, 0.6, 0.8]))
    codes = np.where(np.isnan(values), np.nan, np.searchsorted(edges, values, side="left"))
    ends = [np.nanmin(values), *edges, np.nanmax(values)]
    words = {float(i): f"{ends[i]:.3g} to {ends[i + 1]:.3g}" for i in range(len(ends) - 1)}
    return codes, words


def _question_label(name: object, texts: Mapping[str, str]) -> str:
    item, *responses = str(name).split("\x1f")
    if not responses:
        return texts.get(item, item)
    said = " or ".join(texts.get(one, one) for one in responses)
    asked = texts.get(item, item)
    return f"{said} ({asked})" if asked else said
