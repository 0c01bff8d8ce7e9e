"""What a closed loop may ask for."""

from __future__ import annotations

from data.errors import ChoraleError
from data.schema import Condition
from experiments.mirroring import policy_of
from experiments.sampling import MAX_TEMPERATURE
from experiments.strategies.base import MAX_NEW_TOKENS

MIN_TURNS, MAX_TURNS = 2, 24
MAX_SCRIPTS, MAX_REPLICATES = 64, 16


def check_loop(condition: Condition) -> tuple[tuple[str, ...], int, int]:
    """What users say under a condition, in how many scripts, and how often.

    Raises:
        ChoraleError: it has no plan or policy, or one that can't be.
    """
    plan, name, decoding = condition.plan, condition.name, condition.decoding
    if plan is None or plan.mirroring is None or not plan.lines:
        raise ChoraleError(f"“{name}” has no conversations or no policy.", "Choose both.")
    policy_of(plan.mirroring, name)
    turns, rest = divmod(len(plan.lines), max(plan.scripts, 1))
    if rest:
        raise ChoraleError(
            f"{len(plan.lines)} lines can’t be {plan.scripts} conversations of one length.",
            "Give all conversations as many lines.",
        )
    if blank := next((n for n, line in enumerate(plan.lines, 1) if not line.strip()), 0):
        raise ChoraleError(f"Line {blank} of the users is empty.", "Fill or remove it.")
    ranges = (
        ("turns of each conversation", turns, MIN_TURNS, MAX_TURNS),
        ("conversations", plan.scripts, 1, MAX_SCRIPTS),
        ("replicates", plan.replicates, 1, MAX_REPLICATES),
        ("replies per turn", plan.replies, 1, 1),
        ("draws", condition.n, plan.draws, plan.draws),
        ("temperature", decoding.temperature, 0, MAX_TEMPERATURE),
        ("longest reply", decoding.max_new_tokens, 1, MAX_NEW_TOKENS),
    )
    for what, value, least, most in ranges:
        if not least <= value <= most:
            raise ChoraleError(
                f"In “{name}”, {what} must be {least:g} to {most:g}, but it was {value}.",
                "Change it and try again.",
            )
    return plan.lines, plan.scripts, plan.replicates
