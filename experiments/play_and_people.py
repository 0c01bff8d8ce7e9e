"""Groups played by a model against people of the same groups who compared the same answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from data.importers import SMALLEST_GROUP, Responses
from data.town.reading import read_back
from experiments.groups.sources import Source
from experiments.people import choices_of
from experiments.played import Played
from metrics.choices import NOBODY
from metrics.simulation import SimBench, simbench
from metrics.uncertainty import LEVEL

KEYS = ["group", "low", "high"]  # of a pair, with its items in the order of the play
COMPARES = ("pairs", "ratings", "choice", "ranking")


@dataclass(frozen=True)
class PlayAgainstPeople:
    """What a model and people make of the same pairs.

    Attributes:
        rows: one per group and pair that both judged: group, low and high (numbers of items),
            played and people (probability of the first), people_low and people_high (Wilson's
            interval), raters (people), entropy (of people) and score (SimBench of the pair).
        score: SimBench score over these.
        by_group: group → its own score, on the scale of its own pairs.
    """

    rows: pd.DataFrame
    score: SimBench
    by_group: Mapping[str, SimBench]


def against_people(shown: Played, people: Source, *, by: str) -> PlayAgainstPeople | None:
    """Hold a play to people's choices; the two are never mixed.

    People's ratings, choices and rankings count as the comparisons that they hold. Answers are the
    same where id or text are, whatever their case and last full stop; those of the town, where
    they say the same idea.

    Args:
        shown: pairs that were played.
        people: who compared answers, in any form but votes.
        by: attribute of people whose values are the names of the play's groups.

    Returns:
        None where they share no pair that ten people or more of a group compared.

    Raises:
        ValueError: the play holds no pairs, people compared nothing, are simulated by a model too,
            or have no such attribute.
    """
    found = people.responses
    if shown.mode != "pairs" or found.kind not in COMPARES:
        raise ValueError("Expected pairs that were played, and people who compared.")
    if found.simulated:
        raise ValueError("Expected people, but these raters are simulated.")
    if by not in found.raters:
        raise ValueError(f"Expected people to have the attribute {by!r}.")
    played = _canonical(
        shown.rows["group"], shown.rows["first"], shown.rows["second"], shown.rows["preferred"]
    )
    human = _human(found, same_answers(shown.items, people), by)
    means = played.groupby(KEYS)["value"].mean().rename("played")
    rows = means.to_frame().join(human, how="inner").reset_index()
    return None if rows.empty else _scored(rows)


def shared_attribute(shown: Played, people: Responses) -> str:
    """The attribute of people that names most of the play's groups; "" where none does."""
    counts = {
        str(name): len(set(shown.groups) & set(people.raters[name])) for name in people.raters
    }
    best = max(counts, key=counts.__getitem__, default="")
    return best if counts.get(best) else ""


def same_answers(items: Sequence[str], people: Source) -> dict[str, int]:
    """People's answers, by id, that the play judged too → their number there."""
    number = {_plain(text): place for place, text in enumerate(items)}
    number |= {idea: place for place, text in enumerate(items) if (idea := _idea(text))}
    found: dict[str, int] = {}
    for name in _answers(people.responses):
        for key in (name, _plain(name), _plain(people.texts.get(name, name))):
            if key in number:
                found.setdefault(name, number[key])
    return found


def _answers(people: Responses) -> Iterable[str]:
    return choices_of(people).items


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold().rstrip(".!")


def _idea(text: str) -> str:
    """What an answer of the town says, by the id that it has among its raters; "" for others."""
    read = read_back(text)
    return "" if read is None else f"{read.topic}/{read.idea}"


def _human(people: Responses, places: Mapping[str, int], by: str) -> pd.DataFrame:
    """people, its interval and raters, by group and pair that ten or more compared."""
    named = choices_of(people)
    made, number = named.choices, np.array([*(places.get(n, -1) for n in named.items), -1])
    group = people.raters[by].to_numpy()
    parts = [
        pd.DataFrame(
            {
                "rater": made.raters,
                "weight": made.weights,
                "group": group[made.raters],
                "won": number[made.sets[:, 0]],
                "lost": np.where(made.sets[:, at] == NOBODY, -1, number[made.sets[:, at]]),
            }
        )
        for at in range(1, made.sets.shape[1])
    ]
    rows = pd.concat(parts, ignore_index=True)
    rows = rows[(rows["won"] >= 0) & (rows["lost"] >= 0) & (rows["won"] != rows["lost"])]
    rows["low"], rows["high"] = rows[["won", "lost"]].min(axis=1), rows[["won", "lost"]].max(axis=1)
    rows["first"] = rows["weight"].where(rows["won"] == rows["low"], 0.0)
    each = rows.groupby([*KEYS, "rater"])[["first", "weight"]].sum().reset_index()
    each["share"] = each["first"] / each["weight"]
    told = each.groupby(KEYS)["share"].agg(["mean", "size"]).set_axis(["people", "raters"], axis=1)
    return told[told["raters"] >= SMALLEST_GROUP]


def _scored(rows: pd.DataFrame) -> PlayAgainstPeople:
    spans = [
        binomtest(round(share * n), n).proportion_ci(LEVEL, method="wilson")
        for share, n in zip(rows["people"], rows["raters"], strict=True)
    ]
    score = _score(rows)
    told = rows.assign(
        people_low=[span.low for span in spans],
        people_high=[span.high for span in spans],
        entropy=score.human_entropy,
        score=score.by_question,
    )
    groups = {str(group): _score(own) for group, own in rows.groupby("group", sort=False)}
    return PlayAgainstPeople(told, score, groups)


def _score(rows: pd.DataFrame) -> SimBench:
    return simbench(*(np.stack([rows[n], 1 - rows[n]], axis=1) for n in ("played", "people")))


def _canonical(
    group: pd.Series, first: pd.Series, second: pd.Series, value: pd.Series
) -> pd.DataFrame:
    """Every pair with the lower number first; rows with a gap are left out."""
    frame = pd.DataFrame({"group": group, "a": first, "b": second, "value": value}).dropna()
    turned = frame["a"] > frame["b"]
    return pd.DataFrame(
        {
            "group": frame["group"],
            "low": np.minimum(frame["a"], frame["b"]).astype(int),
            "high": np.maximum(frame["a"], frame["b"]).astype(int),
            "value": np.where(turned, 1 - frame["value"], frame["value"]),
        }
    )
