"""The run behind every audit that weighs given answers: prompts, and what is added to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from data.errors import ChoraleError
from data.schema import MAX_CONDITIONS, Condition, Message, ModelRef
from experiments.forced_choice import Chat, ForcedChoiceExperiment, judged, option, texts

PLAIN = "As asked"
MAX_LETTERS = 2_000_000  # of all prompts: they are kept with every condition


@dataclass(frozen=True, slots=True)
class AuditExperiment(ForcedChoiceExperiment):
    """Ask prompts as they are, and again with something added: one condition each.

    A condition keeps all that its analysis needs, so that a stored audit can be read whatever
    becomes of the set it was made from. Make one with `asked`.
    """

    kind: ClassVar[str] = "audit"

    def choices(self, condition: Condition) -> tuple[str, ...]:
        """Beginnings of replies that are weighed."""
        return texts(condition, "choices")

    def chats(self, condition: Condition, index: int) -> tuple[Chat, ...]:
        """The prompt, and its other order where it has one."""
        added = str(option(condition, "added"))
        orders = [texts(condition, "prompts")[index]]
        if option(condition, "turned"):
            orders.append(texts(condition, "turned")[index])
        system = (Message("system", condition.system),) if condition.system.strip() else ()
        return tuple(
            (*system, Message("user", f"{text}\n\n{added}" if added else text)) for text in orders
        )


def audit_of(condition: Condition) -> str:
    """The name of the audit that a condition belongs to."""
    return str(option(condition, "audit"))


@dataclass(frozen=True, slots=True)
class Prompts:
    """What an audit asks.

    Attributes:
        texts: the questions.
        choices: beginnings of replies that are weighed.
        labels: what the analysis wants to know of each question, and of the set.
        turned: the questions with their options in the other order; none where order is no matter.
    """

    texts: Sequence[str]
    choices: Sequence[str]
    labels: Mapping[str, Sequence[str]]
    turned: Sequence[str] = ()


def asked(
    audit: str,
    about: str,
    model: ModelRef,
    prompts: Prompts,
    *,
    ways: Mapping[str, str],
    seed: int = 0,
) -> AuditExperiment:
    """An audit as an experiment.

    Args:
        audit: its name.
        about: what the run is called.
        model: which is asked.
        prompts: what it is asked.
        ways: name → what is added to every question, "" for nothing; 1 to 8.
        seed: of the run; nothing hangs on it.

    Raises:
        ChoraleError: there are no prompts, too many ways, or too much text.
    """
    if not 1 <= len(ways) <= MAX_CONDITIONS:
        raise ChoraleError(
            f"1 to {MAX_CONDITIONS} ways of asking can be compared, but there were {len(ways)}.",
            "Choose fewer.",
        )
    count = len(prompts.texts)
    letters = sum(map(len, (*prompts.texts, *prompts.turned)))
    if not count or letters > MAX_LETTERS:
        raise ChoraleError(
            f"An audit asks from one prompt to {MAX_LETTERS:,} letters of them, but there were "
            f"{count:,} prompts with {letters:,} letters.",
            "Choose another set, or a part of it.",
        )
    conditions = tuple(
        Condition(
            key=chr(ord("a") + place),
            name=name,
            model=model,
            n=count,
            strategy=judged(
                audit=audit,
                added=added,
                choices=tuple(prompts.choices),
                prompts=tuple(prompts.texts),
                turned=tuple(prompts.turned),
                **{f"label {key}": tuple(values) for key, values in prompts.labels.items()},
            ),
        )
        for place, (name, added) in enumerate(ways.items())
    )
    return AuditExperiment(about, conditions, seed)


def labels_of(condition: Condition) -> dict[str, tuple[str, ...]]:
    """What `asked` was told about the prompts."""
    return {
        name.removeprefix("label "): value
        for name, value in condition.strategy.options
        if name.startswith("label ") and isinstance(value, tuple)
    }
