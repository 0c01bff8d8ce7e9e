"""The texts behind the map: by meaning, and one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from components.figures.palette import condition_mark
from components.layout import theme
from components.state import State, widget_value
from components.text import as_markdown, one_line, plural, printable
from components.views.accounts import empty_places, steps_of
from components.views.charts import named
from components.views.gate import Shown
from components.views.map import answers_frame, selection_bar
from components.views.stars import own_stars, place_of, rates_one_by_one, stars_bar, stars_of
from data.divergences import Place
from data.schema import RunData
from experiments.analysis import Meaning

_FIRST_MEANINGS = 12


def picked_rows(state: State, data: RunData) -> list[int]:
    """Rows picked on the map; all rows when none are."""
    chosen = state.diversity.selection
    ids = enumerate(zip(data.keys, (sample.index for sample in data.samples), strict=True))
    rows = [row for row, point in ids if not chosen or point in chosen]
    return rows or list(range(len(data.keys)))


def meanings_view(state: State, shown: Shown, names: Mapping[str, str]) -> None:
    """Each meaning with its most typical answer; opened, all its answers."""
    data = shown.data
    selection_bar(state)
    rows = set(picked_rows(state, data))
    found = [meaning for meaning in shown.analysis.meanings if rows.intersection(meaning.rows)]
    first = found if widget_value("diversity.all_meanings") else found[:_FIRST_MEANINGS]
    st.caption(
        f"{plural(len(found), 'meaning')}, largest first. Each stands here with the answer that is "
        "closest to all others of its kind."
    )
    for meaning in first:
        _meaning(data, meaning, names)
    if len(found) > _FIRST_MEANINGS:
        st.toggle(f"Show all {len(found)}", key="diversity.all_meanings", persist_state="session")


def _meaning(data: RunData, meaning: Meaning, names: Mapping[str, str]) -> None:
    text = as_markdown(data.samples[meaning.representative].text, limit=160)
    label = f"**{meaning.size}** {text} {_shares(meaning)}"
    with st.expander(
        label, key=f"diversity.meaning.{meaning.rank}", on_change="rerun", type="compact"
    ) as expander:
        if expander.open:
            st.dataframe(
                _folded(data, meaning.rows, names),
                hide_index=True,
                row_height=36,
                alt=f"The {plural(meaning.size, 'answer')} of this meaning",
            )


def _shares(meaning: Meaning) -> str:
    """How many answers of each condition hold it, beside the condition's symbol."""
    marks = ((condition_mark(key), count) for key, count in meaning.counts.items() if count)
    return "  ".join(
        f':color[{mark.glyph} {count}]{{foreground="{mark.ink_on(theme())}"}}'
        for mark, count in marks
    )


def _folded(data: RunData, rows: Sequence[int], names: Mapping[str, str]) -> pd.DataFrame:
    """Identical texts once, with how often each came, the most frequent first."""
    counts = Counter((printable(data.samples[row].text), data.keys[row]) for row in rows)
    totals = Counter(printable(data.samples[row].text) for row in rows)
    table = [
        {"answer": text, "times": times} | {names[k]: counts[text, k] for k in names}
        for text, times in totals.most_common()
    ]
    return pd.DataFrame(table)


def answers_view(state: State, shown: Shown, names: Mapping[str, str]) -> None:
    """Every answer, or those picked on the map; a chosen one shows what led to it."""
    data = shown.data
    selection_bar(state)
    rows = picked_rows(state, data)
    frame = answers_frame(data, shown.analysis).iloc[rows]
    stars = own_stars(state, data)
    event = st.dataframe(
        pd.DataFrame(
            {
                "condition": [named(key, names) for key in frame["condition"]],
                "answer": frame["text"],
                "meaning": frame["meaning"],
                "words": [len(text.split()) for text in frame["text"]],
                "ended": [_ending(data, row) for row in rows],
                **_asked_as(data, rows),
                **_starred(data, rows, stars),
            }
        ),
        hide_index=True,
        height=420,
        column_config={
            "answer": st.column_config.TextColumn(width="large"),
            "meaning": st.column_config.NumberColumn(help="1 is the largest meaning."),
            "stars": st.column_config.NumberColumn(format="%d ★", help="Yours."),
        },
        alt=f"{plural(len(rows), 'answer')} with condition, meaning and length",
        on_select="rerun",
        selection_mode="single-row",
        key="diversity.answers",
    )
    picked = [rows[place] for place in event.selection.rows[:1] if place < len(rows)]
    # A gate by stars lets only rated answers through: there the others must be within reach too.
    gated = data is not shown.whole
    within = range(len(shown.whole.keys)) if gated else rows
    stars_bar(state, shown.whole, within, stars)
    if picked and not rates_one_by_one():
        stars_of(state, data, picked[0], stars)
    for row in picked:
        steps_of(data.samples[row])
    empty_places(shown.whole, names)


def _asked_as(data: RunData, rows: Sequence[int]) -> dict[str, list[str]]:
    """What set each answer's asking apart, if anything did."""
    origins = [one_line(data.samples[row].origin) for row in rows]
    return {"asked as": origins} if any(origins) else {}


def _starred(
    data: RunData, rows: Sequence[int], stars: Mapping[Place, float]
) -> dict[str, list[float | None]]:
    """The visitor's stars, if they have given any."""
    return {"stars": [stars.get(place_of(data, row)) for row in rows]} if stars else {}


def _ending(data: RunData, row: int) -> str:
    return "by itself" if data.samples[row].finish == "stop" else "cut at the limit"
