"""What a planned conversation may ask for."""

from __future__ import annotations

from data.errors import ChoraleError
from data.schema import Condition, Plan
from experiments.sampling import MAX_TEMPERATURE
from experiments.strategies.base import MAX_NEW_TOKENS
from models.server_address import is_server

MAX_TURNS = 48
LEAST_SPLIT = 0.05
MIN_REPLICATES, MAX_REPLICATES = 4, 64
REPLIES = (1, 4, 8)  # per turn: one alone, or enough to know how they differ among themselves


def check_plan(condition: Condition) -> tuple[int, int, int]:
    """Turns, conversations and replies of a condition's plan.

    Raises:
        ChoraleError: it has no plan, or one that can't be.
    """
    plan, name, decoding = condition.plan, condition.name, condition.decoding
    if plan is None or not plan.lines:
        raise ChoraleError(f"In condition “{name}” the user says nothing.", "Write some lines.")
    turns = len(plan.lines)
    _check_lines(plan, name)
    if (plan.reference == "larger") != (plan.larger is not None):
        raise ChoraleError(
            f"In condition “{name}”, a larger model is either the reference or not there.",
            "Name the larger model, or choose another reference.",
        )
    if plan.larger is not None and (plan.larger == condition.model or is_server(plan.larger.id)):
        raise ChoraleError(
            f"In condition “{name}”, the reference must be another model on this machine.",
            "Choose one with the same tokenizer.",
        )
    if plan.split != 1 and (is_server(condition.model.id) or not condition.system.strip()):
        raise ChoraleError(
            f"In condition “{name}”, attention to the system prompt can’t be held up: a server "
            "doesn’t let anybody in, and there must be such a prompt.",
            "Choose a model on this machine and give it a persona.",
        )
    if not any(word.strip() for word in (condition.system, *plan.marks)):
        raise ChoraleError(f"In condition “{name}” there is no persona.", "Say who it should be.")
    if plan.replies not in REPLIES:
        raise _refused(name, "number of replies", ", ".join(map(str, REPLIES)), plan.replies)
    ranges = (
        ("number of turns", turns, 1, MAX_TURNS),
        ("number of conversations", plan.replicates, *_replicates(plan)),
        ("number of draws", condition.n, plan.draws, plan.draws),
        ("temperature", decoding.temperature, 0, MAX_TEMPERATURE),
        ("exponent of split-softmax", plan.split, LEAST_SPLIT, 1),
        ("longest reply", decoding.max_new_tokens, 1, MAX_NEW_TOKENS),
        *(("turn of a reminder", turn, 1, turns) for turn in plan.reminders),
    )
    for what, value, least, most in ranges:
        if not least <= value <= most:
            raise _refused(name, what, f"{least:g} to {most:g}", value)
    return turns, plan.replicates, plan.replies


def _check_lines(plan: Plan, name: str) -> None:
    """A line may be empty where a model says it, but somebody has to begin."""
    blank = next((turn for turn, line in enumerate(plan.lines, 1) if not line.strip()), 0)
    if blank and (plan.user is None or blank == 1):
        raise ChoraleError(f"In condition “{name}”, line {blank} is empty.", "Fill or remove it.")
    if plan.user is not None and not plan.user.system.strip():
        raise ChoraleError(
            f"In condition “{name}”, the model that plays the user isn’t told who it is.",
            "Write who the user is.",
        )


def _replicates(plan: Plan) -> tuple[int, int]:
    """A person talks in one conversation only."""
    return (1, 1) if plan.live else (MIN_REPLICATES, MAX_REPLICATES)


def _refused(name: str, what: str, allowed: str, value: object) -> ChoraleError:
    return ChoraleError(
        f"In condition “{name}”, the {what} must be {allowed}, but it was {value}.",
        "Change it and try again.",
    )
