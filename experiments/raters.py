"""Groups played by a model: it judges pairs of answers, or scores them, as one of each group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from data.errors import ChoraleError
from data.examples.raters import Mode, Wording, town_wording, wording
from data.schema import MAX_CONDITIONS, Condition, Message, ModelRef
from data.town import load_town
from experiments.forced_choice import Chat, ForcedChoiceExperiment, judged, option, texts
from models.registry import BUNDLED_ID

MIN_RATERS, MAX_RATERS = 10, 16  # of a group: the floor of what is shown, and our wordings
MIN_ITEMS, MAX_ITEMS = 2, 64
LONGEST_ITEM = 4000  # characters
MARKS = ("1", "2", "3", "4", "5")


@dataclass(frozen=True, slots=True)
class RatersExperiment(ForcedChoiceExperiment):
    """Let a model judge the same answers as a member of several groups, one condition each.

    Each wording of a group's persona is one simulated rater. Raters of the same number judge the
    same pairs in every group; a pair is asked in both orders. Make one with `played_by`.
    """

    kind: ClassVar[str] = "raters"

    def choices(self, condition: Condition) -> tuple[str, ...]:
        """The letters of two answers, or the marks for one."""
        return ("A", "B") if mode_of(condition) == "pairs" else MARKS

    def chats(self, condition: Condition, index: int) -> tuple[Chat, ...]:
        """One chat per order of a pair; one for a score."""
        rater, shown = self.judgement(condition, index)
        items = texts(condition, "items")
        orders = (shown, shown[::-1]) if len(shown) == 2 else (shown,)
        return tuple(
            self._chat(condition, rater, [items[item] for item in order]) for order in orders
        )

    def judgement(self, condition: Condition, index: int) -> tuple[int, tuple[int, ...]]:
        """Which rater judges which item, or which two, counted from 0."""
        each = int(str(option(condition, "each")))
        rater = index // each
        units = _units(len(texts(condition, "items")), mode_of(condition), self.seed)
        found = units[index % len(units)]
        return rater, tuple(int(item) for item in found)

    def _chat(self, condition: Condition, rater: int, shown: Sequence[str]) -> Chat:
        personas, asks = texts(condition, "personas"), texts(condition, "asks")
        slots = dict(zip(("a", "b"), shown, strict=False))
        frame = str(option(condition, "frame")).format(question=self.prompt.strip(), **slots)
        return (
            Message("system", personas[rater]),
            Message("user", frame + asks[rater % len(asks)]),
        )


def _units(items: int, mode: Mode, seed: int) -> NDArray[np.int64]:
    """(units, 1 or 2) what there is to judge, in the order in which it is dealt out."""
    found = [*combinations(range(items), 2)] if mode == "pairs" else [(i,) for i in range(items)]
    dealt = np.random.default_rng(seed).permutation(len(found))
    return np.array(found, dtype=np.int64)[dealt]


def mode_of(condition: Condition) -> Mode:
    """Whether pairs are judged or single answers scored."""
    return "scores" if option(condition, "mode") == "scores" else "pairs"


def units_of(items: int, mode: Mode) -> int:
    """How many different judgements a rater can give."""
    return items * (items - 1) // 2 if mode == "pairs" else items


def played_by(
    model: ModelRef,
    groups: Mapping[str, str],
    question: str,
    items: Sequence[str],
    *,
    mode: Mode = "pairs",
    raters: int = 12,
    each: int = 20,
    seed: int = 0,
) -> RatersExperiment:
    """An experiment in which a model plays groups.

    Args:
        model: which plays.
        groups: name → what a member is, with its article; 1 to 8.
        question: to which the items are answers.
        items: different answers, 2 to 64.
        mode: "pairs" or "scores".
        raters: of each group, 10 to 16, each with a wording of its own.
        each: judgements per rater; as many as there are where that is less.
        seed: deals out which pairs each rater judges.

    Raises:
        ChoraleError: too few or too many of something, or an item that is empty or too long.
    """
    kept = tuple(dict.fromkeys(item.strip() for item in items))
    _check(groups, kept, raters)
    each = min(each, units_of(len(kept), mode))
    if each < 1:
        raise ChoraleError("Nobody is asked to judge anything.", "Ask for one pair or more.")
    conditions = tuple(
        Condition(
            key=chr(ord("a") + place),
            name=name,
            model=model,
            system=asked.personas[0],
            n=raters * each,
            strategy=judged(
                mode=mode,
                each=each,
                frame=asked.frame,
                personas=asked.personas[:raters],
                asks=asked.asks,
                items=kept,
            ),
        )
        for place, (name, asked) in enumerate(_wordings(model, groups, mode).items())
    )
    return RatersExperiment(question, conditions, seed)


def _wordings(model: ModelRef, groups: Mapping[str, str], mode: Mode) -> dict[str, Wording]:
    """The town's own for the bundled model, which learned no other."""
    town = load_town().groups if model.id == BUNDLED_ID else {}
    return {
        name: town_wording(mode, name) if name in town else wording(mode, who)
        for name, who in groups.items()
    }


def _check(groups: Mapping[str, str], items: Sequence[str], raters: int) -> None:
    if not 1 <= len(groups) <= MAX_CONDITIONS:
        raise ChoraleError(
            f"1 to {MAX_CONDITIONS} groups can be played, but there were {len(groups)}.",
            "Choose others.",
        )
    if nobody := [name for name, who in groups.items() if not (name.strip() and who.strip())]:
        raise ChoraleError(
            f"Group “{nobody[0]}” doesn't say who its members are.",
            "Write a name, a colon, and what a member is.",
        )
    if not MIN_ITEMS <= len(items) <= MAX_ITEMS:
        raise ChoraleError(
            f"{MIN_ITEMS} to {MAX_ITEMS} different answers can be judged, "
            f"but there were {len(items)}.",
            "Add or leave out some.",
        )
    if bad := [item for item in items if not item or len(item) > LONGEST_ITEM]:
        raise ChoraleError(
            f"An answer is empty or longer than {LONGEST_ITEM:,} characters: “{bad[0][:40]}”.",
            "Leave it out.",
        )
    if not MIN_RATERS <= raters <= MAX_RATERS:
        raise ChoraleError(
            f"Each group needs {MIN_RATERS} to {MAX_RATERS} raters, but {raters} were asked for.",
            "Choose a number in between.",
        )
