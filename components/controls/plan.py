"""Who the model should be, and what the user says: bundled, typed or from a file."""

from __future__ import annotations

import streamlit as st

from components.problems import problems_shown
from components.state import fill_widgets, has_widget, widget_value
from components.text import as_markdown, plural
from data.examples.plans import MOVES, Persona, lines_for, residents
from data.transcripts import ENDINGS, read_transcripts

OWN = "My own persona …"
_FROM_FILE = "From a file …"
_LINES, _PLAN, _PERSONA = "drift.lines", "drift.plan", "drift.persona"
_STRANGER = "Marta"  # whose questions are asked where the persona is the visitor's own


def persona_choice() -> Persona:
    """A resident of the town, or a persona in the visitor's own words."""
    known = residents()
    name = st.selectbox(
        "Who should the model be?",
        [*known, OWN],
        key=_PERSONA,
        format_func=lambda each: known[each].label if each in known else each,
        on_change=_refill,
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


def conversation_lines(persona: Persona) -> tuple[str, ...]:
    """What the user says, one line per turn; can be edited whatever it began with."""
    if not has_widget(_LINES):
        fill_widgets({_PLAN: next(iter(MOVES))})
        _refill()
    choice = st.selectbox(
        "What does the user do?",
        [*MOVES, _FROM_FILE],
        key=_PLAN,
        on_change=_refill,
        persist_state="session",
    )
    if choice == _FROM_FILE:
        _file()
    text = st.text_area(
        "What the user says, one line per turn",
        key=_LINES,
        height=210,
        persist_state="session",
    )
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _refill() -> None:
    """Write the chosen plan's lines for the chosen persona."""
    choice = str(widget_value(_PLAN))
    if choice in MOVES:
        name = str(widget_value(_PERSONA) or "")
        who = name if name in residents() else _STRANGER
        moves = MOVES[choice] if name in residents() or not name else MOVES["Questions only"]
        fill_widgets({_LINES: "\n".join(lines_for(who, moves))})


def _file() -> None:
    """A recorded dialogue, whose user lines are said again."""
    upload = st.file_uploader(
        "A recorded dialogue",
        type=[ending.removeprefix(".") for ending in ENDINGS],
        max_upload_size=20,
        key="drift.file",
        help="JSON, JSON lines, CSV or text with the roles user and assistant; see the README.",
    )
    if upload is None:
        return
    with problems_shown():
        found = read_transcripts(upload.getvalue(), name=upload.name)
        for note in found.notes:
            st.caption(as_markdown(note))
        ids = {each.id: each for each in found.transcripts}
        chosen = st.selectbox("Dialogue", list(ids), key="drift.dialogue")
        lines = [m.content for m in ids[chosen].turns if m.role == "user"]
        values = {_LINES: "\n".join(" ".join(line.split()) for line in lines)}
        if ids[chosen].system:
            values |= {_PERSONA: OWN, "drift.system": ids[chosen].system}
        st.button(
            f"Take its {plural(len(lines), 'user line')}",
            icon=":material/download:",
            key="drift.take",
            on_click=fill_widgets,
            args=(values,),
        )


def _quoted(words: tuple[str, ...]) -> str:
    return " or ".join(f"“{as_markdown(word)}”" for word in words)
