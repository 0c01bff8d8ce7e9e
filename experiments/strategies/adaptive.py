"""A temperature for each token: higher where the model is unsure, lower where it is sure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from data.errors import ModelError
from data.schema import LEAST_ENTROPY, AdaptiveDecoding, Decoding, Sample
from experiments.strategies.base import Method, Question, Setting, ShouldStop, shared
from models.base import LanguageModel

_QUANTILE = 0.8  # of ln H: what counts as neither sure nor unsure


@dataclass
class Adaptive:
    """One call per answer, after a pilot batch of the same prompt that sets the scale.

    Attributes:
        strength: share of the temperature by which it rises or falls at most.
        pilot: answers of the pilot; they are paid, but not kept.
    """

    strength: float
    pilot: int
    size: int = field(default=1, init=False)
    _learnt: dict[str, tuple[Decoding, int]] = field(default_factory=dict, init=False)

    def most_tokens(self, n: int, limit: int) -> int:
        """See `Way`."""
        return (n + self.pilot) * limit

    def draw(
        self,
        model: LanguageModel,
        question: Question,
        calls: Sequence[int],
        should_stop: ShouldStop,
    ) -> Iterator[Sample]:
        """See `Way`."""
        name = repr(model.info.ref)
        if name not in self._learnt:
            pilot = self._pilot(model, question, should_stop)
            if len(pilot) < self.pilot:
                return  # stopped; its scale would be another one
            cost = sum(sample.cost for sample in pilot)
            self._learnt[name] = (self._decoding(question, pilot), cost)
        decoding, cost = self._learnt[name]
        own = range(calls[0] % question.voices, question.n, question.voices)
        extra = shared(cost, own)
        samples = model.generate(
            question.messages(),
            indices=calls,
            decoding=decoding,
            seed=question.seed,
            should_stop=should_stop,
        )
        for sample in samples:
            yield replace(sample, spent=sample.cost + extra[sample.index])

    def _pilot(
        self, model: LanguageModel, question: Question, should_stop: ShouldStop
    ) -> list[Sample]:
        drawn = model.generate(
            question.messages(),
            indices=range(self.pilot),
            decoding=question.decoding,
            seed=question.step_seed("pilot"),
            should_stop=should_stop,
        )
        return sorted(drawn, key=lambda sample: sample.index)

    def _decoding(self, question: Question, pilot: Sequence[Sample]) -> AdaptiveDecoding:
        entropies = [value for sample in pilot for value in sample.entropies]
        if not entropies or any(map(math.isnan, entropies)):
            raise ModelError(
                "This model doesn’t tell how unsure it is at each token.",
                "Choose a local model, or another way of asking.",
            )
        logs = np.log(np.maximum(entropies, LEAST_ENTROPY))
        centre = float(np.quantile(logs, _QUANTILE))
        scale = float(np.sqrt(np.mean((logs - centre) ** 2)))
        usual = question.decoding
        return AdaptiveDecoding(
            temperature=usual.temperature,
            top_p=usual.top_p,
            top_k=usual.top_k,
            min_p=usual.min_p,
            max_new_tokens=usual.max_new_tokens,
            stop=usual.stop,
            strength=self.strength,
            centre=centre,
            lowest=min(float((logs.min() - centre) / (scale or 1)), 0.0),
            highest=max(float((logs.max() - centre) / (scale or 1)), 0.0),
            scale=scale,
        )


ADAPTIVE = Method(
    name="adaptive",
    label="Entropy-adaptive temperature",
    summary="Raises the temperature where the model is unsure of the next token, and lowers it "
    "where it is sure.",
    rule="$h = (\\ln H - m)/s$, where $H$ is the entropy of the next token, $m$ the 0.8-quantile "
    "of $\\ln H$ in a pilot batch of the same prompt and $s$ its root mean square about $m$. "
    "Positive $h$ are divided by the pilot’s largest, negative ones by the size of its smallest, "
    "and cut to −1 … 1. The token is drawn at $T\\,(1 + a h)$.",
    cost="The pilot batch, once per run; its tokens are shared out among the answers.",
    cannot_tell="Entropy is also high where many words would say the same.",
    references=("Liu et al. 2025, HAPO (sampling part)",),
    note="The released code maps both extremes to +1, so that its temperature never falls; here "
    "negative values are divided by the size of the smallest, as the paper means it. The rest of "
    "HAPO is training and does not belong here.",
    needs="the entropy at each token, which servers don’t tell",
    taught=True,
    settings=(
        Setting(
            "strength",
            "Strength (a)",
            0.05,
            0.0,
            0.9,
            step=0.05,
            help="The paper’s 0.05 moves the temperature by 5 % at most.",
        ),
        Setting("pilot", "Pilot answers", 16, 4, 64),
    ),
    make=Adaptive,
)
