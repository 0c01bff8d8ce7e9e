"""The run behind every audit that weighs given answers: prompts, and what is added to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from data.errors import ChoraleError
from data.schema import MAX_CONDITIONS, Condition, Decoding, Message, ModelRef, Option
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
        added, place = str(option(condition, "added")), prompt_of(condition, index)
        orders = [texts(condition, "prompts")[place]]
        if option(condition, "turned"):
            orders.append(texts(condition, "turned")[place])
        system = (Message("system", condition.system),) if condition.system.strip() else ()
        return tuple(
            (*system, Message("user", f"{text}\n\n{added}" if added else text)) for text in orders
        )


def prompt_of(condition: Condition, index: int) -> int:
    """Which prompt a draw is of: each is asked once before any is asked again."""
    return index % len(texts(condition, "prompts"))


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


@dataclass(frozen=True, slots=True)
class Writing:
    """How replies are written, where an audit has any written.

    Attributes:
        draws: independent replies to each prompt.
        tokens: that one draw may write at most.
    """

    draws: int = 1
    tokens: int = 0


def asked(
    audit: str,
    about: str,
    model: ModelRef,
    prompts: Prompts,
    *,
    ways: Mapping[str, str],
    seed: int = 0,
) -> AuditExperiment:
    """An audit as an experiment that weighs given answers.

    Args:
        audit: its name.
        about: what the run is called.
        model: which is asked.
        prompts: what it is asked.
        ways: as in `conditions_of`.
        seed: of the run; nothing hangs on it.

    Raises:
        ChoraleError: as `conditions_of`.
    """
    return AuditExperiment(about, conditions_of(audit, model, prompts, ways=ways), seed)


def conditions_of(
    audit: str,
    model: ModelRef,
    prompts: Prompts,
    *,
    ways: Mapping[str, str],
    writing: Writing | None = None,
) -> tuple[Condition, ...]:
    """One condition per way of asking.

    Args:
        audit: its name.
        model: which is asked.
        prompts: what it is asked.
        ways: name → what is added to every question, "" for nothing; 1 to 8.
        writing: how replies are written; None where answers are only weighed.

    Raises:
        ChoraleError: there are no prompts, too many ways, or too much text.
    """
    if not 1 <= len(ways) <= MAX_CONDITIONS:
        raise ChoraleError(
            f"1 to {MAX_CONDITIONS} ways of asking can be compared, but there were {len(ways)}.",
            "Choose fewer.",
        )
    count, written = len(prompts.texts), writing or Writing()
    letters = sum(map(len, (*prompts.texts, *prompts.turned)))
    if not count or letters > MAX_LETTERS:
        raise ChoraleError(
            f"An audit asks from one prompt to {MAX_LETTERS:,} letters of them, but there were "
            f"{count:,} prompts with {letters:,} letters.",
            "Choose another set, or a part of it.",
        )
    return tuple(
        Condition(
            key=chr(ord("a") + place),
            name=name,
            model=model,
            decoding=Decoding(max_new_tokens=written.tokens) if written.tokens else Decoding(),
            n=count * written.draws,
            strategy=judged(
                audit=audit,
                added=added,
                choices=tuple(prompts.choices),
                prompts=tuple(prompts.texts),
                turned=tuple(prompts.turned),
                **{f"label {key}": tuple(values) for key, values in prompts.labels.items()},
                **({"tokens": written.tokens} if written.tokens else {}),
            ),
        )
        for place, (name, added) in enumerate(ways.items())
    )


def with_option(condition: Condition, name: str, value: Option) -> Condition:
    """The condition with one more setting kept."""
    return replace(condition, strategy=judged(**dict(condition.strategy.options), **{name: value}))


def labels_of(condition: Condition) -> dict[str, tuple[str, ...]]:
    """What `asked` was told about the prompts."""
    return {
        name.removeprefix("label "): value
        for name, value in condition.strategy.options
        if name.startswith("label ") and isinstance(value, tuple)
    }
