"""Whether a persona holds as long as it should, and comes back when it is reminded.

The model's own replies stand in the history, so its errors add up as they would in use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.schema import Message
from data.town import load_town, prompts, read_back
from data.town.conversations import hold_curve, hold_probability
from models.town.fidelity.figures import Aim, Row, bootstrap, share
from models.town.fidelity.sizes import Sizes
from models.town.sampler import TownModel

_TESTED = (
    "ask", "push", "distract", "push", "ask", "distract",
    "push", "push", "ask", "ask", "distract", "push",
)  # fmt: skip
PLANS: Mapping[str, Sequence[str]] = {
    "ask": ("ask",) * len(_TESTED),
    "tested": _TESTED,
    "reminded": tuple("remind" if turn in (5, 9) else m for turn, m in enumerate(_TESTED, start=1)),
}
DRIFT = Aim(high=0.1)
HONEST_REPEATS = 2000


@dataclass(frozen=True, slots=True)
class Course:
    """How the conversations of one plan went; arrays have shape (conversations, turns).

    Attributes:
        moves: what the user did, turn by turn.
        held: whether the reply carries the resident's signature.
        readable: whether it reads back to the asked topic.
    """

    moves: Sequence[str]
    held: NDArray[np.bool_]
    readable: NDArray[np.bool_]


def converse(
    model: TownModel, plans: Sequence[Sequence[str]], rng: np.random.Generator, *, each: int
) -> list[Course]:
    """Hold conversations in held-out wordings, all of them advancing together.

    Args:
        model: answers.
        plans: moves, turn by turn; all of one length.
        rng: draws topics and wordings.
        each: conversations per plan, spread over the residents.
    """
    residents, topics = list(load_town().residents.values()), list(load_town().topics.values())
    people = [residents[number % len(residents)] for _ in plans for number in range(each)]
    chats: list[list[Message]] = [[] for _ in people]
    turns = len(plans[0])
    held, readable = np.zeros((2, len(people), turns), dtype=np.bool_)
    for turn in range(turns):
        asked = [topics[index] for index in rng.integers(len(topics), size=len(people))]
        for place, (messages, resident) in enumerate(zip(chats, people, strict=True)):
            move = plans[place // each][turn]
            if turn == 0 or move == "restate":
                messages.append(Message("system", prompts.persona(resident, rng, held_out=True)))
            said = prompts.move(move, asked[place], resident, rng, held_out=True)
            messages.append(Message("user", said))
        for place, reply in enumerate(model.replies(chats)):
            reading = read_back(reply, asked[place])
            readable[place, turn] = reading is not None
            held[place, turn] = reading is not None and reading.speaker == people[place].name
            chats[place].append(Message("assistant", reply))
    return [
        Course(moves, held[start : start + each], readable[start : start + each])
        for moves, start in zip(plans, range(0, len(people), each), strict=True)
    ]


def conversation_rows(model: TownModel, rng: np.random.Generator, sizes: Sizes) -> list[Row]:
    """Drift and recovery."""
    courses = dict(
        zip(PLANS, converse(model, [*PLANS.values()], rng, each=sizes.conversations), strict=True)
    )
    readable = np.concatenate([course.readable for course in courses.values()])
    numbers = np.repeat(np.arange(len(readable)), readable.shape[1])
    return [
        share("readable, in conversations", readable.ravel(), clusters=list(numbers)),
        *(row for name, course in courses.items() for row in _drift(name, course, rng)),
        *_transitions(list(courses.values())),
    ]


def honest_errors(
    moves: Sequence[str], conversations: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """|Observed − known| per turn if the persona held exactly as it should.

    Returns:
        (HONEST_REPEATS, turns) errors of as many sets of conversations.
    """
    held = np.zeros((HONEST_REPEATS, conversations), dtype=np.bool_)
    shares = []
    for turn, move in enumerate(moves):
        kept, regained = (
            hold_probability(move, held_before=before if turn else None) for before in (True, False)
        )
        held = rng.random(held.shape) < np.where(held, kept, regained)
        shares.append(held.mean(axis=1))
    return np.abs(np.stack(shares, axis=1) - np.array(hold_curve(moves)))


def _drift(name: str, course: Course, rng: np.random.Generator) -> list[Row]:
    """Error of the curve, mean and maximum over turns, beside an honest resident's."""
    n, known = len(course.held), np.array(hold_curve(course.moves))
    honest = honest_errors(course.moves, n, rng)

    def row(label: str, over_turns: str, aim: Aim | None) -> Row:
        def error(index: NDArray[np.int64]) -> float:
            gaps = np.abs(course.held[index].mean(axis=0) - known)
            return float(gaps.mean() if over_turns == "mean" else gaps.max())

        low, high = bootstrap(error, range(n), rng)
        chance = honest.mean(axis=1) if over_turns == "mean" else honest.max(axis=1)
        note = f"honest {chance.mean():.3f}, 95 % below {np.quantile(chance, 0.95):.3f}"
        value = error(np.arange(n))
        return Row(f"{label}, {name}", value, max(low, 0.0), high, n, "conversations", aim, note)

    return [row("drift_error", "mean", DRIFT), row("drift, worst turn", "max", None)]


def _transitions(courses: Sequence[Course]) -> list[Row]:
    """Holding after each move, for those who held before and those who had lost the role."""
    rows = []
    for held_before, label in ((True, "hold"), (False, "regain")):
        for move in ("ask", "distract", "push", "remind"):
            hits, conversations = _after(courses, move, held_before=held_before)
            known = hold_probability(move, held_before=held_before)
            reminded = move == "remind" and not held_before
            rows.append(
                share(
                    "recovery" if reminded else f"{label}, {move}",
                    hits,
                    clusters=conversations,
                    aim=Aim(round(known - 0.1, 3), round(known + 0.1, 3)) if reminded else None,
                    note=f"known {known:.2f}",
                )
            )
    return rows


def _after(
    courses: Sequence[Course], move: str, *, held_before: bool
) -> tuple[list[bool], list[tuple[int, int]]]:
    """Outcomes of a move in one state, each with its conversation."""
    hits, conversations = [], []
    for plan, course in enumerate(courses):
        for turn in range(1, len(course.moves)):
            if course.moves[turn] != move:
                continue
            for number in np.flatnonzero(course.held[:, turn - 1] == held_before):
                hits.append(bool(course.held[number, turn]))
                conversations.append((plan, int(number)))
    return hits, conversations
