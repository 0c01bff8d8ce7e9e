"""One persona, one plan of what the user says, and many conversations side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import ClassVar

import numpy as np

from data.divergences import TokenDivergence
from data.errors import ChoraleError, PromptError, UnsupportedError
from data.schema import (
    MAX_CONDITIONS,
    Condition,
    Decoding,
    Plan,
    Run,
    Sample,
    SplitDecoding,
    Step,
)
from experiments.base import DivergenceFound, Drawn, Event, SampleDrawn, Turn
from experiments.chats import (
    REFERENCE,
    USER,
    Chat,
    chat_before,
    line_of,
    plan_of,
    reference_chat,
    user_chat,
)
from experiments.conversation_checks import check_plan
from experiments.sampling import condition_seed
from models.base import LanguageModel

Held = dict[int, Sample]  # index → reply
SILENCE = "…"  # said by a user whose model says nothing


@dataclass(frozen=True, slots=True)
class ConversationExperiment:
    """Hold the conversations of up to four conditions, all of them advancing together.

    Replicates of one number share their random stream in every condition, so that what a reminder
    or another setting does is compared in pairs. In every turn m replies are drawn to the same
    chat; the first goes on in the conversation, and along all of them the model's choices are held
    against those in the reference chat, in which a reply is drawn as well. These distances are the
    unaltered model's, also where its attention was held up while it spoke.

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
                    said: dict[int, str] = {}
                    if plan.user is not None and not plan.lines[turn].strip():
                        ask = partial(self._ask_user, condition, turn, chunk, replies, said)
                        yield Turn(plan.user.model, ask)
                    work = partial(self._hold, condition, turn, chunk, replies, said)
                    yield Turn(condition.model, work)

    def _ask_user(
        self,
        condition: Condition,
        turn: int,
        replicates: Sequence[int],
        held: Held,
        said: dict[int, str],
        model: LanguageModel,
        should_stop: Callable[[], bool],
    ) -> Iterator[Event]:
        """What the user says next in some conversations; kept once there are replies to it."""
        plan = plan_of(condition)
        there = [r for r in replicates if plan.index(r, turn - 1, 0) in held]
        chats = [user_chat(plan, turn, r, held, model, condition.decoding) for r in there]
        indices = [plan.index(r, turn, 0) for r in there]
        for sample in model.generate_each(
            chats,
            indices=indices,
            decoding=condition.decoding,
            seed=condition_seed(self.seed, "users"),
            should_stop=should_stop,
        ):
            said[there[indices.index(sample.index)]] = sample.text.strip() or SILENCE
        yield from ()

    def _hold(
        self,
        condition: Condition,
        turn: int,
        replicates: Sequence[int],
        held: Held,
        said: Mapping[int, str],
        model: LanguageModel,
        should_stop: Callable[[], bool],
    ) -> Iterator[Event]:
        """One turn of some conversations; each is kept whole or not at all."""
        plan = plan_of(condition)
        chats = {
            r: chat_before(condition, turn, r, held, model, said.get(r, ""))
            for r in replicates
            if (turn == 0 or plan.index(r, turn - 1, 0) in held)
            and (r in said or line_of(plan, turn, r, held))
        }
        asked = {i: chat.messages for r, chat in chats.items() for i in _indices(plan, r, turn)}
        for replicate, chat in chats.items():
            if (reference := reference_chat(condition, chat)) != chat.messages:
                asked[plan.reference_index(replicate, turn)] = reference
        found = {
            sample.index: sample
            for sample in model.generate_each(
                list(asked.values()),
                indices=list(asked),
                decoding=_drawn_with(condition),
                seed=condition_seed(self.seed, "conversations"),
                should_stop=should_stop,
            )
        }
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
            reference = found.get(plan.reference_index(replicate, turn))
            told = _with_steps(replies[0], said.get(replicate, ""), reference)
            for sample in (told, *replies[1:]):
                held[sample.index] = replace(sample, origin=chats[replicate].origin(turn))
                yield SampleDrawn(condition.key, held[sample.index])


def _drawn_with(condition: Condition) -> Decoding:
    """The condition's decoding, with split-softmax where its plan asks for that."""
    exponent = plan_of(condition).split
    if exponent == 1:
        return condition.decoding
    set_for = {each.name: getattr(condition.decoding, each.name) for each in fields(Decoding)}
    return SplitDecoding(**set_for, exponent=exponent)


def _with_steps(first: Sample, said: str, reference: Sample | None) -> Sample:
    """The first reply of a turn keeps what the user's model said before, and the reference."""
    steps = (Step(USER, said),) if said else ()
    if reference is None:
        return replace(first, steps=steps)
    spent = len(first.token_ids) + len(reference.token_ids)
    return replace(first, steps=(*steps, Step(REFERENCE, reference.text)), spent=spent)


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
