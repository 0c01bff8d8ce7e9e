"""What every experiment is: frozen settings that can be run into a stream of events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from data.divergences import TokenDivergence
from data.schema import Condition, ModelRef, Sample
from models.base import LanguageModel


@dataclass(frozen=True, slots=True)
class SampleDrawn:
    """A draw is finished."""

    condition: str  # its key
    sample: Sample


@dataclass(frozen=True, slots=True)
class DivergenceFound:
    """How far a draw's context has moved from its reference, token by token."""

    condition: str  # its key
    index: int
    divergence: TokenDivergence


Event = SampleDrawn | DivergenceFound
Drawn = Mapping[str, Mapping[int, Sample]]  # condition key → index → draw


@dataclass(frozen=True, slots=True)
class Turn:
    """A piece of work for one loaded model, short enough to take turns with other visitors'."""

    model: ModelRef
    work: Callable[[LanguageModel, Callable[[], bool]], Iterator[Event]]


class Experiment(Protocol):
    """Settings that know how to run themselves, turn by turn.

    A job manager gives the turns to model workers; a notebook loops over them.
    """

    @property
    def kind(self) -> str:
        """What it is called in the store."""
        ...

    @property
    def prompt(self) -> str:
        """What is asked."""
        ...

    @property
    def conditions(self) -> Sequence[Condition]:
        """The ways of asking, in order."""
        ...

    @property
    def seed(self) -> int:
        """Fixes every draw, with a condition's key and a sample's index."""
        ...

    def turns(self, drawn: Drawn, pace: Callable[[], int]) -> Iterator[Turn]:
        """The work still to do, given what was already drawn.

        Args:
            drawn: draws to leave out; empty for a fresh run.
            pace: asked before each turn; the number of draws it may hold.
        """
        ...
