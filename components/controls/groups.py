"""Whose answers, grouped by what, about which question: widgets in, a frozen draft out."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from components import polls
from components.controls.group_files import hub_source, pasted_source, uploaded_source
from components.state import State
from components.text import plural
from components.views.raters import simulated_raters
from data.answer_checks import Kind
from experiments.groups.grouping import Grouping, attributes_of
from experiments.groups.sources import Source

TOWN, UPLOAD, PASTE, HUB = "The town’s raters", "A file", "Paste", "Hugging Face"
PLAYED = "Played by a model"
_KINDS: dict[Kind, str] = {
    "ratings": "Rate answers 1 to 5",
    "pairs": "Compare two",
    "choice": "Choose one of four",
    "ranking": "Rank five",
    "votes": "Vote on statements",
}
MOST_BY = 3
PLAYED_NOTE = (
    "Simulated raters: {} played every one of them. Not people: models caricature groups, and vary "
    "less than people do."
)


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """What the page shows.

    Attributes:
        source: whose answers.
        by: attributes that are crossed.
        grouping: the groups.
        part: question whose answers are compared.
        items: its ids; none for everything.
    """

    source: Source
    by: tuple[str, ...]
    grouping: Grouping
    part: str
    items: tuple[str, ...]


def groups_controls(state: State) -> Draft | None:
    """The source, then how raters are grouped; None while there are no answers to show."""
    where = st.segmented_control(
        "Whose answers",
        [TOWN, UPLOAD, PASTE, HUB, PLAYED],
        default=TOWN,
        required=True,
        key="groups.source",
        persist_state="session",
    )
    readers = {
        UPLOAD: uploaded_source,
        PASTE: pasted_source,
        HUB: hub_source,
        PLAYED: _played,
    }
    source = _town() if where == TOWN else readers[where](state)
    if source is None:
        return None
    _told(source)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        by = _attributes(source)
    with right:
        part, items = _part(source)
    grouping = polls.grouping(source, by)
    _sizes(source, grouping)
    return Draft(source, by, grouping, part, items)


def _town() -> Source:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        kind = st.selectbox(
            "What they were asked",
            list(_KINDS),
            format_func=_KINDS.__getitem__,
            key="groups.kind",
            width=230,
            persist_state="session",
        )
        per_group = st.slider(
            "Raters in each group", 10, 100, 40, 5, key="groups.size", width=260,
            persist_state="session",
        )  # fmt: skip
        seed = st.number_input(
            "Seed", 0, 10_000, 0, key="groups.seed", width=110, persist_state="session"
        )
    return polls.town(kind, int(per_group), int(seed))


def _played(state: State) -> Source | None:
    """A model as a member of each group; its run is followed above what it gives."""
    found = simulated_raters(state)
    if found is None:
        return None
    key = f"played {state.here.run_id} {len(found.table)}"
    return Source(key, "Played by a model", found, simulated=PLAYED_NOTE.format(found.simulated))


def simulated_note(source: Source) -> None:
    """Say that raters are made up, wherever their answers are shown."""
    if source.simulated:
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
            st.badge("simulated raters", icon=":material/smart_toy:", color="orange")
            st.caption(source.simulated, width="content")


def _told(source: Source) -> None:
    simulated_note(source)
    for note in (*source.notes, *source.responses.notes):
        st.caption(f":material/info: {_plain(note)}")


def _plain(note: str) -> str:
    return note.replace("$", "\\$").replace("_", "\\_").replace("*", "\\*").replace("[", "\\[")


def _attributes(source: Source) -> tuple[str, ...]:
    found = attributes_of(source.responses)
    if not found:
        st.caption(
            "No attribute has two groups of ten raters or more, so everybody is shown together."
        )
        return ()
    key = f"groups.by.{source.key}"
    chosen = st.multiselect(
        "Group raters by",
        list(found),
        default=[next(iter(found))],
        max_selections=MOST_BY,
        key=key,
        help="Several are crossed: age × gender makes a group of each pair. Groups of fewer than "
        "ten raters are hidden.",
        placeholder="everybody together",
        persist_state="session",
    )
    return tuple(chosen)


def _part(source: Source) -> tuple[str, tuple[str, ...]]:
    parts = polls.parts(source)
    titles = list(parts)
    if len(titles) == 1:
        return titles[0], parts[titles[0]]
    shown = titles[:200]
    part = st.selectbox(
        "Question",
        shown,
        key=f"groups.part.{source.key}",
        help="Answers can only be compared where a chain of questions joins them; these are the "
        f"{plural(len(titles), 'part')} of the data"
        + (", the 200 largest first." if len(shown) < len(titles) else "."),
        persist_state="session",
    )
    return part, parts[part]


def _sizes(source: Source, grouping: Grouping) -> None:
    """Every group with its raters, and what is hidden."""
    told = " · ".join(f"{_plain(g.name)} {g.size:,}" for g in grouping.shown)
    total = len(source.responses.raters)
    st.caption(f"{plural(total, 'rater')}, {plural(len(source.responses.table), 'answer')}: {told}")
    if grouping.hidden:
        small = [g for g in grouping.hidden if not g.shown]
        large = [g for g in grouping.hidden if g.shown]
        words = []
        if small:
            raters = sum(g.size for g in small)
            words.append(
                f"{plural(len(small), 'group')} of fewer than ten ({plural(raters, 'rater')}) "
                f"{'is' if len(small) == 1 else 'are'} hidden: "
                + ", ".join(f"{_plain(g.name)} {g.size}" for g in small[:6])
                + (" …" if len(small) > 6 else "")
            )
        if large:
            words.append(f"{plural(len(large), 'further group')} beyond the twelve largest")
        st.caption(f":material/visibility_off: {'; '.join(words)}.")
