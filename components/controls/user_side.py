"""What the user says: bundled, typed, from a file, by another model, or by the visitor live."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from components.model_picker import chosen_model, offered_models
from components.problems import problems_shown
from components.state import fill_widgets, has_widget, widget_value
from components.text import as_markdown, plural
from data.examples.plans import MOVES, Persona, lines_for, residents
from data.schema import Speaker
from data.transcripts import ENDINGS, read_transcripts
from experiments.conversation_checks import MAX_TURNS
from metrics.turns import MIN_TURNS
from models.registry import model_name

OWN = "My own persona …"
PERSONA = "drift.persona"
_FROM_FILE, _MODEL, _LIVE = "From a file …", "Another model speaks …", "I talk to it myself"
_LINES, _PLAN, _OPENING = "drift.lines", "drift.plan", "drift.opening"
_STRANGER = "Marta"  # whose questions are asked where the persona is the visitor's own


@dataclass(frozen=True, slots=True)
class UserSide:
    """Who talks to the model, and what they say.

    Attributes:
        lines: turn by turn; empty ones are said by `speaker`.
        speaker: a model that plays the user.
        live: whether the visitor talks, line by line.
    """

    lines: tuple[str, ...] = ()
    speaker: Speaker | None = None
    live: bool = False


def begin_user_side(*, talking: bool) -> None:
    """Fill the widgets when the page is first drawn."""
    if not has_widget(_LINES):
        fill_widgets({_PLAN: next(iter(MOVES))})
        refill_lines()
        fill_widgets({_PLAN: _LIVE} if talking else {})


def is_live() -> bool:
    """Whether the visitor has chosen to talk."""
    return widget_value(_PLAN) == _LIVE


def user_side(persona: Persona) -> UserSide:
    """What the user does, with what that needs."""
    choice = st.selectbox(
        "What does the user do?",
        [*MOVES, _MODEL, _LIVE, _FROM_FILE],
        key=_PLAN,
        on_change=refill_lines,
        persist_state="session",
    )
    if choice == _LIVE:
        st.caption(
            "You write to it in the box at the foot of the page. Each of your lines is answered "
            "several times: the first answer goes on, all of them are measured."
        )
        return UserSide(live=True)
    if choice == _MODEL:
        return _played(persona)
    if choice == _FROM_FILE:
        _file()
    text = st.text_area(
        "What the user says, one line per turn",
        key=_LINES,
        height=210,
        persist_state="session",
    )
    return UserSide(tuple(line.strip() for line in text.splitlines() if line.strip()))


def _played(persona: Persona) -> UserSide:
    """A model of any kind plays the user; it may be the one that plays the persona too."""
    known = {name: each for name, each in residents().items() if each.system != persona.system}
    left, right = st.columns(2, gap="small")
    with left:
        name = st.selectbox(
            "Who is the user?",
            [*known, OWN],
            key="drift.user",
            format_func=lambda each: known[each].label if each in known else each,
            persist_state="session",
        )
    with right:
        models = tuple(dict.fromkeys((chosen_model(), *offered_models())))
        model = st.selectbox(
            "Played by",
            models,
            key="drift.user_model",
            format_func=model_name,
            help="Models that you have chosen in the sidebar before.",
            persist_state="session",
        )
    system = known[name].system if name in known else _own_user()
    opening = st.text_input(
        "Their first line", key=_OPENING, max_chars=2000, persist_state="session"
    )
    turns = st.number_input(
        "Turns", 2, MAX_TURNS, MIN_TURNS, key="drift.turns", width=140, persist_state="session"
    )
    lines = (opening.strip(), *[""] * (int(turns) - 1))
    return UserSide(lines, Speaker(model, system.strip()))


def _own_user() -> str:
    return st.text_area(
        "System prompt of the user",
        key="drift.user_system",
        height=90,
        placeholder="You are a customer who wants to know everything about lighthouses …",
        persist_state="session",
    )


def refill_lines() -> None:
    """Write the chosen plan's lines for the chosen persona."""
    choice = str(widget_value(_PLAN))
    if choice in MOVES:
        name = str(widget_value(PERSONA) or "")
        who = name if name in residents() else _STRANGER
        moves = MOVES[choice] if name in residents() or not name else MOVES["Questions only"]
        fill_widgets({_LINES: "\n".join(lines_for(who, moves))})
    if choice == _MODEL and not widget_value(_OPENING):
        fill_widgets({_OPENING: lines_for(_STRANGER, MOVES["Questions only"])[0]})


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
        if not lines:
            st.caption("Nothing in it is said by the user.")
            return
        if len(lines) > MAX_TURNS:
            st.caption(
                f"It has {len(lines)} lines by the user. A conversation here has up to {MAX_TURNS} "
                "turns: all are put into the box below, take some out there."
            )
        values = {_LINES: "\n".join(" ".join(line.split()) for line in lines)}
        if ids[chosen].system:
            values |= {PERSONA: OWN, "drift.system": ids[chosen].system}
        st.button(
            f"Take its {plural(len(lines), 'user line')}",
            icon=":material/download:",
            key="drift.take",
            on_click=fill_widgets,
            args=(values,),
        )
