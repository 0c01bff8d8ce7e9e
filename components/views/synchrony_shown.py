"""What of the Synchrony page is on show: policies alone, or a model's replies."""

from __future__ import annotations

from dataclasses import dataclass

from data.schema import RunData
from experiments.exchanges import Exchange
from experiments.loop_results import loop_texts
from experiments.synchrony import Frontier

NAMELESS = (
    "Instructions and register flips need features with names. These styles are directions of an "
    "embedding, which have none: choose the eight features to see them."
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What is on show.

    Attributes:
        frontier: of policies, or of a model's replies.
        title: whose styles these are.
        data: the run that the replies are from; None where policies alone were played.
    """

    frontier: Frontier
    title: str
    data: RunData | None = None

    @property
    def is_loop(self) -> bool:
        """Whether a model spoke."""
        return self.data is not None

    def texts(self, policy: int) -> tuple[Exchange, ...]:
        """What was said under one policy: in a loop the model's replies, else the corpus's."""
        if self.data is None:
            return self.frontier.speech.exchanges
        turns = self.frontier.simulation.states.shape[2] + 1
        key = self.data.run.conditions[policy].key
        return tuple(
            each
            for place, each in enumerate(loop_texts(self.data, key, turns))
            if place % turns  # the first turn was adapted to nothing
        )
