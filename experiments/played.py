"""What a model's play of groups comes to: tables, answers like people's, and the known truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.importers import Responses, checked_responses
from data.reading_tables import RawTable
from data.schema import Condition, RunData
from data.town.judgements import choice_probability, yes_probability
from data.town.reading import read_back
from data.town.town import load_town
from experiments.judging import masses, texts
from experiments.people import NamedChoices
from experiments.raters import MARKS, RatersExperiment, mode_of
from metrics.choices import Choices
from metrics.simulation import SimBench, simbench
from metrics.turns import mean_estimate
from metrics.two_orders import two_orders
from metrics.uncertainty import Estimate
from models.registry import model_name

PAIR_COLUMNS = ("preferred", "shown_first", "abstained", "consistent")


@dataclass(frozen=True)
class Played:
    """Judgements that a model gave as a member of groups.

    Attributes:
        mode: "pairs" or "scores".
        question: to which the items are answers.
        items: the answers.
        model: name of the model that played.
        groups: names, in order.
        rows: one per judgement: group, rater (number in the group) and persona; of a pair also
            first and second (numbers of items) and the columns of `metrics.two_orders`; of a score
            item, score (its expected value, 1 to 5) and abstained.
    """

    mode: str
    question: str
    items: tuple[str, ...]
    model: str
    groups: tuple[str, ...]
    rows: pd.DataFrame


def played(data: RunData) -> Played:
    """Read a run of `RatersExperiment`, finished or not."""
    experiment = RatersExperiment.of(data.run)
    first = data.run.conditions[0]
    mode = mode_of(first)
    read = _pairs if mode == "pairs" else _scores
    parts = [read(experiment, c, masses(data, c.key)) for c in data.run.conditions]
    return Played(
        mode=mode,
        question=data.run.prompt,
        items=texts(first, "items"),
        model=model_name(first.model),
        groups=tuple(c.name for c in data.run.conditions),
        rows=pd.concat(parts, ignore_index=True),
    )


def _pairs(
    experiment: RatersExperiment, condition: Condition, found: Mapping[int, NDArray[np.float64]]
) -> pd.DataFrame:
    frame = _who(experiment, condition, sorted(found))
    judged = two_orders(np.array([found[i] for i in sorted(found)]).reshape(-1, 2, 2))
    return frame.assign(**{name: getattr(judged, name) for name in PAIR_COLUMNS})


def _scores(
    experiment: RatersExperiment, condition: Condition, found: Mapping[int, NDArray[np.float64]]
) -> pd.DataFrame:
    frame = _who(experiment, condition, sorted(found)).rename(columns={"first": "item"})
    given = np.array([found[i] for i in sorted(found)]).reshape(-1, len(MARKS))
    total = given.sum(axis=1)
    marks = np.array(MARKS, dtype=np.float64)
    score = np.divide(given @ marks, total, out=np.full(len(given), np.nan), where=total > 0)
    return frame.assign(score=score, abstained=1 - total)


def _who(experiment: RatersExperiment, condition: Condition, indices: list[int]) -> pd.DataFrame:
    told = [experiment.judgement(condition, index) for index in indices]
    personas = texts(condition, "personas")
    frame = pd.DataFrame(
        {
            "group": condition.name,
            "rater": [rater for rater, _ in told],
            "persona": [personas[rater] for rater, _ in told],
            "first": [shown[0] for _, shown in told],
        }
    )
    if mode_of(condition) == "pairs":
        frame["second"] = [shown[1] for _, shown in told]
    return frame


def played_choices(shown: Played, group: str) -> NamedChoices:
    """A group's pairs as choices with the model's own probabilities as weights: no letter drawn.

    Raises:
        ValueError: scores were played, not pairs.
    """
    if shown.mode != "pairs":
        raise ValueError("Expected pairs, but scores were played.")
    rows = shown.rows[(shown.rows["group"] == group) & shown.rows["preferred"].notna()]
    ahead = rows[["first", "second"]].to_numpy(np.int64)
    weights = rows["preferred"].to_numpy()
    raters = rows["rater"].to_numpy(np.int64)
    choices = Choices(
        np.concatenate([ahead, ahead[:, ::-1]]),
        np.concatenate([weights, 1 - weights]),
        np.concatenate([raters, raters]),
        len(shown.items),
    )
    return NamedChoices(choices, shown.items)


def played_responses(shown: Played, *, rng: np.random.Generator) -> Responses:
    """The play as answers of the form that people's have, marked as simulated.

    A pair's winner is drawn from the probability that is left when the pull of the place is taken
    away; scores are expected values and need no draw. Each wording of a persona is a rater.

    Args:
        shown: what was played.
        rng: draws winners.

    Raises:
        UploadError: nothing was judged yet.
    """
    known = shown.rows.dropna(subset=["preferred" if shown.mode == "pairs" else "score"])
    items = np.array(shown.items, dtype=object)
    frame = pd.DataFrame(
        {
            "rater_id": known["group"] + " " + (known["rater"] + 1).astype(str),
            "item_id": shown.question,
            "group": known["group"],
        }
    )
    if shown.mode == "pairs":
        frame["response_a"] = items[known["first"].to_numpy(np.int64)]
        frame["response_b"] = items[known["second"].to_numpy(np.int64)]
        frame["winner"] = np.where(rng.random(len(known)) < known["preferred"], "a", "b")
    else:
        frame["response_id"] = items[known["item"].to_numpy(np.int64)]
        frame["score"] = known["score"]
    note = (
        f"Simulated: {shown.model} played every rater, one per wording of the persona. They are "
        "not people, and intervals say how sure the play is, not what people would say."
    )
    found = checked_responses(RawTable(frame.reset_index(drop=True), 1, (note,)))
    return replace(found, simulated=shown.model)


@dataclass(frozen=True)
class PlayChecks:
    """How far a play is to be trusted; raters are the units.

    Attributes:
        shown_first: how strongly the place pulls, 0.5 not at all; of scores undefined.
        consistent: share of pairs whose preference doesn't turn with the order; likewise.
        abstained: mass of replies that are no choice.
    """

    shown_first: Estimate
    consistent: Estimate
    abstained: Estimate


def play_checks(shown: Played) -> PlayChecks:
    """Position bias, consistency and abstention over all raters of all groups."""
    by_rater = shown.rows.groupby(["group", "rater"])

    def mean(name: str) -> Estimate:
        if name not in shown.rows:
            return Estimate.undefined(0, "Only pairs have an order.")
        values = by_rater[name].mean().dropna().clip(0, 1)
        return mean_estimate(values.to_numpy(), limits=(0, 1), units="raters")

    return PlayChecks(*(mean(name) for name in ("shown_first", "consistent", "abstained")))


@dataclass(frozen=True)
class TownTruth:
    """A play held against what the town's rules say.

    Attributes:
        rows: one per group and pair (or item): played and known; both probabilities, or scores.
        correlation: of both over all rows; NaN below three.
        gap: mean of |played − known|, over pairs, with its interval.
        right: share of rows on which both are on the same side of even; ties left out.
        score: SimBench score of the play, the town's rules standing in for people.
    """

    rows: pd.DataFrame
    correlation: float
    gap: Estimate
    right: Estimate
    score: SimBench | None


def town_truth(shown: Played) -> TownTruth | None:
    """The play of the town's groups against their known odds; None where these aren't known."""
    readings = [read_back(item) for item in shown.items]
    topics = {reading.topic for reading in readings if reading is not None}
    if None in readings or len(topics) != 1 or not set(shown.groups) <= set(load_town().groups):
        return None
    topic = topics.pop()
    ideas = [reading.idea for reading in readings if reading is not None]
    pairs = shown.mode == "pairs"
    units = ["first", "second"] if pairs else ["item"]
    value = "preferred" if pairs else "score"
    means = shown.rows.groupby(["group", *units])[value].mean().dropna()
    rows = means.reset_index().rename(columns={value: "played"})
    if pairs:  # of two wordings of one idea there is no truth
        rows = rows[[ideas[a] != ideas[b] for a, b in rows[units].to_numpy()]]
    if rows.empty:
        return None
    if pairs:
        rows["known"] = [
            choice_probability(topic, ideas[a], ideas[b], group)
            for group, a, b in zip(rows["group"], rows["first"], rows["second"], strict=True)
        ]
    else:
        known = zip(rows["group"], rows["item"], strict=True)
        rows["known"] = [1 + 4 * yes_probability(topic, ideas[i], group) for group, i in known]
    return _against(rows.reset_index(drop=True), units, pairs=pairs)


def _against(rows: pd.DataFrame, units: list[str], *, pairs: bool) -> TownTruth:
    middle = 0.5 if pairs else 3.0
    sides = rows[rows["known"] != middle]
    same = (sides["played"] > middle) == (sides["known"] > middle)
    distance = (rows["played"] - rows["known"]).abs()
    by_unit = [rows[name] for name in units]  # groups share their pairs: those are the units
    gap = mean_estimate(distance.groupby(by_unit).mean(), limits=(0, np.inf), units="pairs")
    agreed = same.groupby([sides[name] for name in units]).mean()
    right = mean_estimate(agreed, limits=(0, 1), units="pairs")
    enough = len(rows) > 2 and rows["played"].std() > 0 and rows["known"].std() > 0
    both = rows[["played", "known"]].to_numpy()
    correlation = float(np.corrcoef(both.T)[0, 1]) if enough else float("nan")
    score = None
    if pairs:
        score = simbench(*(np.stack([p, 1 - p], axis=1) for p in both.T))
    return TownTruth(rows, correlation, gap, right, score)
