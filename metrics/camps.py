"""Hidden camps: groups of raters who choose alike, whatever they are labelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp
from sklearn.metrics import adjusted_mutual_info_score

from metrics.choices import NOBODY, Choices
from metrics.mixture import ChoiceTable, Mixtures, choice_table, log_joint, mixture

CHOICES_PER_RATER = 10  # below it camps are not to be told from noise
RIDGE = 0.1


@dataclass(frozen=True)
class Camps:
    """A mixture of Bradley–Terry or Plackett–Luce models, one for each camp.

    Attributes:
        shares: (camps,) part of the raters, largest first.
        strengths: (camps, items) θ, each row of mean zero.
        belongs: (raters, camps) probability of each rater to belong to each camp.
        log_likelihood: of all choices, without the ridge.
        bic: −2 log-likelihood + parameters · ln raters; smaller is better.
        aic3: −2 log-likelihood + 3 · parameters; smaller is better.
    """

    shares: NDArray[np.float64]
    strengths: NDArray[np.float64]
    belongs: NDArray[np.float64]
    log_likelihood: float
    bic: float
    aic3: float

    @property
    def members(self) -> NDArray[np.int64]:
        """(raters,) the likeliest camp of each."""
        return self.belongs.argmax(axis=1)


@dataclass(frozen=True)
class CampSearch:
    """Fits with one camp, two, three …, and how each does.

    Attributes:
        fits: with 1, 2 … camps.
        held_out: (fits,) mean log-likelihood per rater who was left out of the fit.
    """

    fits: tuple[Camps, ...]
    held_out: NDArray[np.float64]

    @property
    def by_bic(self) -> Camps:
        """The fit of smallest BIC."""
        return min(self.fits, key=lambda fit: fit.bic)

    @property
    def by_aic3(self) -> Camps:
        """The fit of smallest AIC3.

        References:
            Andrews and Currim 2003, who found it best for mixtures of choice models.
        """
        return min(self.fits, key=lambda fit: fit.aic3)

    @property
    def by_held_out(self) -> Camps:
        """The fit under which raters who were left out are likeliest."""
        return self.fits[int(np.argmax(self.held_out))]


@dataclass(frozen=True)
class Explained:
    """How far labels tell which camp a rater is in.

    Attributes:
        value: adjusted mutual information: 0 as by chance, 1 entirely.
        p_value: one-sided, labels permuted among raters.
        raters: number of raters.
    """

    value: float
    p_value: float
    raters: int


def camps_refusal(choices: Choices) -> str:
    """Why camps are not looked for in so few choices; "" if they may be."""
    _, counts = np.unique(choices.raters, return_counts=True)
    if len(counts) and np.median(counts) >= CHOICES_PER_RATER:
        return ""
    each = float(np.median(counts)) if len(counts) else 0.0
    return (
        f"Camps need {CHOICES_PER_RATER} or more choices per rater; here half of the raters made "
        f"{each:.0f} or fewer."
    )


def fit_camps(
    choices: Choices,
    camps: int,
    *,
    rng: np.random.Generator,
    restarts: int = 10,
    ridge: float = RIDGE,
) -> Camps:
    """Soft EM: raters belong to camps by degrees, each camp has strengths of its own.

    The likelihood of a rater's choices under camp k is π_k Π p(choice | θ_k).

    Args:
        choices: raters numbered from 0.
        camps: K ≥ 1.
        rng: for the starts.
        restarts: ≥ 1; more find better optima.
        ridge: > 0, prior precision of each θ.

    Raises:
        ValueError: camps is less than 1 or more than there are raters, or there are no choices.

    References:
        Dempster, Laird and Rubin 1977; Chakraborty et al. 2024, MaxMin-RLHF (with hard camps).
    """
    table = choice_table(choices)
    raters = table.counts.shape[0]
    if not 1 <= camps <= raters:
        raise ValueError(f"Expected 1 to {raters} camps but it was {camps}.")
    return _finished(mixture(table, camps, rng=rng, restarts=restarts, ridge=ridge), table)


def choose_camps(
    choices: Choices, *, rng: np.random.Generator, most: int = 5, folds: int = 5, restarts: int = 10
) -> CampSearch:
    """Fits with 1 to `most` camps, by AIC3, by BIC and by raters who were left out.

    Args:
        choices: raters numbered from 0.
        rng: for starts and folds.
        most: largest K.
        folds: parts of the raters, each left out once; 0 for no such check (held_out is NaN).
        restarts: as in `fit_camps`.

    Raises:
        ValueError: too few choices per rater: `camps_refusal` says why.
    """
    if refusal := camps_refusal(choices):
        raise ValueError(refusal)
    fits = tuple(fit_camps(choices, k, rng=rng, restarts=restarts) for k in range(1, most + 1))
    table = choice_table(choices)
    fold = rng.permutation(table.counts.shape[0]) % max(folds, 1)
    held_out = [
        float(held_out_by_rater(table, k, fold, rng=rng, restarts=restarts).mean())
        for k in range(1, most + 1)
        if folds
    ]
    return CampSearch(fits, np.array(held_out or [np.nan] * most))


def labels_explain(
    members: ArrayLike, labels: Sequence[object], *, rng: np.random.Generator, resamples: int = 1000
) -> Explained:
    """How far a label (age, town …) tells which camp a rater is in.

    Args:
        members: (raters,) camp of each.
        labels: (raters,) label of each.
        rng: permutes the labels.
        resamples: permutations.

    Raises:
        ValueError: lengths differ.

    References:
        Vinh, Epps and Bailey 2010.
    """
    camps = np.asarray(members)
    _, codes = np.unique(np.asarray(labels, dtype=str), return_inverse=True)
    if len(codes) != len(camps):
        raise ValueError(f"Expected {len(camps)} labels but there were {len(codes)}.")
    if codes.max(initial=0) == 0 or len(np.unique(camps)) < 2:
        return Explained(float("nan"), float("nan"), len(camps))
    value = adjusted_mutual_info_score(codes, camps)
    observed = _information(codes, camps)
    chance = [_information(rng.permutation(codes), camps) for _ in range(resamples)]
    at_least = int(np.sum(np.array(chance) >= observed - 1e-12))
    return Explained(float(value), (1 + at_least) / (resamples + 1), len(camps))


def _finished(run: Mixtures, table: ChoiceTable) -> Camps:
    order = np.argsort(-run.shares[0], kind="stable")
    theta = run.theta[0][order]
    theta = theta - theta.mean(axis=1, keepdims=True)
    camps, raters = len(order), table.counts.shape[0]
    seen = len(np.unique(table.sets[table.sets != NOBODY]))
    parameters = camps * (seen - 1) + camps - 1
    misfit = -2 * float(run.log_likelihood[0])
    return Camps(
        run.shares[0][order],
        theta,
        run.belongs[0][:, order],
        float(run.log_likelihood[0]),
        bic=misfit + parameters * float(np.log(raters)),
        aic3=misfit + 3 * parameters,
    )


def held_out_by_rater(
    table: ChoiceTable,
    camps: int,
    fold: NDArray[np.int64],
    *,
    rng: np.random.Generator,
    restarts: int,
) -> NDArray[np.float64]:
    """(raters,) log-likelihood of each rater's choices under a mixture fitted without that rater.

    Args:
        table: choices per rater.
        camps: K ≥ 1.
        fold: (raters,) in which part each is; parts are left out in turn.
        rng: for the starts.
        restarts: as in `fit_camps`.
    """
    found = np.empty(len(fold))
    for left_out in np.unique(fold):
        out = fold == left_out
        run = mixture(table.of(~out), camps, rng=rng, restarts=restarts, ridge=RIDGE)
        found[out] = logsumexp(log_joint(table.of(out), run), axis=2)[0]
    return found


def _information(labels: NDArray[np.int64], camps: NDArray[np.int64]) -> float:
    """Mutual information in nats."""
    _, place = np.unique(camps, return_inverse=True)
    width = int(place.max()) + 1
    counts = np.bincount(labels * width + place, minlength=(labels.max() + 1) * width)
    joint = counts.reshape(-1, width) / len(labels)
    even = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    return float(np.sum(joint[joint > 0] * np.log(joint[joint > 0] / even[joint > 0])))
