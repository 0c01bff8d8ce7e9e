"""Camps of raters beside a router that goes by the question: which foretells new raters better?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.groups.options import Options, items_of_options
from experiments.groups.searching import FOLDS, RESTARTS, FoundCamps, choices_of_raters
from experiments.groups.sources import Source
from metrics.camps import held_out_by_rater
from metrics.choices import NOBODY
from metrics.mixture import choice_table
from metrics.routing import PENALTY, choice_log_likelihood, fit_router
from metrics.turns import mean_estimate
from metrics.uncertainty import Estimate

MOST_DIMENSIONS = 8
PENALTIES = (PENALTY, 0.0)

Embed = Callable[[Sequence[str]], NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class Routed:
    """Both mixtures with as many parts each, held to raters who were left out.

    Attributes:
        tastes: K of both.
        camps: mean log-likelihood of a rater who was left out, under camps.
        router: penalty λ → likewise under a router.
        gains: penalty λ → router minus camps, rater by rater.
        questions: texts.
        weights: (questions, tastes) of the router with the penalty of its paper.
    """

    tastes: int
    camps: Estimate
    router: dict[float, Estimate]
    gains: dict[float, Estimate]
    questions: tuple[str, ...]
    weights: NDArray[np.float64]


def questions_of_options(source: Source, options: Options) -> tuple[tuple[str, ...], NDArray]:
    """Texts of the questions, and (options, questions) how much each option belongs to each."""
    pairs = items_of_options(source)
    pairs = pairs[pairs["response_id"].isin(options.names)]
    texts = pairs["item_id"].map(lambda item: source.texts.get(item, item))
    codes, names = pd.factorize(texts)
    belongs = np.zeros((len(options.names), len(names)))
    place = {name: i for i, name in enumerate(options.names)}
    np.add.at(belongs, (pairs["response_id"].map(place).to_numpy(), codes), 1.0)
    totals = belongs.sum(axis=1, keepdims=True)
    return tuple(map(str, names)), np.divide(
        belongs, totals, out=np.full_like(belongs, 1 / max(len(names), 1)), where=totals > 0
    )


def route(source: Source, options: Options, found: FoundCamps, embed: Embed) -> Routed | None:
    """Fit a router to the choices in which camps were found, and hold both to new raters.

    Args:
        source: whose questions.
        options: of all of its parts.
        found: camps among its raters.
        embed: places questions in a space of meaning.

    Returns:
        None where all choices are about one question, so that there is nothing to go by.
    """
    questions, belongs = questions_of_options(source, options)
    if len(questions) < 2:
        return None
    rng = np.random.default_rng(0)
    table = choice_table(choices_of_raters(options.choices, found.raters))
    places = _reduced(np.asarray(embed(list(questions)), dtype=np.float64))
    of_option = belongs @ places
    there = table.sets != NOBODY
    contexts = (of_option[table.sets] * there[..., None]).sum(axis=1) / there.sum(axis=1)[:, None]
    tastes = max(found.chosen, 2)
    fold = rng.permutation(table.counts.shape[0]) % FOLDS
    camps = held_out_by_rater(table, tastes, fold, rng=rng, restarts=RESTARTS)
    routers = {penalty: np.empty(len(fold)) for penalty in PENALTIES}
    for penalty, told in routers.items():
        for k in range(FOLDS):
            made = fit_router(table.of(fold != k), contexts, tastes, rng=rng, penalty=penalty)
            told[fold == k] = table.of(fold == k).counts @ choice_log_likelihood(
                table, contexts, made
            )
    whole = fit_router(table, contexts, tastes, rng=rng)
    return Routed(
        tastes,
        mean_estimate(camps, units="raters"),
        {penalty: mean_estimate(told, units="raters") for penalty, told in routers.items()},
        {penalty: mean_estimate(told - camps, units="raters") for penalty, told in routers.items()},
        questions,
        whole.weights(places),
    )


def _reduced(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """(questions, d) principal components of unit size, eight at most."""
    centred = vectors - vectors.mean(axis=0)
    u, size, _ = np.linalg.svd(centred, full_matrices=False)
    kept = min(MOST_DIMENSIONS, int((size > 1e-9).sum()))
    return u[:, :kept] * np.sqrt(len(vectors))
