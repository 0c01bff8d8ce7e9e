"""What each way of deciding would choose, and what that means for each group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.groups.ballots import Ballot
from experiments.groups.grouping import EVERYONE
from metrics.seats import seat_of_power
from metrics.uncertainty import Estimate
from metrics.voting import (
    borda,
    condorcet_winner,
    copeland,
    exploitability,
    has_cycle,
    margins,
    maximal_lottery,
    nash_mirror_prox,
    resampled_share,
    schulze,
    smith_set,
)
from metrics.welfare import (
    Outcome,
    atkinson,
    best_of_n,
    leximin_order,
    maximin,
    nash_product,
    outcome,
    utilitarian,
)

RESAMPLES = 400
AVERSIONS = (0.0, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 20.0, np.inf)
RULES: Mapping[str, tuple[str, str]] = {
    "utilitarian": ("Largest total", "Largest mean utility, groups weighted as chosen."),
    "maximin": ("Best for the worst-off group", "Largest utility of the group that fares worst."),
    "leximin": ("Leximin", "As that, ties by the second worst-off group, and so on."),
    "nash": ("Nash product", "Largest product of groups’ gains over their worst option."),
    "atkinson": ("Atkinson", "Largest equally distributed utility that would be as good."),
    "weighted": ("Best of n, weighted", "Largest weighted sum of standardised group rewards."),
    "least": ("Best of n, least reward", "Largest least standardised reward of a group."),
    "borda": ("Borda", "Wins most against all others together."),
    "copeland": ("Copeland", "Beats the most others by majority."),
    "schulze": ("Schulze", "Nobody beats it along a stronger path of majorities."),
    "lottery": ("Maximal lottery", "A mixture that no option beats on average."),
    "game": ("Nash equilibrium", "Equilibrium of the preference game, by mirror-prox."),
}
MIXED = ("lottery", "game")


@dataclass(frozen=True, eq=False)
class Decision:
    """What one rule does.

    Attributes:
        rule: key in RULES.
        shares: (kept,) probability of each option; one of them 1 unless the rule mixes.
        choice: the option of largest share.
        outcome: what it means for people, against the default.
    """

    rule: str
    shares: NDArray[np.float64]
    choice: int
    outcome: Outcome

    @property
    def mixes(self) -> bool:
        """Whether more than one option has a share worth naming."""
        return bool(self.shares.max() < 0.995)


@dataclass(frozen=True)
class Majorities:
    """What pairwise majorities say.

    Attributes:
        winner: option that beats each other one; None if there is none.
        top: the smallest set that beats all others.
        cycle: whether majorities run in a circle among them.
        cycle_share: how often they do when raters are drawn anew.
        exploitability: of always choosing the utilitarian option, against the best reply.
        game: exploitability of the equilibrium found.
    """

    winner: int | None
    top: tuple[int, ...]
    cycle: bool
    cycle_share: Estimate
    exploitability: float
    game: float


@dataclass(frozen=True, eq=False)
class Seats:
    """Who is asked decides who is served.

    Attributes:
        names: (seats,) from whom panels are drawn.
        shares: (seats, options) part of panels that choose each.
        welfare: (seats, groups) mean utility of each group under their choices.
        spread: (seats, groups, 2) its 2.5 and 97.5 percentiles over panels.
        size: of a panel.
    """

    names: tuple[str, ...]
    shares: NDArray[np.float64]
    welfare: NDArray[np.float64]
    spread: NDArray[np.float64]
    size: int


def decisions_of(ballot: Ballot, *, default: int, aversion: float = 1.0) -> tuple[Decision, ...]:
    """What every rule chooses and what that does to people.

    Args:
        ballot: what is decided.
        default: option that gains and losses are held against.
        aversion: ε of the Atkinson rule.
    """
    shares = {rule: _shares(rule, ballot, aversion) for rule in RULES}
    mixed = np.stack([_mixed(ballot.utilities, shares[rule]) for rule in MIXED], axis=1)
    table = np.concatenate([ballot.utilities, mixed], axis=1)
    n, known = len(ballot.labels), {}
    made = []
    for rule, share in shares.items():
        column = n + MIXED.index(rule) if rule in MIXED else int(np.argmax(share))
        if column not in known:
            known[column] = outcome(
                table, ballot.groups, choice=column, default=default,
                rng=np.random.default_rng(0), weights=ballot.weights, resamples=RESAMPLES,
            )  # fmt: skip
        made.append(Decision(rule, share, int(np.argmax(share)), known[column]))
    return tuple(made)


def majorities_of(ballot: Ballot) -> Majorities:
    """Condorcet winner, Smith set, cycles with how often they stand, and what a reply wins."""
    margin = margins(ballot.wins)
    cycle_share = resampled_share(
        ballot.wins_by_rater, has_cycle, rng=np.random.default_rng(0), resamples=RESAMPLES
    )
    best = int(np.argmax(utilitarian(ballot.means, ballot.weights)))
    alone = np.eye(len(ballot.labels))[best]
    game = _shares("game", ballot, 1.0)
    return Majorities(
        condorcet_winner(margin),
        tuple(int(i) for i in smith_set(margin)),
        has_cycle(margin),
        cycle_share,
        exploitability(ballot.preference, alone),
        exploitability(ballot.preference, game),
    )


def aversion_curve(ballot: Ballot) -> NDArray[np.float64]:
    """(aversions, options) Atkinson's equally distributed utility along AVERSIONS."""
    return np.stack([atkinson(ballot.means, aversion=e, weights=ballot.weights) for e in AVERSIONS])


