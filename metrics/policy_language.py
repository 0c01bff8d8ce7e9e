"""Policies as a visitor writes them: one expression for the bot's next style.

```
expression  = either [ "if" either "else" expression ]
either      = both { "or" both }
both        = negated { "and" negated }
negated     = { "not" } comparison
comparison  = sum [ ( "<" | "<=" | ">" | ">=" ) sum ]
sum         = product { ( "+" | "-" ) product }
product     = signed { ( "*" | "/" ) signed }
signed      = { "-" } atom
atom        = number | name | function "(" expression { "," expression } ")"
            | "(" expression ")"
```

The names are `state`, `user`, `persona` (styles) and `unit` (a number); the functions stand in
`metrics.policy_operations`. Styles add, and are multiplied or divided by numbers. The whole must be
a style. Nothing else exists: no assignments, attributes, texts or calls of Python, and the text is
never handed to Python's own evaluator.

    toward(state, user, 0.4 * unit)                     Cap
    state + 0.5 * (user - state)                        EMA
    state if cosine(user, state) >= 0.9 else user       Dead-Band

A comparison with something undefined (the cosine to a style of length 0) doesn't hold.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics.policy_operations import (
    FUNCTIONS,
    NAMES,
    NUMBER,
    OPERATORS,
    STYLE,
    Array,
    Expression,
)

MAX_LENGTH = 400  # characters
MAX_TOKENS = 150  # numbers, names and signs; bounds how deep the computation nests
MAX_DEPTH = 20  # brackets, functions and conditions inside each other

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d*)?|\.\d+)|(?P<word>[A-Za-z_]\w*)|(?P<sign><=|>=|[-+*/<>(),]))"
)
_KEYWORDS = frozenset({"if", "else", "and", "or", "not"})
_END = "the end"


class PolicyExpressionError(ValueError):
    """A written policy that can't be understood.

    Args:
        message: what is wrong, without the place.
        column: 1 for the first character.
    """

    def __init__(self, message: str, column: int) -> None:
        super().__init__(f"Column {column}: {message}")
        self.message = message
        self.column = column


@dataclass(frozen=True, slots=True)
class WrittenRule:
    """A rule read from text; fits `metrics.policies.Policy`.

    Attributes:
        text: as it was written.
        expression: what it computes.
    """

    text: str
    expression: Expression

    def __call__(
        self,
        state: NDArray[np.float64],
        user: NDArray[np.float64],
        persona: NDArray[np.float64],
        unit: float,
    ) -> NDArray[np.float64]:
        """The next styles (m, d); where the result isn't finite (something over 0) the state."""
        values = {"state": state, "user": user, "persona": persona, "unit": np.array([[unit]])}
        with np.errstate(over="ignore", invalid="ignore"):
            found = np.broadcast_to(self.expression.value(values), state.shape)
        return np.where(np.isfinite(found).all(axis=-1, keepdims=True), found, state)


def read_rule(text: str) -> WrittenRule:
    """The rule that an expression describes.

    Args:
        text: at most 400 characters and 150 words and signs; the grammar stands at the top of this
            file.

    Raises:
        PolicyExpressionError: it isn't an expression of this language, is too long or too deeply
            nested, mixes kinds that don't mix, or is no style; it names the column.
    """
    if len(text) > MAX_LENGTH:
        raise PolicyExpressionError(f"more than {MAX_LENGTH} characters are not read", MAX_LENGTH)
    return WrittenRule(text, _Parser(_tokens(text)).whole())


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # number, word, keyword, sign or end
    text: str
    column: int


def _tokens(text: str) -> list[_Token]:
    found, place = [], 0
    text = text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            column = place + len(text[place:]) - len(text[place:].lstrip()) + 1
            raise PolicyExpressionError(f"“{text[column - 1]}” means nothing here", column)
        kind = str(match.lastgroup)
        word = match[kind]
        found.append(_Token("keyword" if word in _KEYWORDS else kind, word, match.start(kind) + 1))
        place = match.end()
        if len(found) > MAX_TOKENS:
            raise PolicyExpressionError(
                f"more than {MAX_TOKENS} words and signs are not read", found[-1].column
            )
    return [*found, _Token("end", _END, len(text) + 1)]


