"""One persona, one plan of what the user says, and many conversations side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from data.errors import ChoraleError, PromptError
from data.schema import MAX_CONDITIONS, Condition, Plan, Run
from experiments.base import Drawn, Turn
from experiments.chats import plan_of
from experiments.conversation_checks import check_plan
from experiments.rounds import Held, Round


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
                    yield from self._round(Round(condition, turn, chunk, replies, self.seed))

    def _round(self, one: Round) -> Iterator[Turn]:
        """What one turn of some conversations takes of which model."""
        plan, model = one.plan, one.condition.model
        if plan.user is not None and not plan.lines[one.turn].strip():
            yield Turn(plan.user.model, one.ask_user)
        if plan.larger is None:
            yield Turn(model, one.hold)
            return
        yield Turn(model, one.draw_aside)
        yield Turn(plan.larger, one.hold_against)


def _indices(plan: Plan, replicate: int, turn: int) -> range:
    first = plan.index(replicate, turn, 0)
    return range(first, first + plan.replies)