def seats_of(ballot: Ballot, *, size: int, panels: int = 1000) -> Seats:
    """What panels drawn from everyone, and from each group alone, would choose.

    Args:
        ballot: what is decided.
        size: raters on a panel, drawn with replacement.
        panels: how many are drawn.
    """
    everyone = np.ones(len(ballot.groups), dtype=bool)
    seats = [everyone, *(ballot.groups == g for g in range(len(ballot.names)))]
    rng, n = np.random.default_rng(0), len(ballot.labels)
    shares, welfare, spread = [], [], []
    for seat in seats:
        chosen = seat_of_power(ballot.utilities, seats=seat, size=size, rng=rng, resamples=panels)
        chosen = chosen[chosen >= 0]
        shares.append(np.bincount(chosen, minlength=n) / max(len(chosen), 1))
        under = ballot.means[:, chosen]
        welfare.append(under.mean(axis=1))
        spread.append(np.percentile(under, [2.5, 97.5], axis=1).T)
    names = (EVERYONE, *ballot.names)
    return Seats(names, np.stack(shares), np.stack(welfare), np.stack(spread), size)


def _shares(rule: str, ballot: Ballot, aversion: float) -> NDArray[np.float64]:
    if rule == "lottery":
        return maximal_lottery(margins(ballot.wins))
    if rule == "game":
        return nash_mirror_prox(ballot.preference, steps=4_000).shares
    chosen = np.zeros(len(ballot.labels))
    chosen[_choice(rule, ballot, aversion)] = 1
    return chosen


def _mixed(utilities: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """(raters,) mean utility under a mixture; NaN for who didn't judge all that has 1 % or more."""
    named = shares >= 0.01
    return utilities[:, named] @ (shares[named] / shares[named].sum())


def _choice(rule: str, ballot: Ballot, aversion: float) -> int:
    means, weights, wins = ballot.means, ballot.weights, ballot.wins
    if rule == "leximin":
        return int(leximin_order(means)[0])
    if rule in {"weighted", "least"}:
        return best_of_n(means, weights=weights, worst=rule == "least")
    # Below the worst that each group can get, so that no gain is 0.
    floor = means.min(axis=1) - 0.01
    scores = {
        "utilitarian": lambda: utilitarian(means, weights),
        "maximin": lambda: maximin(means),
        "nash": lambda: nash_product(means, floor=floor, weights=weights),
        "atkinson": lambda: atkinson(means, aversion=aversion, weights=weights),
        "borda": lambda: borda(margins(wins)),
        "copeland": lambda: copeland(margins(wins)),
        "schulze": lambda: schulze(wins),
    }
    return int(np.argmax(scores[rule]()))