class _Parser:
    """Recursive descent, one method per line of the grammar."""

    def __init__(self, tokens: Sequence[_Token]) -> None:
        self.tokens, self.place, self.depth = tokens, 0, 0

    @property
    def next(self) -> _Token:
        return self.tokens[self.place]

    def take(self, *texts: str) -> _Token | None:
        """The next token, if it is one of these signs or keywords."""
        token = self.next
        if token.kind not in {"sign", "keyword"} or token.text not in texts:
            return None
        self.place += 1
        return token

    def need(self, text: str) -> None:
        if not self.take(text):
            raise _expected(f"“{text}”", self.next)

    def whole(self) -> Expression:
        found = self.expression()
        if self.next.kind != "end":
            raise _expected("an operator or the end", self.next)
        if found.kind != STYLE:
            raise PolicyExpressionError(f"the whole is a {found.kind}, but must be a style", 1)
        return found

    def expression(self) -> Expression:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise PolicyExpressionError(
                f"more than {MAX_DEPTH} levels are too deep", self.next.column
            )
        found = self.either()
        if sign := self.take("if"):
            condition = self.either()
            self.need("else")
            found = _applied(sign, condition, found, self.expression())
        self.depth -= 1
        return found

    def either(self) -> Expression:
        found = self.both()
        while sign := self.take("or"):
            found = _applied(sign, found, self.both())
        return found

    def both(self) -> Expression:
        found = self.negated()
        while sign := self.take("and"):
            found = _applied(sign, found, self.negated())
        return found

    def negated(self) -> Expression:
        signs = self.prefixes("not")
        found = self.comparison()
        for sign in reversed(signs):
            found = _applied(sign, found)
        return found

    def comparison(self) -> Expression:
        found = self.sum()
        if sign := self.take("<", "<=", ">", ">="):
            found = _applied(sign, found, self.sum())
        return found

    def sum(self) -> Expression:
        found = self.product()
        while sign := self.take("+", "-"):
            found = _applied(sign, found, self.product())
        return found

    def product(self) -> Expression:
        found = self.signed()
        while sign := self.take("*", "/"):
            found = _applied(sign, found, self.signed())
        return found

    def signed(self) -> Expression:
        signs = self.prefixes("-")
        found = self.atom()
        for sign in reversed(signs):
            found = _applied(sign, found)
        return found

    def prefixes(self, text: str) -> list[_Token]:
        signs = []
        while sign := self.take(text):
            signs.append(sign)
        return signs

    def atom(self) -> Expression:
        if self.take("("):
            found = self.expression()
            self.need(")")
            return found
        token = self.next
        if token.kind not in {"number", "word"}:
            raise _expected("a number, a name or “(”", token)
        self.place += 1
        if token.kind == "number":
            return _constant(float(token.text))
        return self.call(token) if self.take("(") else _named(token)

    def call(self, name: _Token) -> Expression:
        if name.text not in FUNCTIONS:
            raise _unknown(name, list(FUNCTIONS), "function")
        arguments = [self.expression()]
        while self.take(","):
            arguments.append(self.expression())
        self.need(")")
        function = FUNCTIONS[name.text]
        given = tuple(argument.kind for argument in arguments)
        if given != function.takes:
            raise PolicyExpressionError(
                f"{name.text} takes {_listed(function.takes)}, not {_listed(given)}", name.column
            )
        return function.of(arguments)


def _constant(number: float) -> Expression:
    value: Array = np.array([[number]])
    return Expression(NUMBER, lambda values: value)


def _named(token: _Token) -> Expression:
    name = token.text
    if name not in NAMES:
        raise _unknown(token, list(NAMES), "name")
    return Expression(NAMES[name][0], lambda values: values[name])


def _applied(sign: _Token, *arguments: Expression) -> Expression:
    """The operator at this sign, in the form that takes these kinds."""
    kinds = tuple(argument.kind for argument in arguments)
    for operation in OPERATORS[sign.text]:
        if operation.takes == kinds:
            return operation.of(arguments)
    raise PolicyExpressionError(f"“{sign.text}” does not take {_listed(kinds)}", sign.column)


def _listed(kinds: Sequence[str]) -> str:
    return " and ".join(f"a {kind}" for kind in kinds)


def _expected(what: str, token: _Token) -> PolicyExpressionError:
    found = token.text if token.kind == "end" else f"“{token.text}”"
    return PolicyExpressionError(f"expected {what} but found {found}", token.column)


def _unknown(token: _Token, known: list[str], kind: str) -> PolicyExpressionError:
    close = difflib.get_close_matches(token.text, known, n=1)
    hint = f"did you mean “{close[0]}”?" if close else f"known are {', '.join(known)}"
    return PolicyExpressionError(f"“{token.text}” is no {kind} here; {hint}", token.column)
