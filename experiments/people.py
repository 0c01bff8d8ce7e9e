"""People's answers as the measures of groups want them: numbered raters, items and options."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.importers import Responses
from metrics.choices import NOBODY, Choices, pair_choices, ranking_choices, score_pairs, top_choices


@dataclass(frozen=True)
class NamedChoices:
    """Choices, and what their numbers stand for.

    Attributes:
        choices: raters are numbered like the rows of `Responses.raters`.
        items: name of each item.
    """

    choices: Choices
    items: tuple[str, ...]


@dataclass(frozen=True)
class AnswerTable:
    """One answer per rater and question.

    Attributes:
        values: (raters, questions), rows as in `Responses.raters`; NaN where there is none. Scores
            and votes are themselves, a pair is 1, 0 or ½, a choice is the number of its option.
        questions: name of each column.
    """

    values: NDArray[np.float64]
    questions: tuple[str, ...]


def choices_of(
    responses: Responses, *, tie_within: float = 0.0, even: bool = False
) -> NamedChoices:
    """What was chosen from what; ratings become pairs within a rater's look at one item.

    Args:
        responses: pairs, choices, rankings, or ratings of several responses to one item.
        tie_within: ratings that differ by no more are a tie.
        even: s ratings of one look are s − 1 choices and not as many as they have pairs, so that
            each pair counts 2/s. Else mixtures with more camps look better than they are.

    Raises:
        ValueError: they are votes, which compare nothing.
    """
    rows, who = responses.table, _raters(responses)
    if responses.kind == "pairs":
        items, (first, second) = _numbered([rows["response_a"], rows["response_b"]])
        choices = pair_choices(first, second, rows["outcome"], who, items=len(items))
    elif responses.kind == "ratings":
        items, (rated,) = _numbered([rows["response_id"]])
        place = pd.factorize(pd.MultiIndex.from_arrays([who, rows["item_id"]]))[0]
        first, second, outcome, where = score_pairs(
            place, rated, rows["score"], tie_within=tie_within
        )
        rater_of = np.zeros(place.max() + 1, dtype=np.int64)
        rater_of[place] = who
        choices = pair_choices(first, second, outcome, rater_of[where], items=len(items))
        if even:
            each = 2 / np.bincount(place)[where]
            each = np.concatenate([each, each[outcome == 0.5]])  # ties are two halves
            choices = replace(choices, weights=choices.weights * each)
    elif responses.kind == "choice":
        return _of_options(list(rows["options"]), who)
    elif responses.kind == "ranking":
        return _of_places(list(rows["places"]), who)
    else:
        raise ValueError("Expected choices of some kind, but votes compare nothing.")
    return NamedChoices(choices, items)


def answer_table(responses: Responses) -> AnswerTable:
    """One row per rater and one column per question, for splits, agreement and opinion space.

    Args:
        responses: anything but rankings.

    Raises:
        ValueError: they are rankings, which are no single answer.
    """
    rows = responses.table
    value: pd.Series | NDArray
    if responses.kind == "pairs":
        question = rows["item_id"] + ": " + rows["response_a"] + " | " + rows["response_b"]
        value = rows["outcome"]
    elif responses.kind == "ratings":
        question, value = rows["item_id"] + ": " + rows["response_id"], rows["score"]
    elif responses.kind == "choice":
        question, value = rows["item_id"], pd.factorize(rows["options"].str[0], sort=True)[0]
    elif responses.kind == "votes":
        question, value = rows["statement_id"], rows["vote"]
    else:
        raise ValueError("Expected one answer per question, but rankings are more than one.")
    codes, names = pd.factorize(question, sort=True)
    values = np.full((len(responses.raters), len(names)), np.nan)
    values[_raters(responses), codes] = value
    return AnswerTable(values, tuple(str(name) for name in names))


def _raters(responses: Responses) -> NDArray[np.int64]:
    wanted = pd.Index(responses.table["rater_id"])
    return responses.raters.index.get_indexer(wanted).astype(np.int64)


def _numbered(columns: list[pd.Series]) -> tuple[tuple[str, ...], list[NDArray[np.int64]]]:
    codes, names = pd.factorize(pd.concat(columns, ignore_index=True), sort=True)
    ends = np.cumsum([len(column) for column in columns])[:-1]
    return tuple(str(name) for name in names), np.split(codes.astype(np.int64), ends)


def _of_options(options: list[tuple[str, ...]], who: NDArray[np.int64]) -> NamedChoices:
    names = sorted({name for row in options for name in row})
    number = {name: i for i, name in enumerate(names)}
    sets = np.full((len(options), max(map(len, options))), NOBODY, dtype=np.int64)
    for row, shown in enumerate(options):
        sets[row, : len(shown)] = [number[name] for name in shown]
    return NamedChoices(top_choices(sets, who, items=len(names)), tuple(names))


def _of_places(rankings: list[tuple[tuple[str, ...], ...]], who: NDArray[np.int64]) -> NamedChoices:
    names = sorted({name for places in rankings for place in places for name in place})
    number = {name: i for i, name in enumerate(names)}
    numbered = [[[number[name] for name in place] for place in places] for places in rankings]
    return NamedChoices(ranking_choices(numbered, who, items=len(names)), tuple(names))
