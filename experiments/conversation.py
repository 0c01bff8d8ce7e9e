"""One persona, one plan of what the user says, and many conversations side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import numpy as np

from data.divergences import TokenDivergence
from data.errors import ChoraleError, PromptError, UnsupportedError
from data.schema import MAX_CONDITIONS, Condition, Message, Plan, Run, Sample
from experiments.base import DivergenceFound, Drawn, Event, SampleDrawn, Turn
from experiments.conversation_checks import check_plan
from experiments.sampling import condition_seed
from models.base import LanguageModel

Held = dict[int, Sample]  # index → reply


@dataclass(frozen=True, slots=True)
class ConversationExperiment:
    """Hold the conversations of up to four conditions, all of them advancing together.

    Replicates of one number share their random stream in every condition, so that what a reminder
    or another setting does is compared in pairs. In every turn m replies are drawn to the same
    chat; the first goes on in the conversation, and along all of them the model's choices are held
    against those in the reference chat.

    Attributes:
        prompt: what the run is called.
        conditions: 1 to 4, each with a plan; turns, replicates and replies are the same in all.
        seed: with a replicate's number it fixes a conversation.

    Raises:
        ChoraleError: a condition asks for something that can't be.
    """

    prompt: str
    conditions: tuple[Condition, ...]
    seed: int = 0

    kind: ClassVar[str] = "conversation"

    def __post_init__(self) -> None:
        if not self.prompt.strip():
            raise PromptError("There is no persona.", "Say who the model should be.")
        if not 1 <= len(self.conditions) <= MAX_CONDITIONS:
            raise ChoraleError(
                f"A run compares 1 to {MAX_CONDITIONS} conditions, "
                f"but {len(self.conditions)} were given.",
                "Add or remove conditions.",
            )
        sizes = {check_plan(condition) for condition in self.conditions}
        if len(sizes) > 1:
            raise ChoraleError(
                "The conditions differ in their number of turns, conversations or replies.",
                "Give all of them the same, so that they can be compared in pairs.",
            )

    @classmethod
    def of(cls, run: Run) -> ConversationExperiment:
        """The experiment that a stored run asked for."""
        return cls(prompt=run.prompt, conditions=run.conditions, seed=run.seed)

    def turns(self, drawn: Drawn, pace: Callable[[], int]) -> Iterator[Turn]:
        """Turn by turn, all conditions before the next; see `experiments.base.Experiment`."""
        held: dict[str, Held] = {c.key: dict(drawn.get(c.key, {})) for c in self.conditions}
        for turn in range(len(plan_of(self.conditions[0]).lines)):
            for condition in self.conditions:
                plan, replies = plan_of(condition), held[condition.key]
                missing = [
                    replicate
                    for replicate in range(plan.replicates)
                    if any(i not in replies for i in _indices(plan, replicate, turn))
                ]
                while missing:
                    size = max(1, pace() // plan.replies)
                    chunk, missing = missing[:size], missing[size:]
                    work = partial(self._hold, condition, turn, chunk, replies)
                    yield Turn(condition.model, work)

    def _hold(
        self,
        condition: Condition,
        turn: int,
        replicates: Sequence[int],
        held: Held,
        model: LanguageModel,
        should_stop: Callable[[], bool],
    ) -> Iterator[Event]:
        """One turn of some conversations; each is kept whole or not at all."""
        plan = plan_of(condition)
        chats = {r: chat_before(condition, turn, r, held, model) for r in replicates if turn == 0
                 or plan.index(r, turn - 1, 0) in held}  # fmt: skip
        indices = [i for r in chats for i in _indices(plan, r, turn)]
        found: Held = {}
        for sample in model.generate_each(
            [chats[r].messages for r in chats for _ in range(plan.replies)],
            indices=indices,
            decoding=condition.decoding,
            seed=condition_seed(self.seed, "conversations"),
            should_stop=should_stop,
        ):
            found[sample.index] = sample
        whole = {
            replicate: [found[i] for i in _indices(plan, replicate, turn)]
            for replicate in chats
            if all(i in found for i in _indices(plan, replicate, turn))
        }
        if should_stop() or not whole:
            return
        for place, one in _divergences(model, condition, chats, whole):
            yield DivergenceFound(condition.key, place, one)
        for replicate, replies in whole.items():
            for sample in replies:
                held[sample.index] = replace(sample, origin=chats[replicate].origin(turn))
                yield SampleDrawn(condition.key, held[sample.index])


@dataclass(frozen=True, slots=True)
class Chat:
    """What a model sees before its reply.

    Attributes:
        messages: persona, what was said, and the user's line.
        left_out: oldest turns for which the context had no room.
    """

    messages: tuple[Message, ...]
    left_out: int = 0

    def origin(self, turn: int) -> str:
        """Which turn it is, counted from 1, and what it doesn't see."""
        told = f"turn {turn + 1}"
        return f"{told}, without the first {self.left_out}" if self.left_out else told


