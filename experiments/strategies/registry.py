"""Every strategy by its name, and from stored options to one that can draw."""

from __future__ import annotations

import math
from collections.abc import Mapping

from data.errors import ChoraleError
from data.schema import Condition, ModelRef, Option, Strategy
from experiments.strategies.adaptive import ADAPTIVE
from experiments.strategies.again import AGAIN
from experiments.strategies.approaches import APPROACHES, IN_CALL
from experiments.strategies.base import LONGEST_TEXT, MOST_TEXTS, Method, Setting, Way
from experiments.strategies.lookahead import LOOKAHEAD
from experiments.strategies.negative import NEGATIVE
from experiments.strategies.numbered import NUMBERED
from experiments.strategies.paraphrases import PARAPHRASES
from experiments.strategies.plain import PLAIN
from experiments.strategies.plans import PLANS
from experiments.strategies.roles import ROLES
from experiments.strategies.unique import UNIQUE
from experiments.strategies.valued import VALUED
from experiments.strategies.verbalized import TAIL, VERBALIZED

METHODS: Mapping[str, Method] = {
    method.name: method
    for method in (
        PLAIN,
        NEGATIVE,
        VERBALIZED,
        TAIL,
        AGAIN,
        UNIQUE,
        NUMBERED,
        ROLES,
        APPROACHES,
        IN_CALL,
        PLANS,
        PARAPHRASES,
        ADAPTIVE,
        LOOKAHEAD,
        VALUED,
    )
}
JUDGED = "judged"  # instead of a strategy, where an experiment has prompts of its own


def method_of(strategy: Strategy) -> Method:
    """What there is to know about a strategy.

    Raises:
        ChoraleError: there is none of this name.
    """
    if strategy.name not in METHODS:
        raise ChoraleError(
            f"There is no strategy called “{strategy.name}”.",
            f"Take one of {', '.join(METHODS)}.",
        )
    return METHODS[strategy.name]


def strategy(name: str, options: Mapping[str, object] | None = None) -> Strategy:
    """A strategy with these options, and the defaults of all others written out.

    Raises:
        ChoraleError: the strategy or an option is unknown, or a value can't be.
    """
    method, given = method_of(Strategy(name)), dict(options or {})
    unknown = [key for key in given if key not in {setting.name for setting in method.settings}]
    if unknown:
        known = ", ".join(setting.name for setting in method.settings) or "none"
        raise ChoraleError(
            f"“{method.label}” has no option “{unknown[0]}”.", f"Its options are {known}."
        )
    return Strategy(
        name,
        tuple(
            (setting.name, _checked(method, setting, given.get(setting.name, setting.default)))
            for setting in method.settings
        ),
    )


def way_of(chosen: Strategy) -> Way:
    """A strategy that can draw, made anew.

    Raises:
        ChoraleError: see `strategy`.
    """
    complete = strategy(chosen.name, dict(chosen.options))
    return method_of(chosen).make(**dict(complete.options))


def voices(condition: Condition) -> tuple[ModelRef, ...]:
    """The models that answer under a condition, in turn."""
    return (condition.model, *condition.choir)


def voice_of(condition: Condition, index: int) -> ModelRef:
    """The model whose turn the answer with this index is."""
    models = voices(condition)
    return models[index // way_of(condition.strategy).size % len(models)]


def most_tokens(condition: Condition) -> int:
    """Tokens that a condition may draw at most, lists and plans included."""
    if condition.strategy.name == JUDGED:  # most only weigh answers and write none
        return condition.n * int(str(dict(condition.strategy.options).get("tokens", 0)))
    way, limit = way_of(condition.strategy), condition.decoding.max_new_tokens
    once = way.most_tokens(condition.n, limit)
    said = condition.plan.beside * limit if condition.plan is not None else 0
    return once + (len(condition.choir) * (way.most_tokens(0, limit))) + said


def _checked(method: Method, setting: Setting, value: object) -> Option:
    if isinstance(setting.default, tuple):
        return _texts(method, setting, value)
    if isinstance(setting.default, str):
        if value not in setting.choices:
            raise _refused(method, setting, f"one of {', '.join(setting.choices)}", value)
        return str(value)
    whole = isinstance(setting.default, int)
    kinds = (int,) if whole else (int, float)
    inside = type(value) in kinds and setting.low <= value <= setting.high  # type: ignore[operator]
    if not inside:
        kind = "a whole number" if whole else "a number"
        raise _refused(method, setting, f"{kind} from {setting.low:g} to {setting.high:g}", value)
    return value if whole else float(value)  # type: ignore[return-value, arg-type]


def _texts(method: Method, setting: Setting, value: object) -> tuple[str, ...]:
    texts = tuple(value) if isinstance(value, tuple | list) else (None,)
    if len(texts) > MOST_TEXTS or not all(
        isinstance(text, str) and text.strip() and len(text) <= LONGEST_TEXT for text in texts
    ):
        allowed = f"up to {MOST_TEXTS} texts of at most {LONGEST_TEXT} characters, none empty"
        raise _refused(method, setting, allowed, value)
    return texts


def _refused(method: Method, setting: Setting, allowed: str, value: object) -> ChoraleError:
    shown = "not a number" if isinstance(value, float) and math.isnan(value) else repr(value)[:80]
    return ChoraleError(
        f"For “{method.label}”, “{setting.label}” must be {allowed}, but it was {shown}.",
        "Change it and try again.",
    )
