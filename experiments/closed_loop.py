"""A model that is told, turn by turn, how to follow its user: “base + delta”."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

from data.errors import ChoraleError, PromptError
from data.schema import MAX_CONDITIONS, Condition, Message, Plan, Run, Sample, Step
from experiments.base import Drawn, Event, SampleDrawn, Turn
from experiments.chats import plan_of
from experiments.loop_checks import check_loop
from experiments.loop_styles import LoopScale, Styles, followed_by, loop_scale, next_levels
from experiments.mirroring import prompt_of
from experiments.sampling import condition_seed
from models.base import LanguageModel

Held = dict[int, Sample]  # index → reply
TOLD = "told to"  # label of the step that keeps a turn's instructions


@dataclass(frozen=True, slots=True)
class ClosedLoopExperiment:
    """Hold conversations in which the replies are to follow the user's style by some policy.

    In the first turn the model sees its fixed prompt alone: all first replies together are its own
    style, and with what users say they make the scale. From then on the policy says, from the style
    of the last reply and of the user's turn, where the next reply should be; that becomes a few
    lines of instruction behind the fixed prompt, one for each feature in which that is off the
    model's own style; and the reply is measured and fed back.

    Replicates of one number share their random stream under every policy, so that policies are
    compared in pairs. All conversations advance together.

    Attributes:
        prompt: what the run is called.
        conditions: one policy each, with a plan; what users say is the same in all.
        seed: with a conversation's number it fixes its draws.

    Raises:
        ChoraleError: a condition asks for something that can't be.
    """

    prompt: str
    conditions: tuple[Condition, ...]
    seed: int = 0

    kind: ClassVar[str] = "closed_loop"

    def __post_init__(self) -> None:
        if not self.prompt.strip():
            raise PromptError("There are no conversations.", "Choose a corpus.")
        if not 1 <= len(self.conditions) <= MAX_CONDITIONS:
            raise ChoraleError(
                f"A run compares 1 to {MAX_CONDITIONS} policies, "
                f"but {len(self.conditions)} were given.",
                "Add or remove policies.",
            )
        said = {check_loop(condition) for condition in self.conditions}
        keys = [followed_by(condition)[0].key for condition in self.conditions]
        if len(set(keys)) < len(keys):
            raise ChoraleError("A policy is there twice.", "Take each policy once.")
        if len(said) > 1:
            raise ChoraleError(
                "What users say differs between the policies.",
                "Give all of them the same, so that they can be compared in pairs.",
            )

    @classmethod
    def of(cls, run: Run) -> ClosedLoopExperiment:
        """The experiment that a stored run asked for."""
        return cls(prompt=run.prompt, conditions=run.conditions, seed=run.seed)

    def turns(self, drawn: Drawn, pace: Callable[[], int]) -> Iterator[Turn]:
        """Turn by turn, all policies before the next; see `experiments.base.Experiment`."""
        held: dict[str, Held] = {c.key: dict(drawn.get(c.key, {})) for c in self.conditions}
        plan = plan_of(self.conditions[0])
        scale: LoopScale | None = None
        for turn in range(turns_of(plan)):
            if turn == 1:
                scale = loop_scale(self.conditions, held)
            for condition in self.conditions:
                replies = held[condition.key]
                missing = [
                    talk
                    for talk in range(talks_of(plan))
                    if index_of(plan, talk, turn) not in replies
                ]
                while missing:
                    size = max(1, pace())
                    chunk, missing = missing[:size], missing[size:]
                    yield Turn(
                        condition.model,
                        partial(self._hold, condition, turn, chunk, replies, scale),
                    )

    def _hold(
        self,
        condition: Condition,
        turn: int,
        talks: Sequence[int],
        held: Held,
        scale: LoopScale | None,
        model: LanguageModel,
        should_stop: Callable[[], bool],
    ) -> Iterator[Event]:
        """One turn of those conversations of one policy that have come so far."""
        plan = plan_of(condition)
        talks = [t for t in talks if turn == 0 or index_of(plan, t, turn - 1) in held]
        if not talks:
            return
        told = _told(condition, turn, talks, held, scale)
        chats = {
            index_of(plan, talk, turn): chat_of(condition, talk, turn, system, held, model)
            for talk, (system, _) in zip(talks, told, strict=True)
        }
        steps = {index: step for index, (_, step) in zip(chats, told, strict=True)}
        for sample in model.generate_each(
            list(chats.values()),
            indices=list(chats),
            decoding=condition.decoding,
            seed=condition_seed(self.seed, "closed loop"),
            should_stop=should_stop,
        ):
            kept = replace(sample, origin=f"turn {turn + 1}", steps=steps[sample.index])
            held[sample.index] = kept
            yield SampleDrawn(condition.key, kept)


def turns_of(plan: Plan) -> int:
    """Turns of each conversation."""
    return len(plan.lines) // plan.scripts


def talks_of(plan: Plan) -> int:
    """Conversations of one policy; replicates of one script stand one behind the other."""
    return plan.scripts * plan.replicates


def index_of(plan: Plan, talk: int, turn: int) -> int:
    """A reply's index among all draws of its policy."""
    return talk * turns_of(plan) + turn


def line_of(plan: Plan, talk: int, turn: int) -> str:
    """What the user says in this turn of this conversation."""
    return plan.lines[talk // plan.replicates * turns_of(plan) + turn]


def chat_of(
    condition: Condition,
    talk: int,
    turn: int,
    system: str,
    held: Mapping[int, Sample],
    model: LanguageModel,
) -> tuple[Message, ...]:
    """What the model sees; where its context has no room for a reply, the oldest turns go."""
    plan = plan_of(condition)
    head = (Message("system", system),) if system else ()
    tail = (Message("user", line_of(plan, talk, turn)),)
    remembers = plan.mirroring is not None and plan.mirroring.remembers
    room = model.info.context
    for first in range(turn + 1 if remembers else 0):
        before = [
            message
            for place in range(first, turn)
            for message in (
                Message("user", line_of(plan, talk, place)),
                Message("assistant", held[index_of(plan, talk, place)].text),
            )
        ]
        chat = (*head, *before, *tail)
        if not room or model.count_tokens(chat) + condition.decoding.max_new_tokens <= room:
            return chat
    return (*head, *tail)


def _told(
    condition: Condition,
    turn: int,
    talks: Sequence[int],
    held: Held,
    scale: LoopScale | None,
) -> list[tuple[str, tuple[Step, ...]]]:
    """For each conversation the system prompt, and the instructions in it as a step."""
    base = condition.system.strip()
    if scale is None or turn == 0:
        return [(base, ()) for _ in talks]
    plan = plan_of(condition)
    levels = next_levels(condition, scale, *_styles(plan, talks, turn, held, scale))
    found: list[tuple[str, tuple[Step, ...]]] = []
    for row in levels:
        system, lines = prompt_of(base, row, scale.space.names, condition.model.id)
        found.append((system, (Step(TOLD, "\n".join(lines)),)))
    return found


def _styles(
    plan: Plan, talks: Sequence[int], turn: int, held: Held, scale: LoopScale
) -> tuple[Styles, Styles]:
    """What users said up to this turn (m, turn + 1, d), and the replies before it (m, turn, d)."""
    said = [line_of(plan, talk, place) for talk in talks for place in range(turn + 1)]
    back = [held[index_of(plan, talk, place)].text for talk in talks for place in range(turn)]
    users, replies = scale.styles(said), scale.styles(back)
    size = users.shape[-1]
    return users.reshape(len(talks), -1, size), replies.reshape(len(talks), -1, size)
