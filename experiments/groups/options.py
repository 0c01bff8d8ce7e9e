"""How each rater fared with each option, as arrays.

Options are what can be chosen between: those that some chain of questions joins, so that strengths
and welfare can be compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from data.importers import Responses
from experiments.groups.sources import Source
from experiments.people import NamedChoices, choices_of
from metrics.choices import NOBODY, Choices
from metrics.preference import FLOOR

MOST_OPTIONS = 40

_GONE = -2


@dataclass(frozen=True, eq=False)
class Options:
    """How each rater fared with each option of one part of the data.

    Attributes:
        names: (options,) ids.
        labels: (options,) what they say.
        scores: (raters, options) in the unit below; NaN where unknown.
        utilities: the same between 0 and 1.
        unit: what a score is, in words.
        span: lowest and highest score.
        choices: between the options.
        notes: what was left out, sentences.
    """

    names: tuple[str, ...]
    labels: tuple[str, ...]
    scores: NDArray[np.float64]
    utilities: NDArray[np.float64]
    unit: str
    span: tuple[float, float]
    choices: Choices
    notes: tuple[str, ...]


def parts_of(source: Source) -> dict[str, tuple[str, ...]]:
    """Parts of the data within which options can be compared: title → items, the largest first.

    Items are joined by responses that occur in both. Ratings of items themselves, and votes, are
    one part, as every rater compares them.
    """
    found = source.responses
    if found.kind == "votes" or rates_items(found):
        return {"Everything": ()}
    pairs = _item_responses(found)
    items, responses = pairs["item_id"].factorize(), pairs["response_id"].factorize()
    n = len(items[1]) + len(responses[1])
    edges = (np.ones(len(pairs)), (items[0], responses[0] + len(items[1])))
    labels = connected_components(coo_matrix(edges, shape=(n, n)), directed=False)[1]
    counts = found.table["item_id"].value_counts()
    parts = pd.DataFrame({"item": items[1], "part": labels[: len(items[1])]})
    parts["answers"] = parts["item"].map(counts)
    sizes = parts.groupby("part")["answers"].sum().sort_values(ascending=False, kind="stable")
    grouped = parts.groupby("part")["item"].agg(tuple)
    named = [(_title(grouped[part], source.texts), grouped[part]) for part in sizes.index]
    return {_unique(title, i, named): items for i, (title, items) in enumerate(named)}


def options_of(source: Source, items: tuple[str, ...]) -> Options:
    """How raters fared with the options of some items; of all where none are named.

    Of more than 40 options the most often judged are kept.
    """
    found, table = source.responses, source.responses.table
    if items:
        table = table[table["item_id"].isin(items)]
    judged = _judged(found, table)
    names, scores, span = _scores(found, judged, MOST_OPTIONS)
    notes: tuple[str, ...] = ()
    if len(names) < (different := judged["response_id"].nunique()):
        notes = (f"{len(names)} of {different:,} answers are shown: those judged most often.",)
    utilities = _between_ends(scores, span)
    labels = tuple(source.texts.get(name, name) for name in names)
    choices = _choices(found, table, names)
    return Options(names, labels, scores, utilities, _UNITS[found.kind], span, choices, notes)


def utilities_of(
    source: Source, *, most: int
) -> tuple[tuple[str, ...], NDArray[np.int64], NDArray[np.float64]]:
    """What each rater thinks of each option of all parts, from 0 to 1.

    Args:
        source: anything.
        most: options that are kept, those that were judged most often.

    Returns:
        Ids of the options, the part of each, and (raters, options) with NaN where unknown.
    """
    found = source.responses
    names, scores, span = _scores(found, _judged(found, found.table), most)
    part_of: dict[str, int] = {}
    for number, items in enumerate(parts_of(source).values()):
        if items:
            pairs = _item_responses(found)
            mine = pairs.loc[pairs["item_id"].isin(items), "response_id"]
            part_of |= dict.fromkeys(mine, number)
    parts = np.array([part_of.get(name, 0) for name in names], dtype=np.int64)
    return names, parts, _between_ends(scores, span)


def _scores(
    found: Responses, judged: pd.DataFrame, most: int
) -> tuple[tuple[str, ...], NDArray[np.float64], tuple[float, float]]:
    """Ids of the options judged most often, (raters, options) scores, and their span."""
    counts = judged["response_id"].value_counts()
    often = counts[counts >= FLOOR]
    names = tuple(sorted((often if len(often) > 1 else counts).index[:most]))
    kept = judged[judged["response_id"].isin(names)]
    wide = kept.pivot_table(index="rater_id", columns="response_id", values="score", aggfunc="mean")
    scores = wide.reindex(index=found.raters.index, columns=list(names)).to_numpy(dtype=np.float64)
    return names, scores, _span(found, scores)


def _between_ends(scores: NDArray[np.float64], span: tuple[float, float]) -> NDArray[np.float64]:
    return np.clip((scores - span[0]) / max(span[1] - span[0], 1e-12), 0, 1)


def items_of_options(source: Source) -> pd.DataFrame:
    """item_id and response_id of every item with every response that was shown with it, once."""
    found = source.responses
    if found.kind == "votes" or rates_items(found):  # one question: what do you think of these?
        return pd.DataFrame({"item_id": [], "response_id": []}, dtype=object)
    return _item_responses(found)


def rates_items(found: Responses) -> bool:
    """Whether items themselves were rated, and not responses to them."""
    table = found.table
    return found.kind == "ratings" and bool((table["item_id"] == table["response_id"]).all())


def _item_responses(found: Responses) -> pd.DataFrame:
    """Every item with every response that was shown with it, once."""
    table = found.table
    if found.kind == "ratings":
        return table[["item_id", "response_id"]].drop_duplicates()
    if found.kind == "pairs":
        both = [table[["item_id", side]].set_axis(["item_id", "response_id"], axis=1)
                for side in ("response_a", "response_b")]  # fmt: skip
        return pd.concat(both).drop_duplicates()
    column = "options" if found.kind == "choice" else "places"
    named = table[["item_id", column]].explode(column)
    long = named.explode(column).set_axis(["item_id", "response_id"], axis=1)
    return long.drop_duplicates()


def _title(items: tuple[str, ...], texts: Mapping[str, str]) -> str:
    first = texts.get(items[0], items[0])
    same = all(texts.get(item, item) == first for item in items)
    return first if same else f"{first} and {len(items) - 1:,} more"


def _unique(title: str, place: int, named: list[tuple[str, tuple[str, ...]]]) -> str:
    earlier = sum(other == title for other, _ in named[:place])
    return title if not earlier else f"{title} ({earlier + 1})"


_UNITS = {
    "ratings": "mean score",
    "pairs": "share of comparisons won",
    "choice": "share of times chosen",
    "ranking": "place, from 0 last to 1 first",
    "votes": "vote, from −1 disagree to 1 agree",
}


def _judged(found: Responses, table: pd.DataFrame) -> pd.DataFrame:
    """rater_id, response_id, score of every judgement."""
    if found.kind == "ratings":
        return table[["rater_id", "response_id", "score"]]
    if found.kind == "votes":
        columns = {"statement_id": "response_id", "vote": "score"}
        return table[["rater_id", "statement_id", "vote"]].rename(columns=columns)
    if found.kind == "pairs":
        sides = [("response_a", table["outcome"]), ("response_b", 1 - table["outcome"])]
        parts = [pd.DataFrame({"rater_id": table["rater_id"], "response_id": table[side],
                               "score": won}) for side, won in sides]  # fmt: skip
        return pd.concat(parts, ignore_index=True)
    rows = [
        (rater, name, score)
        for rater, given in zip(
            table["rater_id"],
            table["options" if found.kind == "choice" else "places"],
            strict=True,
        )
        for name, score in (_wins(given) if found.kind == "choice" else _places(given))
    ]
    return pd.DataFrame(rows, columns=["rater_id", "response_id", "score"])


def _wins(options: tuple[str, ...]) -> list[tuple[str, float]]:
    return [(name, float(i == 0)) for i, name in enumerate(options)]


def _places(places: tuple[tuple[str, ...], ...]) -> list[tuple[str, float]]:
    """1 for the best, 0 for the worst; those that share a place share its middle."""
    total = sum(len(place) for place in places)
    scores, above = [], 0
    for place in places:
        middle = above + (len(place) - 1) / 2
        scores += [(name, 1 - middle / max(total - 1, 1)) for name in place]
        above += len(place)
    return scores


def _span(found: Responses, scores: NDArray[np.float64]) -> tuple[float, float]:
    if found.kind == "votes":
        return -1.0, 1.0
    if found.kind != "ratings":
        return 0.0, 1.0
    given = found.table["score"]
    return float(given.min()), float(given.max())


def _choices(found: Responses, table: pd.DataFrame, names: tuple[str, ...]) -> Choices:
    """Between the options that are kept; raters numbered as in the table of raters."""
    asked = replace(found, table=table)
    if found.kind == "votes" or rates_items(found):  # one look at all of them
        column, value = ("statement_id", "vote") if found.kind == "votes" else ("item_id", "score")
        rows = table.assign(response_id=table[column], item_id="all", score=table[value])
        asked = replace(found, kind="ratings", table=rows)
    if asked.kind == "ratings":
        asked = replace(asked, table=asked.table[asked.table["response_id"].isin(names)])
    named = choices_of(asked, even=True)
    return _between(named, names)


def _between(named: NamedChoices, names: tuple[str, ...]) -> Choices:
    """Those between kept options alone, under their numbers."""
    code = {name: i for i, name in enumerate(names)}
    number = np.array([*(code.get(name, _GONE) for name in named.items), NOBODY], dtype=np.int64)
    sets = number[named.choices.sets]
    whole = (sets != _GONE).all(axis=1)
    kept = named.choices
    return Choices(sets[whole], kept.weights[whole], kept.raters[whole], len(names))
