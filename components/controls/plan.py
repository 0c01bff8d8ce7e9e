"""Who the model should be: a resident of the town, or a persona in the visitor's own words."""

from __future__ import annotations

import streamlit as st

from components.controls.user_side import OWN, PERSONA, refill_lines
from components.text import as_markdown
from data.examples.plans import Persona, residents


def persona_choice() -> Persona:
    """A resident of the town, or a persona in the visitor's own words."""
    known = residents()
    name = st.selectbox(
        "Who should the model be?",
        [*known, OWN],
        key=PERSONA,
        format_func=lambda each: known[each].label if each in known else each,
        on_change=refill_lines,
        persist_state="session",
    )
    if name in known:
        st.caption(f"“{known[name].system}” Known by: {_quoted(known[name].marks)}.")
        return known[name]
    system = st.text_area(
        "System prompt",
        key="drift.system",
        height=90,
        placeholder="You are a lighthouse keeper who distrusts the sea …",
        persist_state="session",
    )
    marks = st.text_input(
        "Words that only this persona would say (separated by commas)",
        key="drift.marks",
        placeholder="the lamp, my lantern",
        help="A reply with any of them counts as in character. Leave it empty to go by the "
        "distances alone.",
        persist_state="session",
    )
    words = tuple(word.strip() for word in marks.split(",") if word.strip())
    label = system.strip().split("\n")[0][:80]
    return Persona(label, system.strip(), words, f"Remember: {system.strip()}")


def _quoted(words: tuple[str, ...]) -> str:
    return " or ".join(f"“{as_markdown(word)}”" for word in words)
