"""What the Groups page shows, computed once per content and shared by every session."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
import streamlit as st

from components.services import embedder
from data.answer_checks import Kind
from data.town.raters import TOPICS
from experiments.groups.asking import Asking, asking_of, replays_of
from experiments.groups.ballots import Ballot, ballot_of
from experiments.groups.deciding import (
    Decision,
    Majorities,
    Seats,
    decisions_of,
    majorities_of,
    seats_of,
)
from experiments.groups.grouping import Grouping, grouping_of
from experiments.groups.negotiating import Agreement, agreement_of
from experiments.groups.opinions import OpinionMap, map_opinions
from experiments.groups.options import Options, options_of, parts_of
from experiments.groups.preferences import mean_preferences, strength_preferences
from experiments.groups.questions import Questions, questions_of
from experiments.groups.rewarding import GroupValues, values_of
from experiments.groups.routing import Routed, route
from experiments.groups.searching import FoundCamps, find_camps
from experiments.groups.sources import Source, town_source
from experiments.groups.splitting import (
    TextPredictor,
    cohesion_of,
    distances_between,
    normalised_agreement,
    overall_gap,
    overall_mixed_gap,
    splits_between,
    telling_attributes,
    telling_texts,
)
from metrics.agreement import Cohesion
from metrics.budget import Plan, Replay
from metrics.group_means import GroupMeans
from metrics.splits import GroupDistances, ItemSplits, Predictor
from metrics.uncertainty import Difference

Result = TypeVar("Result")
By = tuple[str, ...]
Items = tuple[str, ...]


def _once(function: Callable[..., Result]) -> Callable[..., Result]:
    """Keep what a pure function of a source returns; the source is known by its key."""
    keep = st.cache_resource(
        max_entries=48, show_spinner=False, hash_funcs={Source: lambda source: source.key}
    )
    return cast("Callable[..., Result]", keep(function))


@st.cache_resource(max_entries=16, show_spinner=False)
def town(kind: Kind, per_group: int, seed: int, topics: tuple[str, ...] = TOPICS) -> Source:
    """The town's raters."""
    return town_source(kind, per_group=per_group, seed=seed, topics=topics)


@_once
def parts(source: Source) -> dict[str, Items]:
    """Parts within which options compare."""
    return parts_of(source)


@_once
def questions(source: Source) -> Questions:
    """What each rater said to each question."""
    return questions_of(source)


@_once
def options(source: Source, items: Items) -> Options:
    """How raters fared with the options of a part."""
    return options_of(source, items)


def grouping(source: Source, by: By) -> Grouping:
    """Raters in groups."""
    return grouping_of(source.responses, by)


@_once
def preferences(source: Source, by: By, items: Items, *, strengths: bool) -> GroupMeans:
    """How much each group likes each option."""
    make = strength_preferences if strengths else mean_preferences
    return make(options(source, items), grouping(source, by))


@_once
def splits(source: Source, by: By) -> ItemSplits:
    """How far groups split on each question."""
    return splits_between(questions(source), grouping(source, by))


@_once
def distances(source: Source, by: By) -> GroupDistances:
    """How far each two groups are apart."""
    return distances_between(questions(source), grouping(source, by))


@_once
def predictors(source: Source) -> tuple[Predictor, ...]:
    """Which attribute tells most."""
    return telling_attributes(questions(source), source.responses)


@_once
def text_predictors(source: Source, by: By) -> tuple[TextPredictor, ...]:
    """Which properties of texts go with splits."""
    texts = questions(source).labels
    vectors = np.asarray(embedder().embed(list(texts))) if len(texts) <= 2_000 else None
    return telling_texts(splits(source, by), texts, vectors=vectors)


@_once
def cohesion(source: Source, by: By) -> Cohesion:
    """Agreement within and across groups."""
    return cohesion_of(questions(source), grouping(source, by))


@_once
def cross_table(source: Source, by: By) -> np.ndarray:
    """Normalised xRR of each two groups."""
    return normalised_agreement(questions(source), grouping(source, by))


@_once
def gaps(source: Source, by: By, first: int, second: int) -> tuple[Difference, Difference]:
    """Difference of two groups over all questions: resampled, and from a mixed model."""
    asked, found = questions(source), grouping(source, by)
    return (
        overall_gap(asked, found, first, second),
        overall_mixed_gap(asked, found, first, second),
    )


@_once
def camps(source: Source, items: Items) -> FoundCamps:
    """Hidden camps among the raters."""
    return find_camps(options(source, items), source.responses)


@_once
def routed(source: Source) -> Routed | None:
    """Camps beside a router that goes by the question."""
    return route(source, options(source, ()), camps(source, ()), embedder().embed)


@_once
def opinion_map(source: Source, groups: int) -> OpinionMap:
    """The opinion map of votes."""
    return map_opinions(source, questions(source), groups=groups)


@_once
def ballot(source: Source, by: By, items: Items, *, by_size: bool) -> Ballot:
    """What can be decided."""
    return ballot_of(options(source, items), grouping(source, by), by_size=by_size)


@_once
def decisions(
    source: Source, by: By, items: Items, *, by_size: bool, default: int, aversion: float
) -> tuple[Decision, ...]:
    """What each rule chooses."""
    return decisions_of(
        ballot(source, by, items, by_size=by_size), default=default, aversion=aversion
    )


@_once
def majorities(source: Source, by: By, items: Items, *, by_size: bool) -> Majorities:
    """What pairwise majorities say."""
    return majorities_of(ballot(source, by, items, by_size=by_size))


@_once
def seats(source: Source, by: By, items: Items, *, by_size: bool, size: int) -> Seats:
    """What panels would choose."""
    return seats_of(ballot(source, by, items, by_size=by_size), size=size)


@_once
def agreement(
    source: Source, by: By, items: Items, costs: tuple[float, ...], budget: float, concession: float
) -> Agreement:
    """What groups agree on within a budget."""
    found = ballot(source, by, items, by_size=False)
    return agreement_of(found, costs, budget=budget, concession=concession)


@_once
def values(source: Source, by: By) -> GroupValues:
    """What words are worth to each group."""
    return values_of(source, grouping(source, by))


def asking(
    source: Source, by: By, items: Items, option: int, costs: tuple[float, ...], budget: float
) -> Asking | None:
    """Where the next money goes."""
    found = grouping(source, by)
    return asking_of(
        options(source, items).utilities[:, option],
        found,
        weights=np.ones(len(found.shown)),
        costs=np.array(costs),
        budget=budget,
    )


@_once
def replays(
    source: Source, by: By, items: Items, option: int, costs: tuple[float, ...], budget: float
) -> dict[Plan, Replay]:
    """Plans of asking followed on these data."""
    found = asking(source, by, items, option, costs, budget)
    assert found is not None
    weights = np.ones(len(found.names))
    return replays_of(found, weights=weights, costs=np.array(costs), budget=budget)
