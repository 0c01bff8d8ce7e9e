"""What one visitor may ask of this host."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from data.errors import ChoraleError, ModelError, QueueError
from experiments.base import Experiment
from experiments.strategies.registry import most_tokens
from models.registry import offered_ids
from models.server_address import is_server, parse_server


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps per visitor.

    Attributes:
        samples: draws of one run, all conditions together.
        tokens: new tokens that one run may draw at most.
        runs: runs of one visitor that are queued or going.
        models: ids of the models that may be used; None allows any.
    """

    samples: int = 1_000_000
    tokens: int = 1_000_000_000
    runs: int = 16
    models: frozenset[str] | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Limits:
        """Those of a public host when CHORALE_PUBLIC is 1, else hardly any.

        CHORALE_MAX_SAMPLES, CHORALE_MAX_TOKENS and CHORALE_MAX_RUNS override each. A public host
        runs the models on its operator's list; see `models.registry.offered_ids`.

        Raises:
            ChoraleError: one of them is not a whole number above 0.
        """
        public = environment.get("CHORALE_PUBLIC") == "1"
        base = cls(samples=1024, tokens=131_072, runs=2) if public else cls()
        return cls(
            samples=_whole(environment, "CHORALE_MAX_SAMPLES", base.samples),
            tokens=_whole(environment, "CHORALE_MAX_TOKENS", base.tokens),
            runs=_whole(environment, "CHORALE_MAX_RUNS", base.runs),
            models=offered_ids(environment) if public else None,
        )

    def check(self, experiment: Experiment, *, active: int) -> None:
        """Accept an experiment or say why not.

        Args:
            experiment: what a visitor wants to start.
            active: runs of this visitor that are queued or going.

        Raises:
            QueueError: it is over one of the caps.
            ModelError: this host doesn't offer one of its models, or may not go where it is.
        """
        for model in (model for condition in experiment.conditions for model in condition.models):
            if is_server(model.id):
                parse_server(model.id)  # before its address is stored anywhere
            if self.models is not None and model.id not in self.models:
                raise ModelError(
                    f"This host doesn't offer the model “{model.id}”.",
                    "Choose one from the list.",
                )
        if active >= self.runs:
            raise QueueError(
                f"You have {active} runs going, and this host takes {self.runs} per visitor.",
                "Wait for one to end, or stop it.",
            )
        samples = sum(c.n for c in experiment.conditions)
        if samples > self.samples:
            raise QueueError(
                f"This run asks for {samples} answers, and this host gives {self.samples} per run.",
                "Ask for fewer answers or compare fewer conditions.",
            )
        tokens = sum(most_tokens(condition) for condition in experiment.conditions)
        if tokens > self.tokens:
            raise QueueError(
                f"This run may draw {tokens} tokens, and this host gives {self.tokens} per run.",
                "Ask for fewer or shorter answers.",
            )


def _whole(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, "").strip()
    if not text:
        return default
    if not text.isdecimal() or int(text) == 0:
        raise ChoraleError(
            f"{name} is “{text}”, which is not a whole number above 0.",
            "Correct it in the environment and start Chorale again.",
        )
    return int(text)
