"""An audit that weighs given answers and hears a reply, at once or after some thinking aloud."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from data.schema import Condition, Message, RunData, Step
from experiments.audits.asking import AuditExperiment, labels_of, prompt_of
from experiments.base import SampleDrawn
from experiments.forced_choice import BATCH, Chat, kept, option, texts
from experiments.sampling import condition_seed
from models.base import LanguageModel

THOUGHT, REPLY = "thought", "reply"  # labels of what was written
THOUGHT_TOKENS, REPLY_TOKENS = 120, 24
_SILENCE = "…"  # for a model that thinks nothing

Stop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class ThinkingAudit(AuditExperiment):
    """Read how likely each answer is, and draw one reply, in the same chat.

    Where a condition thinks, the model first writes a short reasoning, which is drawn; question,
    reasoning and the request to answer are then one chat. A judgement keeps reasoning and reply as
    its steps. Make one with `asked`; labels "answer" and "think" hold what is said at the end.
    """

    def _judge(
        self,
        condition: Condition,
        indices: Sequence[int],
        model: LanguageModel,
        should_stop: Stop,
    ) -> Iterator[SampleDrawn]:
        for start in range(0, len(indices), BATCH):
            batch = indices[start : start + BATCH]
            thoughts = self._thoughts(condition, batch, model, should_stop)
            chats = [self._asked(condition, index, thoughts.get(index)) for index in batch]
            replies = self._drawn(condition, REPLY, batch, chats, model, should_stop)
            if should_stop() or len(replies) < len(batch):
                return
            found = model.choice_probabilities(chats, self.choices(condition))
            for index, row in zip(batch, found, strict=True):
                said = {THOUGHT: thoughts.get(index), REPLY: replies[index]}
                steps = tuple(Step(label, one[0]) for label, one in said.items() if one is not None)
                spent = sum(one[1] for one in said.values() if one is not None)
                judged = replace(kept(index, row), steps=steps, spent=spent)
                yield SampleDrawn(condition.key, judged)

    def _thoughts(
        self, condition: Condition, batch: Sequence[int], model: LanguageModel, should_stop: Stop
    ) -> dict[int, tuple[str, int]]:
        """What the model thinks aloud before it answers; nothing where it should answer at once."""
        if not option(condition, "thinks"):
            return {}
        chats = [self._question(condition, index, "think") for index in batch]
        return self._drawn(condition, THOUGHT, batch, chats, model, should_stop)

    def _drawn(
        self,
        condition: Condition,
        what: str,
        batch: Sequence[int],
        chats: Sequence[Chat],
        model: LanguageModel,
        should_stop: Stop,
    ) -> dict[int, tuple[str, int]]:
        """Texts and their tokens by index; fewer than asked for once it is to stop."""
        limit = THOUGHT_TOKENS if what == THOUGHT else REPLY_TOKENS
        drawn = model.generate_each(
            chats,
            indices=list(batch),
            decoding=replace(condition.decoding, max_new_tokens=limit),
            seed=condition_seed(self.seed, f"{condition.key} {what}"),
            should_stop=should_stop,
        )
        return {sample.index: (sample.text, sample.cost) for sample in drawn}

    def _asked(self, condition: Condition, index: int, thought: tuple[str, int] | None) -> Chat:
        if thought is None:
            return self._question(condition, index, "answer")
        answer = labels_of(condition)["answer"][prompt_of(condition, index)]
        return (
            *self._question(condition, index, "think"),
            Message("assistant", thought[0].strip() or _SILENCE),
            Message("user", answer),
        )

    def _question(self, condition: Condition, index: int, ending: str) -> Chat:
        place, labels = prompt_of(condition, index), labels_of(condition)
        system = labels["system"][place] if "system" in labels else ""
        question = f"{texts(condition, 'prompts')[place]} {labels[ending][place]}".strip()
        before = (Message("system", system),) if system else ()
        return (*before, Message("user", question))


def written_of(data: RunData, key: str, label: str) -> dict[int, str]:
    """What one condition's judgements wrote under a label, by index."""
    return {
        sample.index: step.text
        for own, sample in data.voids
        if own == key
        for step in sample.steps
        if step.label == label
    }
