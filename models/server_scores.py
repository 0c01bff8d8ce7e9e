"""What a server's model can't tell, and the nearest that it can."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from data.errors import UnsupportedError
from data.schema import Message
from models.base import Answers, Distributions, Divergence, ModelInfo

UNTOLD = 0.01  # mass that may hide a choice; more than that, and its probability is not known


class WithoutDistributions:
    """The part of `models.base.LanguageModel` that no chat server fulfils."""

    @property
    def info(self) -> ModelInfo:
        """What it is."""
        raise NotImplementedError

    def answer_ids(self, text: str) -> tuple[int, ...]:
        """Refused: a chat server doesn't show how it cuts a text into tokens.

        Raises:
            UnsupportedError: always.
        """
        raise self._refusal("doesn't show how it cuts a text into tokens", "Compare texts instead")

    def score(self, messages: Sequence[Message], answers: Answers) -> list[NDArray[np.float64]]:
        """Refused: a chat server tells log-probabilities of what it draws itself only.

        Raises:
            UnsupportedError: always.
        """
        raise self._refusal(
            "tells log-probabilities of its own draws only, not of a given answer",
            "Its draws carry theirs",
        )

    def divergence(
        self, messages: Sequence[Message], other: Sequence[Message], answers: Answers
    ) -> list[Divergence]:
        """Refused: it takes whole distributions.

        Raises:
            UnsupportedError: always.
        """
        raise self._refusal(
            "shows no full distributions, so a divergence can't be computed",
            "The likeliest first tokens of two prompts bound it from below",
        )

    def divergence_each(
        self,
        chats: Sequence[Sequence[Message]],
        others: Sequence[Sequence[Message]],
        answers: Answers,
    ) -> list[Divergence]:
        """Refused, as `divergence`.

        Raises:
            UnsupportedError: always.
        """
        return self.divergence(chats[0], others[0], answers)

    def distributions(self, messages: Sequence[Message], answers: Answers) -> Distributions:
        """Refused.

        Raises:
            UnsupportedError: always.
        """
        raise self._refusal(
            "shows no full distributions", "It shows the 20 likeliest first tokens at most"
        )

    def hidden_states(
        self, messages: Sequence[Message], answers: Answers, *, layers: Sequence[int] | None = None
    ) -> NDArray[np.float32]:
        """Refused.

        Raises:
            UnsupportedError: always.
        """
        raise self._refusal("doesn't show what goes on inside", "Texts can be embedded instead")

    def _refusal(self, what: str, instead: str) -> UnsupportedError:
        return UnsupportedError(
            f"{self.info.name} runs on a server, which {what}.",
            f"{instead}; for more, choose a model on this machine.",
        )


def chance_of_beginning(choice: str, likeliest: Mapping[str, float]) -> float:
    """Probability that a reply begins with a choice, from its likeliest first tokens.

    Args:
        choice: not blank.
        likeliest: first tokens as text, and their log-probabilities.

    Returns:
        The mass of the tokens that begin with the choice, space in front or not. At most 0.01 too
        small; NaN where more than that lies on tokens that aren't shown or that may go on to
        spell the choice.
    """
    wanted = choice.strip()
    shown = {token: math.exp(logprob) for token, logprob in likeliest.items()}
    told = sum(mass for token, mass in shown.items() if token.lstrip().startswith(wanted))
    hidden = 1 - sum(shown.values())
    hidden += sum(
        mass
        for token, mass in shown.items()
        if len(token.lstrip()) < len(wanted) and wanted.startswith(token.lstrip())
    )
    return told if hidden <= UNTOLD else math.nan
