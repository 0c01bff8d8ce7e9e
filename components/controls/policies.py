"""Which policies are played, with which settings, and one in the visitor's own words."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from components.text import as_markdown
from metrics.policies import Policy
from metrics.policy_choice import OWN, STANDARD, Tuning, base_of, choices, named_policies
from metrics.policy_language import PolicyExpressionError, WrittenRule, read_rule
from metrics.policy_operations import FUNCTIONS, NAMES

MOST = 12  # policies at once: more names than a picture can hold
_EXAMPLE = "toward(state, user, 0.4 * unit) if cosine(user, persona) > -0.5 else state"
_DEFAULTS = Tuning()


def policy_controls() -> tuple[Policy, ...]:
    """The chosen policies in order, with the settings on the sliders."""
    names = choices()
    keys = st.multiselect(
        "Policies",
        list(names),
        default=list(STANDARD),
        max_selections=MOST,
        wrap=True,
        key="synchrony.policies",
        format_func=names.__getitem__,
        help="How the bot’s style follows the user’s: **Static** never, **Uncapped** wholly, "
        "**Cap** by steps of limited length, **EMA** by a share α of the way, **Dead-Band** only "
        "when it is far off, **Hybrid** by a share and a limit. With **Radius** it never goes far "
        "from its own style; with **Cache** it stays where it hardly differs from the user.",
        persist_state="session",
    )
    tuning = _sliders()
    if any(base_of(key) == OWN for key in keys):
        tuning = replace(tuning, rule=_own_rule())
    return named_policies(keys, tuning)


def _sliders() -> Tuning:
    grid = st.grid(4, min_column_width=112, gap="small")
    with grid.container():
        follow = st.slider(
            "α (share)", 0.0, 1.0, _DEFAULTS.follow, 0.05, key="synchrony.follow",
            help="Of EMA and Hybrid: how far it goes to the user in one turn.",
            persist_state="session",
        )  # fmt: skip
    with grid.container():
        cap = st.slider(
            "Cap (steps)", 0.05, 2.0, _DEFAULTS.cap, 0.05, key="synchrony.cap",
            help="Of Cap and Hybrid: the longest step, in median user steps. 1 is as far as users "
            "usually move from one turn to the next.",
            persist_state="session",
        )  # fmt: skip
    with grid.container():
        dead_band = st.slider(
            "Dead band", 0.0, 1.0, _DEFAULTS.dead_band, 0.05,
            key="synchrony.dead_band",
            help="Of Dead-Band: nearer than this to the user (cosine distance), it stays.",
            persist_state="session",
        )  # fmt: skip
    with grid.container():
        radius = st.slider(
            "Radius (steps)", 0.05, 3.0, _DEFAULTS.radius, 0.05,
            key="synchrony.radius",
            help="Of + Radius: the farthest from its own style, in median user steps.",
            persist_state="session",
        )  # fmt: skip
    return Tuning(follow, cap, dead_band, radius)


def _own_rule() -> WrittenRule | None:
    """The visitor's policy; None, and why, while it can't be read."""
    text = st.text_input(
        "My own policy: the bot’s next style",
        value=_EXAMPLE,
        key="synchrony.rule",
        max_chars=400,
        help=_language(),
        persist_state="session",
    )
    try:
        return read_rule(text)
    except PolicyExpressionError as error:
        pointer = " " * max(error.column - 1, 0) + "^"
        st.markdown(f":red[Column {error.column}: {as_markdown(error.message)}.]")
        st.code(f"{text}\n{pointer}", language=None)
        return None


def _language() -> str:
    names = "\n".join(f"- `{name}`: {told}" for name, (_, told) in NAMES.items())
    calls = "\n".join(
        f"- `{name}({', '.join(function.takes)})`: {function.explanation}"
        for name, function in FUNCTIONS.items()
    )
    return (
        f"An expression that gives a style.\n\n{names}\n\n{calls}\n\n"
        "Styles add, and are multiplied or divided by numbers; `a if condition else b`, `<`, "
        "`<=`, `>`, `>=`, `and`, `or`, `not`."
    )
