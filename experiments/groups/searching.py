"""Hidden camps, and how far labels tell who is in which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.importers import Responses
from experiments.groups.options import Options
from metrics.camps import (
    CHOICES_PER_RATER,
    CampSearch,
    Explained,
    camps_refusal,
    choose_camps,
    labels_explain,
)
from metrics.choices import Choices
from metrics.memberships import adjusted

MOST_RATERS = 1_200  # among whom camps are looked for
MOST_CAMPS = 5
RESTARTS, FOLDS = 6, 3


@dataclass(frozen=True, eq=False)
class FoundCamps:
    """Camps among raters, beside their labels.

    Attributes:
        search: fits with one camp, two …
        raters: (m,) rows of the raters who took part.
        chosen: number of camps of smallest AIC3.
        explained: attribute → how far it tells the camp.
        q_values: attribute → Benjamini–Hochberg over the attributes.
        sampled: raters there are, where not all took part; else 0.
    """

    search: CampSearch
    raters: NDArray[np.int64]
    explained: dict[str, Explained]
    q_values: dict[str, float]
    sampled: int

    @property
    def chosen(self) -> int:
        """Number of camps of smallest AIC3."""
        return len(self.search.by_aic3.shares)


def why_no_camps(options: Options) -> str:
    """Why camps are not looked for; "" where they may be."""
    if not len(options.choices.sets):
        return "Nobody compared two of these answers."
    if len(np.unique(options.choices.raters)) < 50:
        return "Camps are looked for among 50 raters or more."
    weight = np.bincount(options.choices.raters, weights=options.choices.weights)
    if (made := float(np.median(weight[weight > 0]))) < CHOICES_PER_RATER:
        return (
            f"Camps need {CHOICES_PER_RATER} or more choices per rater; here half of the raters "
            f"made what amounts to {made:.0f} or fewer."
        )
    return camps_refusal(options.choices)


def find_camps(options: Options, responses: Responses) -> FoundCamps:
    """Camps by AIC3, by BIC and by raters who were left out, and how far each attribute tells them.

    Args:
        options: with their choices, of which `why_no_camps` has nothing to say.
        responses: whose attributes are held against the camps.
    """
    rng = np.random.default_rng(0)
    present = np.unique(options.choices.raters)
    taken = np.sort(rng.permutation(present)[:MOST_RATERS])
    choices = choices_of_raters(options.choices, taken)
    search = choose_camps(choices, rng=rng, most=MOST_CAMPS, folds=FOLDS, restarts=RESTARTS)
    members = search.by_aic3.members
    explained = {}
    for name in responses.raters.columns:
        values = responses.raters[name].to_numpy()[taken]
        known = values != ""
        if known.any():
            explained[str(name)] = labels_explain(
                members[known], values[known], rng=rng, resamples=500
            )
    q = adjusted([one.p_value for one in explained.values()])
    q_values = dict(zip(explained, map(float, q), strict=True))
    sampled = len(present) if len(taken) < len(present) else 0
    return FoundCamps(search, taken, explained, q_values, sampled)


def search_frame(found: FoundCamps) -> pd.DataFrame:
    """One row per number of camps."""
    fits = found.search.fits
    return pd.DataFrame(
        {
            "camps": range(1, len(fits) + 1),
            "AIC3": [fit.aic3 for fit in fits],
            "BIC": [fit.bic for fit in fits],
            "log-likelihood": [fit.log_likelihood for fit in fits],
            "per rater left out": found.search.held_out,
        }
    )


def camps_by_label(found: FoundCamps, responses: Responses, name: str) -> pd.DataFrame:
    """Raters of each label in each camp, labels of ten raters or more."""
    labels = responses.raters[name].to_numpy()[found.raters]
    camps = [f"camp {k + 1}" for k in found.search.by_aic3.members]
    table = pd.crosstab(pd.Series(labels, name=name), pd.Series(camps, name="camp"))
    return table[(table.sum(axis=1) >= 10) & (table.index != "")]


def choices_of_raters(choices: Choices, raters: NDArray[np.int64]) -> Choices:
    """Those of some raters, by their rows."""
    mask = np.zeros(int(choices.raters.max()) + 1, dtype=bool)
    mask[raters] = True
    return choices.of(mask)
