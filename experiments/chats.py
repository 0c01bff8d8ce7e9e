"""What the models of a conversation see: its chats, those of its user, and the reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from data.errors import ChoraleError
from data.schema import Condition, Decoding, Message, Plan, Sample
from models.base import LanguageModel

USER = "user"  # label of the step that keeps what a model said as the user
REFERENCE = "reference"  # label of the step that keeps what the model says in the reference chat
GREETING = Message("user", "Hello.")  # chat templates want somebody to speak before the assistant


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


def line_of(
    plan: Plan, turn: int, replicate: int, held: Mapping[int, Sample], said: str = ""
) -> str:
    """What the user says in a turn: as planned, or as the model that plays them said it.

    Args:
        plan: of the conversation.
        turn: from 0.
        replicate: from 0.
        held: replies so far; the first of each turn keeps what a model said before it.
        said: by that model just now, where the turn has no reply yet.
    """
    if plan.lines[turn].strip():
        return plan.lines[turn]
    reply = held.get(plan.index(replicate, turn, 0))
    kept = next((step.text for step in reply.steps if step.label == USER), "") if reply else ""
    return kept or said


def reference_reply(sample: Sample) -> str | None:
    """What the model said in the reference chat of a turn; None where that was the same chat.

    Args:
        sample: the first reply of the turn.
    """
    return next((step.text for step in sample.steps if step.label == REFERENCE), None)


def chat_before(
    condition: Condition,
    turn: int,
    replicate: int,
    held: Mapping[int, Sample],
    model: LanguageModel,
    said: str = "",
) -> Chat:
    """The chat to which the replies of a turn are drawn.

    Where it has no room for a whole reply, the oldest turns are left out, the persona never.

    Args:
        condition: with a plan.
        turn: from 0.
        replicate: from 0.
        held: replies so far.
        model: counts tokens.
        said: see `line_of`.
    """
    plan = plan_of(condition)
    lines = [line_of(plan, place, replicate, held, said) for place in range(turn + 1)]
    return _within_context(condition, lines, replicate, held, model)


def chat_after(
    condition: Condition,
    turns: int,
    replicate: int,
    held: Mapping[int, Sample],
    model: LanguageModel,
    question: str,
) -> Chat:
    """A copy of the conversation after so many turns, and a question in it, never reminded.

    Args:
        condition: with a plan.
        turns: that have been held, ≥ 0.
        replicate: from 0.
        held: replies so far.
        model: counts tokens.
        question: what the user asks in the copy.
    """
    plan = plan_of(condition)
    reminders = tuple(turn for turn in plan.reminders if turn <= turns)
    copied = replace(condition, plan=replace(plan, reminders=reminders))
    lines = [*(line_of(plan, place, replicate, held) for place in range(turns)), question]
    return _within_context(copied, lines, replicate, held, model)


def _within_context(
    condition: Condition,
    lines: Sequence[str],
    replicate: int,
    held: Mapping[int, Sample],
    model: LanguageModel,
) -> Chat:
    room, last = model.info.context, len(lines) - 1
    for first in range(last + 1):
        messages = _messages(condition, lines, replicate, held, first)
        needed = model.count_tokens(messages) + condition.decoding.max_new_tokens if room else 0
        if needed <= room:
            return Chat(messages, first)
    return Chat(messages, last)  # the model says itself that this is too long


def _messages(
    condition: Condition,
    lines: Sequence[str],
    replicate: int,
    held: Mapping[int, Sample],
    first: int,
) -> tuple[Message, ...]:
    plan, said = plan_of(condition), list(persona_of(condition))
    last = len(lines) - 1
    for place in range(first, last):
        reply = held[plan.index(replicate, place, 0)].text
        said += [*_line(condition, place, lines[place]), Message("assistant", reply)]
    return (*said, *_line(condition, last, lines[last]))


def persona_of(condition: Condition) -> tuple[Message, ...]:
    """The system prompt as the first message; none without one."""
    return (Message("system", condition.system),) if condition.system.strip() else ()


def _line(condition: Condition, turn: int, line: str) -> tuple[Message, ...]:
    """What the user says, behind a reminder where the plan has one."""
    plan = plan_of(condition)
    if turn + 1 not in plan.reminders:
        return (Message("user", line),)
    if plan.reminder.strip():
        return (Message("user", f"{plan.reminder.strip()} {line}"),)
    return (*persona_of(condition), Message("user", line))


def reference_chat(condition: Condition, chat: Chat) -> tuple[Message, ...]:
    """The goal-consistent chat against which a turn is measured; see `data.schema.Plan`."""
    if plan_of(condition).reference == "larger":
        return chat.messages  # it is read by another model
    last = chat.messages[-1]
    before = chat.messages[:-1] if plan_of(condition).reference == "restated" else ()
    return (*before, *persona_of(condition), last)


def user_chat(
    plan: Plan,
    turn: int,
    replicate: int,
    held: Mapping[int, Sample],
    model: LanguageModel,
    decoding: Decoding,
) -> tuple[Message, ...]:
    """The chat in which a model says the user's next line: its own lines are the assistant's.

    A greeting stands before its first line. Where there is no room, the oldest turns are left out.

    Args:
        plan: with a user.
        turn: from 1: somebody has begun.
        replicate: from 0.
        held: replies so far.
        model: that plays the user.
        decoding: how the line will be drawn.
    """
    persona = (Message("system", plan.user.system),) if plan.user is not None else ()
    chat: tuple[Message, ...] = ()
    for first in range(turn):
        chat = (*persona, GREETING)
        for place in range(first, turn):
            line = line_of(plan, place, replicate, held)
            reply = held[plan.index(replicate, place, 0)].text
            chat = (*chat, Message("assistant", line), Message("user", reply))
        room = model.info.context
        if not room or model.count_tokens(chat) + decoding.max_new_tokens <= room:
            break
    return chat  # if it is still too long, the model says so itself
