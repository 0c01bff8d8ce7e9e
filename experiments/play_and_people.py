"""Groups played by a model against people of the same groups who compared the same answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.importers import SMALLEST_GROUP, Responses
from experiments.played import Played
from metrics.simulation import SimBench, simbench

KEYS = ["group", "low", "high"]  # of a pair, with its items in the order of the play


@dataclass(frozen=True)
class PlayAgainstPeople:
    """What a model and people make of the same pairs.

    Attributes:
        rows: one per group and pair that both judged: group, low and high (numbers of items),
            played and people (probability of the first), raters (people), entropy (of people).
        score: SimBench score over these.
    """

    rows: pd.DataFrame
    score: SimBench


def against_people(shown: Played, people: Responses, *, by: str) -> PlayAgainstPeople | None:
    """Hold a play to people's choices; the two are never mixed.

    Args:
        shown: pairs that were played.
        people: pairs, whose responses are the texts of the play's items.
        by: attribute of people whose values are the names of the play's groups.

    Returns:
        None where they share no pair that ten people or more of a group compared.

    Raises:
        ValueError: either holds no pairs, the people are simulated too, or have no such attribute.
    """
    if shown.mode != "pairs" or people.kind != "pairs":
        raise ValueError("Expected pairs on both sides.")
    if people.simulated:
        raise ValueError("Expected people, but these raters are simulated.")
    if by not in people.raters:
        raise ValueError(f"Expected people to have the attribute {by!r}.")
    played = _canonical(
        shown.rows["group"], shown.rows["first"], shown.rows["second"], shown.rows["preferred"]
    )
    number = {text: i for i, text in enumerate(shown.items)}
    table = people.table
    told = _canonical(
        table["rater_id"].map(people.raters[by]),
        table["response_a"].map(number),
        table["response_b"].map(number),
        table["outcome"],
    )
    means = played.groupby(KEYS)["value"].mean().rename("played")
    human = told.groupby(KEYS)["value"].agg(["mean", "size"])
    human = human[human["size"] >= SMALLEST_GROUP].set_axis(["people", "raters"], axis=1)
    rows = means.to_frame().join(human, how="inner").reset_index()
    if rows.empty:
        return None
    sides = (np.stack([rows[name], 1 - rows[name]], axis=1) for name in ("played", "people"))
    score = simbench(*sides)
    return PlayAgainstPeople(rows.assign(entropy=score.human_entropy), score)


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
