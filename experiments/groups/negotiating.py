"""Groups that negotiate which answers to take together, each at its cost, within a budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.errors import ChoraleError
from experiments.groups.ballots import Ballot
from metrics.negotiation import Move, Negotiation, best_package, negotiate
from metrics.welfare import Outcome, outcome

RESAMPLES = 400
PROPOSALS = 6  # of the worst-off group in a round
TOTAL, AGREED, FAIREST = "Best affordable total", "Negotiated", "Best for the worst-off group"
PACKAGES = (TOTAL, AGREED, FAIREST)


@dataclass(frozen=True, eq=False)
class Agreement:
    """What groups agree on, between the two packages that it is held against.

    Attributes:
        talks: the negotiation, round by round.
        packages: by name in PACKAGES, the places of the answers taken.
        means: (packages, groups) sum of each group's mean utilities.
        outcomes: by name, what it means for people who judged every answer of any package; gains
            are against the best affordable total.
    """

    talks: Negotiation
    packages: dict[str, tuple[int, ...]]
    means: NDArray[np.float64]
    outcomes: dict[str, Outcome]


def agreement_of(
    ballot: Ballot, costs: Sequence[float], *, budget: float, concession: float
) -> Agreement:
    """Let groups negotiate, and say what that does to people.

    Args:
        ballot: what can be taken; groups count as it weighs them only in the outcome's total.
        costs: (kept,) of each answer, above 0.
        budget: most that may be spent.
        concession: what each group is ready to lose, in utility.

    Raises:
        ChoraleError: the budget pays for nothing.
    """
    if min(costs) > budget:
        raise ChoraleError("The budget pays for no answer.", "Raise it, or lower a cost.")
    talks = negotiate(
        ballot.means, costs, budget=budget, concession=concession, proposals=PROPOSALS
    )
    packages = {
        TOTAL: talks.start,
        AGREED: talks.chosen,
        FAIREST: best_package(ballot.means, costs, budget=budget, worst=True),
    }
    everyone = np.stack([_taken(ballot.utilities, taken) for taken in packages.values()], axis=1)
    outcomes = {
        name: outcome(
            _comparable(everyone), ballot.groups, choice=place, default=0,
            rng=np.random.default_rng(0), weights=ballot.weights, resamples=RESAMPLES,
        )
        for place, name in enumerate(packages)
    }  # fmt: skip
    means = np.stack([_taken(ballot.means, taken) for taken in packages.values()])
    return Agreement(talks, packages, means, outcomes)


def rounds_frame(found: Agreement, ballot: Ballot) -> pd.DataFrame:
    """One row per proposal: who made it, who vetoed it, and what the mediator took."""
    rows = []
    for number, one in enumerate(found.talks.rounds, start=1):
        proposer = ballot.names[one.proposer]
        moves = one.proposals or (None,)
        rows += [
            {
                "round": number,
                "worst off": proposer,
                "proposes": "nothing that fits and helps it" if move is None
                else _told(move, ballot.labels),
                "vetoed by": "" if move is None
                else ", ".join(ballot.names[g] for g in move.vetoed_by),
                "mediator": _verdict(move, one.accepted),
            }
            for move in moves
        ]  # fmt: skip
    return pd.DataFrame(rows)


def course_frame(found: Agreement, ballot: Ballot) -> pd.DataFrame:
    """Each group's utility before the first round and after each, beside its floor."""
    told = [found.talks.start_utilities, *(one.utilities for one in found.talks.rounds)]
    return pd.DataFrame(
        {
            "round": number,
            "group": name,
            "utility": utilities[g],
            "floor": found.talks.floors[g],
        }
        for number, utilities in enumerate(told)
        for g, name in enumerate(ballot.names)
    )


def _taken(utilities: NDArray[np.float64], taken: Sequence[int]) -> NDArray[np.float64]:
    """(rows,) sum over the answers taken."""
    return utilities[:, list(taken)].sum(axis=1)


def _comparable(everyone: NDArray[np.float64]) -> NDArray[np.float64]:
    """People who judged every answer of every package: the same for all of them."""
    partly = np.isnan(everyone).any(axis=1, keepdims=True)
    return np.where(partly, np.nan, everyone)


def _told(move: Move, labels: Sequence[str]) -> str:
    added = f"“{labels[move.added]}”"
    return added if move.removed < 0 else f"{added} for “{labels[move.removed]}”"


def _verdict(move: Move | None, accepted: Move | None) -> str:
    if move is None:
        return "ends the talks"
    if move == accepted:
        return "takes it"
    if move.vetoed_by:
        return "can’t take it"
    return "takes another" if accepted is not None else "passes: fairer as it is"
