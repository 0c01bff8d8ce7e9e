"""One turn of some conversations on its way: what the user says, the replies, their distances."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace

import numpy as np

from data.divergences import TokenDivergence
from data.errors import ChoraleError, UnsupportedError
from data.schema import Condition, Decoding, Message, Plan, Sample, SplitDecoding, Step
from experiments.base import DivergenceFound, Event, SampleDrawn
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
from experiments.sampling import condition_seed
from experiments.spool import Spool
from models.base import Distributions, Divergence, LanguageModel

Held = dict[int, Sample]  # index → reply
Stop = Callable[[], bool]
SILENCE = "…"  # said by a user whose model says nothing


@dataclass
class Round:
    """A turn of some conversations of one condition; each is kept whole or not at all.

    Attributes:
        condition: with a plan.
        turn: from 0.
        replicates: of the conversations.
        held: replies so far; those of this turn come in when they are kept.
        seed: of the run.
        said: what a model said as the user, by replicate.
        chats: what the model saw, by replicate.
        replies: all of a turn, by replicate.
        references: drawn in the reference chat, by replicate; none where that is the same chat.
    """

    condition: Condition
    turn: int
    replicates: Sequence[int]
    held: Held
    seed: int
    said: dict[int, str] = field(default_factory=dict)
    chats: dict[int, Chat] = field(default_factory=dict)
    replies: dict[int, list[Sample]] = field(default_factory=dict)
    references: dict[int, Sample] = field(default_factory=dict)
    _spool: Spool | None = None
    _spelled: list[tuple[int, ...]] = field(default_factory=list)

    @property
    def plan(self) -> Plan:
        """Of the condition."""
        return plan_of(self.condition)

    def ask_user(self, model: LanguageModel, should_stop: Stop) -> Iterator[Event]:
        """What the user says next; kept once there are replies to it."""
        plan, decoding = self.plan, self.condition.decoding
        there = [r for r in self.replicates if plan.index(r, self.turn - 1, 0) in self.held]
        owners = {plan.index(r, self.turn, 0): r for r in there}
        for sample in model.generate_each(
            [user_chat(plan, self.turn, r, self.held, model, decoding) for r in there],
            indices=list(owners),
            decoding=decoding,
            seed=condition_seed(self.seed, "users"),
            should_stop=should_stop,
        ):
            self.said[owners[sample.index]] = sample.text.strip() or SILENCE
        yield from ()

    def hold(self, model: LanguageModel, should_stop: Stop) -> Iterator[Event]:
        """Draw the replies, measure and keep them."""
        self._draw(model, should_stop)
        if self.replies and not should_stop():
            yield from self._keep(self._divergences(model))

    def draw_aside(self, model: LanguageModel, should_stop: Stop) -> Iterator[Event]:
        """Draw the replies and put the model's choices along them aside for `hold_against`."""
        self._draw(model, should_stop)
        if not self.replies or should_stop():
            self.replies = {}
            return
        self._spelled = [model.answer_ids(reply.text) for reply in self._drawn]
        self._spool = Spool()
        if not self._spool.write(self._choices(model), wrote=lambda _: not should_stop()):
            self.replies = {}
        yield from ()

    def hold_against(self, larger: LanguageModel, should_stop: Stop) -> Iterator[Event]:
        """Set the choices put aside against those of a larger model, and keep the replies.

        Raises:
            ChoraleError: the two models don't share a tokenizer.
        """
        if self._spool is None or not self.replies:
            return
        try:
            check_same_tokens(larger, [r.text for r in self._drawn], self._spelled)
            found = _compared(self._spool.read(), self._choices(larger), self._drawn, larger)
            self._ask_larger(larger, should_stop)
        finally:
            self._spool.close()
        if not should_stop():
            yield from self._keep(found)

    @property
    def _drawn(self) -> list[Sample]:
        return [reply for found in self.replies.values() for reply in found]

    def _draw(self, model: LanguageModel, should_stop: Stop) -> None:
        plan, turn = self.plan, self.turn
        self.chats = {
            r: chat_before(self.condition, turn, r, self.held, model, self.said.get(r, ""))
            for r in self.replicates
            if (turn == 0 or plan.index(r, turn - 1, 0) in self.held)
            and (r in self.said or line_of(plan, turn, r, self.held))
        }
        asked = {i: chat.messages for r, chat in self.chats.items() for i in self.places(r)}
        for replicate, chat in self.chats.items():
            if (reference := reference_chat(self.condition, chat)) != chat.messages:
                asked[plan.reference_index(replicate, turn)] = reference
        found = self._generated(model, asked, should_stop)
        for replicate in self.chats:
            if all(i in found for i in self.places(replicate)):
                self.replies[replicate] = [found[i] for i in self.places(replicate)]
            if (reply := found.get(plan.reference_index(replicate, turn))) is not None:
                self.references[replicate] = reply

    def _ask_larger(self, larger: LanguageModel, should_stop: Stop) -> None:
        """What the larger model says in the same chats."""
        places = {self.plan.reference_index(r, self.turn): r for r in self.replies}
        asked = {place: self.chats[r].messages for place, r in places.items()}
        found = self._generated(larger, asked, should_stop, self.condition.decoding)
        self.references = {places[place]: sample for place, sample in found.items()}

    def _generated(
        self,
        model: LanguageModel,
        asked: dict[int, tuple[Message, ...]],
        should_stop: Stop,
        decoding: Decoding | None = None,
    ) -> Held:
        drawn = model.generate_each(
            list(asked.values()),
            indices=list(asked),
            decoding=decoding or drawn_with(self.condition),
            seed=condition_seed(self.seed, "conversations"),
            should_stop=should_stop,
        )
        return {sample.index: sample for sample in drawn}

    def places(self, replicate: int) -> range:
        """Indices of the turn's replies in one conversation."""
        first = self.plan.index(replicate, self.turn, 0)
        return range(first, first + self.plan.replies)

    def _divergences(self, model: LanguageModel) -> list[Divergence] | None:
        """Along all replies at once; None from a model that doesn't show its distributions."""
        chats = [self.chats[r] for r, found in self.replies.items() for _ in found]
        try:
            return model.divergence_each(
                [chat.messages for chat in chats],
                [reference_chat(self.condition, chat) for chat in chats],
                [reply.token_ids for reply in self._drawn],
            )
        except UnsupportedError:
            return None

    def _choices(self, model: LanguageModel) -> Distributions:
        """The model's distributions along all replies, numbered as `_drawn` has them."""
        before = 0
        for replicate, found in self.replies.items():
            answers = [reply.token_ids for reply in found]
            pieces = model.distributions(self.chats[replicate].messages, answers)
            for answer, first, logprobs in pieces:
                yield before + answer, first, logprobs
            before += len(answers)

    def _keep(self, apart: Sequence[Divergence] | None) -> Iterator[Event]:
        """Distances first: whoever sees a reply finds them in the store."""
        key = self.condition.key
        for reply, one in zip(self._drawn, apart or (), strict=apart is not None):
            kl, js = one.kl.astype(np.float32), one.js.astype(np.float32)
            yield DivergenceFound(key, reply.index, TokenDivergence(kl, js))
        for replicate, (first, *others) in self.replies.items():
            said, reference = self.said.get(replicate, ""), self.references.get(replicate)
            for sample in (_with_steps(first, said, reference), *others):
                origin = self.chats[replicate].origin(self.turn)
                self.held[sample.index] = replace(sample, origin=origin)
                yield SampleDrawn(key, self.held[sample.index])