def plan_of(condition: Condition) -> Plan:
    """The condition's plan.

    Raises:
        ChoraleError: it has none.
    """
    if condition.plan is None:
        raise ChoraleError(f"Condition “{condition.name}” has no conversation.", "Write its lines.")
    return condition.plan


def chat_before(
    condition: Condition,
    turn: int,
    replicate: int,
    held: Mapping[int, Sample],
    model: LanguageModel,
) -> Chat:
    """The chat to which the replies of a turn are drawn.

    Where it has no room for a whole reply, the oldest turns are left out, the persona never.

    Args:
        condition: with a plan.
        turn: from 0.
        replicate: from 0.
        held: replies so far.
        model: counts tokens.
    """
    plan, room = plan_of(condition), model.info.context
    for first in range(turn + 1):
        messages = _messages(condition, plan, turn, replicate, held, first)
        needed = model.count_tokens(messages) + condition.decoding.max_new_tokens if room else 0
        if needed <= room:
            return Chat(messages, first)
    return Chat(messages, turn)  # the model says itself that this is too long


def _messages(
    condition: Condition,
    plan: Plan,
    turn: int,
    replicate: int,
    held: Mapping[int, Sample],
    first: int,
) -> tuple[Message, ...]:
    said = list(_persona(condition))
    for place in range(first, turn):
        reply = held[plan.index(replicate, place, 0)].text
        said += [*_line(condition, plan, place), Message("assistant", reply)]
    return (*said, *_line(condition, plan, turn))


def _persona(condition: Condition) -> tuple[Message, ...]:
    return (Message("system", condition.system),) if condition.system.strip() else ()


def _line(condition: Condition, plan: Plan, turn: int) -> tuple[Message, ...]:
    """What the user says, behind a reminder where the plan has one."""
    line = plan.lines[turn]
    if turn + 1 not in plan.reminders:
        return (Message("user", line),)
    if plan.reminder.strip():
        return (Message("user", f"{plan.reminder.strip()} {line}"),)
    return (*_persona(condition), Message("user", line))


def reference_chat(condition: Condition, chat: Chat) -> tuple[Message, ...]:
    """The goal-consistent chat against which a turn is measured; see `data.schema.Plan`."""
    last = chat.messages[-1]
    before = chat.messages[:-1] if plan_of(condition).reference == "restated" else ()
    return (*before, *_persona(condition), last)


def _divergences(
    model: LanguageModel,
    condition: Condition,
    chats: Mapping[int, Chat],
    whole: Mapping[int, Sequence[Sample]],
) -> Iterator[tuple[int, TokenDivergence]]:
    """Along all replies at once; none from a model that doesn't show its distributions."""
    asked = [(chats[replicate], reply) for replicate, found in whole.items() for reply in found]
    try:
        found = model.divergence_each(
            [chat.messages for chat, _ in asked],
            [reference_chat(condition, chat) for chat, _ in asked],
            [reply.token_ids for _, reply in asked],
        )
    except UnsupportedError:
        return
    for (_, reply), one in zip(asked, found, strict=True):
        kl, js = one.kl.astype(np.float32), one.js.astype(np.float32)
        yield reply.index, TokenDivergence(kl, js)


def _indices(plan: Plan, replicate: int, turn: int) -> range:
    first = plan.index(replicate, turn, 0)
    return range(first, first + plan.replies)
