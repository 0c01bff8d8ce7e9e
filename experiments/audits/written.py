"""An audit in which the model writes: independent draws of each prompt, kept as answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from data.schema import Condition, RunData, Sample
from experiments.audits.asking import AuditExperiment
from experiments.base import SampleDrawn
from experiments.sampling import condition_seed
from models.base import LanguageModel


@dataclass(frozen=True, slots=True)
class WrittenAudit(AuditExperiment):
    """Draw replies to prompts: every draw on a random stream of its own. Make one with `asked`."""

    def _judge(
        self,
        condition: Condition,
        indices: Sequence[int],
        model: LanguageModel,
        should_stop: Callable[[], bool],
    ) -> Iterator[SampleDrawn]:
        for sample in model.generate_each(
            [self.chats(condition, index)[0] for index in indices],
            indices=list(indices),
            decoding=condition.decoding,
            seed=condition_seed(self.seed, condition.key),
            should_stop=should_stop,
        ):
            yield SampleDrawn(condition.key, sample)


def replies_of(data: RunData, key: str) -> list[Sample]:
    """The replies of one condition, by index."""
    found = (sample for own, sample in zip(data.keys, data.samples, strict=True) if own == key)
    return sorted(found, key=lambda sample: sample.index)