def drawn_with(condition: Condition) -> Decoding:
    """The condition's decoding, with split-softmax where its plan asks for that."""
    exponent = plan_of(condition).split
    if exponent == 1:
        return condition.decoding
    set_for = {each.name: getattr(condition.decoding, each.name) for each in fields(Decoding)}
    return SplitDecoding(**set_for, exponent=exponent)


def check_same_tokens(
    larger: LanguageModel, texts: Sequence[str], spelled: Sequence[tuple[int, ...]]
) -> None:
    """Refuse a reference that cuts texts into other tokens than the model that wrote them.

    Raises:
        ChoraleError: it does.
    """
    for text, tokens in zip(texts, spelled, strict=True):
        if larger.answer_ids(text) != tokens:
            raise other_tokens(larger)


def other_tokens(larger: LanguageModel) -> ChoraleError:
    """Why a model can't be the reference."""
    return ChoraleError(
        f"{larger.info.name} has another tokenizer, so its choices can’t be set against those of "
        "the model that speaks.",
        "Choose a larger model of the same family as the reference.",
    )


def _compared(
    own: Distributions, other: Distributions, replies: Sequence[Sample], larger: LanguageModel
) -> list[Divergence]:
    from models.divergence import compare

    try:
        return compare(own, other, [reply.token_ids for reply in replies])
    except ValueError as error:  # vocabularies of different sizes
        raise other_tokens(larger) from error


def _with_steps(first: Sample, said: str, reference: Sample | None) -> Sample:
    """The first reply of a turn keeps what the user's model said before, and the reference."""
    steps = (Step(USER, said),) if said else ()
    if reference is None:
        return replace(first, steps=steps)
    spent = len(first.token_ids) + len(reference.token_ids)
    return replace(first, steps=(*steps, Step(REFERENCE, reference.text)), spent=spent)
