import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.policies import Policy, simulate, standard_policies
from metrics.policy_language import (
    MAX_DEPTH,
    MAX_LENGTH,
    PolicyExpressionError,
    read_rule,
)
from metrics.policy_operations import FUNCTIONS, NAMES, NUMBER
from tests.metrics.playing import PERSONA, walk

WRITTEN = {
    "static": "persona",
    "uncapped": "user",
    "cap": "toward(state, user, 0.4 * unit)",
    "ema": "state + 0.5 * (user - state)",
    "dead_band": "state if cosine(user, state) >= 0.9 else user",
    "hybrid": "toward(state, state + (user - state) / 2, 0.4 * unit)",
    "hybrid_radius": "within(toward(state, (state + user) / 2, 0.4 * unit), persona, 0.75 * unit)",
    "hybrid_cache": "state if cosine(user, state) >= 1 - .01 "
    "else toward(state, (state + user) / 2, 0.4 * unit)",
}


def rule_or_column(text):
    try:
        return read_rule(text)
    except PolicyExpressionError as error:
        return error.column


def value(text, *, state=(3.0, 4.0), user=(0.0, 2.0), persona=(1.0, 1.0), unit=2.0):
    state, user = np.array([state]), np.array([user])
    return read_rule(text)(state, user, np.array(persona), unit)[0].tolist()


@pytest.mark.parametrize("policy", standard_policies(), ids=lambda policy: policy.key)
def test_every_standard_policy_can_be_written(policy):
    users = walk(np.random.default_rng(0), conversations=20)
    written = Policy(key="mine", label="", rule=read_rule(WRITTEN[policy.key]))
    found = simulate([policy, written], users, PERSONA, unit=1.7).states
    assert found[1] == pytest.approx(found[0], nan_ok=True, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 + 3 * 4", 14),
        ("(2 + 3) * 4", 20),
        ("10 - 4 - 3", 3),  # from the left
        ("12 / 3 / 2", 2),
        ("2 * -3", -6),
        ("--3", 3),
        ("length(state)", 5),
        ("cosine(state, user)", 4 / 5),
        ("min(2, unit + 1) + max(2, 7) - abs(-1)", 2 + 7 - 1),
        ("1 if 2 < 3 else 5", 1),
        ("1 if 3 <= 2 else 5 if 1 > 2 else 6", 6),
        ("1 if not 2 >= 3 and 2 > 1 else 5", 1),
        ("1 if 1 > 2 or 1 > 3 and 1 < 2 else 5", 5),  # and binds tighter than or
        ("1 if not not 1 < 2 else 5", 1),
    ],
)
def test_numbers_by_hand(text, expected):
    # a number times the persona (1, 1) shows it
    assert value(f"({text}) * persona") == pytest.approx([expected, expected])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-state + user", [-3, -2]),
        ("state / 2", [1.5, 2]),
        ("toward(state, persona * 0, 2.5)", [1.5, 2]),
        ("toward(state, persona, 100)", [1, 1]),
        ("within(state, persona * 0, 1)", [0.6, 0.8]),
        ("within(state, persona * 0, 9)", [3, 4]),
        ("user if length(user) < length(state) else state", [0, 2]),
        (" user ", [0, 2]),
    ],
)
def test_styles_by_hand(text, expected):
    assert value(text) == pytest.approx(expected)


def test_conditions_are_taken_conversation_by_conversation():
    rule = read_rule("user if cosine(user, state) > 0 else state")
    state, user = np.array([[1.0, 0], [1, 0]]), np.array([[2.0, 0], [-2, 0]])
    assert rule(state, user, np.zeros(2), 1.0).tolist() == [[2, 0], [1, 0]]


def test_what_has_no_value_keeps_the_state():
    assert value("user / 0") == [3, 4]
    assert value("user / (unit - 2)") == [3, 4]
    assert value("cosine(user, state) * user", state=(0.0, 0.0)) == [0, 0]
    assert value("user * 1" + "0" * 200 + " * 1" + "0" * 150) == [3, 4]


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("", 1, "but found the end"),
        ("state +", 8, "but found the end"),
        ("state + usr", 9, "“usr” is no name here; did you mean “user”?"),
        ("leng(state) * user", 1, "“leng” is no function here; did you mean “length”?"),
        ("state & user", 7, "“&” means nothing here"),
        ("state user", 7, "expected an operator or the end but found “user”"),
        ("toward(state, user)", 1, "toward takes a style and a style and a number, not a style"),
        ("(state", 7, "expected “)”"),
        ("user if state else state", 6, "“if” does not take a style"),
        ("user if 1 < 2", 14, "expected “else”"),
        ("state * user", 7, "“*” does not take a style and a style"),
        ("1 < 2 < 3", 7, "expected an operator or the end"),
        ("state + 1", 7, "“+” does not take a style and a number"),
        ("1 + 2", 1, "the whole is a number, but must be a style"),
        ("1 < 2", 1, "the whole is a condition"),
        ("state + min()", 13, "expected a number, a name or “(”"),
        ("2 and 3", 3, "“and” does not take"),
        ("not state", 1, "“not” does not take a style"),
    ],
)
def test_mistakes_name_their_column(text, column, said):
    with pytest.raises(PolicyExpressionError) as caught:
        read_rule(text)
    assert caught.value.column == column
    assert said in caught.value.message
    assert str(caught.value) == f"Column {column}: {caught.value.message}"


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "state.__class__",
        "state[0]",
        "[user for user in state]",
        "lambda: user",
        "user := state",
        "open('x')",
        "'user'",
        "user ** 9",
        "state; user",
    ],
)
def test_nothing_of_python_gets_in(text):
    with pytest.raises(PolicyExpressionError):
        read_rule(text)


@pytest.mark.parametrize(
    "text",
    [
        "user + " * MAX_LENGTH + "user",
        "(" * (MAX_DEPTH + 1) + "user" + ")" * (MAX_DEPTH + 1),
        "-" * 300 + "user",
        "user * (1" + "+1" * 150 + ")",
    ],
    ids=["long", "deep", "signs", "sum"],
)
def test_what_could_exhaust_the_machine_is_refused(text):
    with pytest.raises(PolicyExpressionError, match=r"not read|too deep"):
        read_rule(text)


@given(st.text(alphabet="stateur(),+-*/<>=. 0123456789ifelsnotadm\t\n", max_size=40))
def test_any_text_is_a_rule_or_a_mistake_with_a_place(text):
    found = rule_or_column(text)
    if isinstance(found, int):
        assert 1 <= found <= len(text) + 1
    else:
        assert np.isfinite(found(np.ones((2, 3)), np.zeros((2, 3)), np.ones(3), 1.0)).all()


def test_the_language_explains_itself():
    assert all(explanation for _, explanation in NAMES.values())
    assert all(function.explanation.endswith(".") for function in FUNCTIONS.values())
    assert NAMES["unit"][0] == NUMBER
    assert read_rule("user").text == "user"
