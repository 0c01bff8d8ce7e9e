"""What a written policy may do: operations on numbers, styles and conditions.

A value is an array with one row per conversation: a number (m, 1), a style (m, d), a condition
(m, 1). Every operation states the kinds it takes, so a mistake is found before anything is played.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

NUMBER, STYLE, CONDITION = "number", "style", "condition"

Array = NDArray[Any]
Values = Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class Expression:
    """A part of a written policy whose kind is known.

    Attributes:
        kind: of its value.
        value: computes it from the values of the names.
    """

    kind: str
    value: Callable[[Values], Array]


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that makes one value of others.

    Attributes:
        takes: kind of each argument.
        gives: kind of the result.
        apply: the computation, on arrays.
        explanation: one sentence for a reader; "" for an operator.
    """

    takes: tuple[str, ...]
    gives: str
    apply: Callable[..., Array]
    explanation: str = ""

    def of(self, arguments: Sequence[Expression]) -> Expression:
        """The expression that applies it."""
        parts = [argument.value for argument in arguments]
        return Expression(self.gives, lambda values: self.apply(*(part(values) for part in parts)))


def _length(style: Array) -> Array:
    return np.linalg.norm(style, axis=-1, keepdims=True)


def _quotient(part: Array, whole: Array) -> Array:
    """NaN for anything over 0."""
    shape = np.broadcast_shapes(part.shape, whole.shape)
    return np.divide(part, whole, out=np.full(shape, np.nan), where=whole != 0)


def _cosine(one: Array, other: Array) -> Array:
    return _quotient((one * other).sum(axis=-1, keepdims=True), _length(one) * _length(other))


def _toward(start: Array, goal: Array, step: Array) -> Array:
    """At most `step` along the way; all of it where that is shorter."""
    way = goal - start
    length = _length(way)
    share = np.divide(step, length, out=np.ones_like(length), where=length > step)
    return start + way * share


def _within(style: Array, centre: Array, radius: Array) -> Array:
    return _toward(centre, style, radius)


NAMES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "state": (STYLE, "the bot's style so far"),
        "user": (STYLE, "the style of the user's turn"),
        "persona": (STYLE, "the bot's own style"),
        "unit": (NUMBER, "the median step between two turns of a user"),
    }
)

FUNCTIONS: Mapping[str, Operation] = MappingProxyType(
    {
        "length": Operation((STYLE,), NUMBER, _length, "How long a style or a step is."),
        "cosine": Operation(
            (STYLE, STYLE), NUMBER, _cosine, "How far two styles point the same way, −1 to 1."
        ),
        "toward": Operation(
            (STYLE, STYLE, NUMBER), STYLE, _toward, "From one style to another, at most this far."
        ),
        "within": Operation(
            (STYLE, STYLE, NUMBER), STYLE, _within, "A style drawn into the ball around another."
        ),
        "min": Operation((NUMBER, NUMBER), NUMBER, np.minimum, "The smaller of two numbers."),
        "max": Operation((NUMBER, NUMBER), NUMBER, np.maximum, "The larger of two numbers."),
        "abs": Operation((NUMBER,), NUMBER, np.abs, "A number without its sign."),
    }
)

OPERATORS: Mapping[str, tuple[Operation, ...]] = MappingProxyType(
    {
        "+": (
            Operation((NUMBER, NUMBER), NUMBER, np.add),
            Operation((STYLE, STYLE), STYLE, np.add),
        ),
        "-": (
            Operation((NUMBER, NUMBER), NUMBER, np.subtract),
            Operation((STYLE, STYLE), STYLE, np.subtract),
            Operation((NUMBER,), NUMBER, np.negative),
            Operation((STYLE,), STYLE, np.negative),
        ),
        "*": (
            Operation((NUMBER, NUMBER), NUMBER, np.multiply),
            Operation((NUMBER, STYLE), STYLE, np.multiply),
            Operation((STYLE, NUMBER), STYLE, np.multiply),
        ),
        "/": (
            Operation((NUMBER, NUMBER), NUMBER, _quotient),
            Operation((STYLE, NUMBER), STYLE, _quotient),
        ),
        "<": (Operation((NUMBER, NUMBER), CONDITION, np.less),),
        "<=": (Operation((NUMBER, NUMBER), CONDITION, np.less_equal),),
        ">": (Operation((NUMBER, NUMBER), CONDITION, np.greater),),
        ">=": (Operation((NUMBER, NUMBER), CONDITION, np.greater_equal),),
        "and": (Operation((CONDITION, CONDITION), CONDITION, np.logical_and),),
        "or": (Operation((CONDITION, CONDITION), CONDITION, np.logical_or),),
        "not": (Operation((CONDITION,), CONDITION, np.logical_not),),
        "if": (
            Operation((CONDITION, NUMBER, NUMBER), NUMBER, np.where),
            Operation((CONDITION, STYLE, STYLE), STYLE, np.where),
        ),
    }
)
