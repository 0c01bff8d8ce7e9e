"""Tokens: where all answers part, and where the model hesitated in one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from components.analysis import computed_once
from components.figures.branches import (
    BranchBar,
    branches_description,
    branches_figure,
    branches_frame,
)
from components.figures.tokens import (
    tokens_description,
    tokens_figure,
    tokens_frame,
)
from components.layout import theme
from components.shading import shaded
from components.state import State, fill_widgets, widget_value
from components.text import as_markdown, one_line, plural, printable
from components.views.answers import picked_rows
from components.views.charts import chart, named, numbers
from data.schema import ModelRef, RunData
from experiments.branching import CONTEXT, Branch, Spelled, branches, spelled
from experiments.strategies.lists import number_word
from models.token_texts import TokenTexts, load_token_texts

_PARTS = ("Where answers part", "One answer")
_SHARES = (0.01, 0.02, 0.03, 0.05, 0.1, 0.2)
_BRANCH, _ANSWER = "diversity.branch", "diversity.token_answer"


def tokens_view(state: State, data: RunData, names: Mapping[str, str]) -> None:
    """All answers as one graph, or one answer; computed when it is chosen."""
    part = st.segmented_control(
        "Tokens",
        _PARTS,
        default=_PARTS[0],
        required=True,
        key="diversity.tokens",
        label_visibility="collapsed",
        persist_state="session",
    )
    if part == _PARTS[0]:
        _tree(state, data, names)
    else:
        _answer(state, data, names)


@st.cache_resource(max_entries=8, show_spinner=False)
def reader_of(ref: ModelRef) -> TokenTexts | None:
    """The tokenizer of a model, where it is on this machine."""
    return load_token_texts(ref)


@computed_once
def _said(data: RunData) -> Spelled:
    return spelled(data, reader_of)


def _tree(state: State, data: RunData, names: Mapping[str, str]) -> None:
    said = _said(data)
    rows, least, context = _tree_controls(data, said, names)
    found = branches(said, rows, least=least, context=context)
    if not found:
        st.caption("These answers have no words.")
        return
    bars = _bars(data, said, found, names)
    st.caption(_about(said, rows, context))
    ids = [branch.id for branch in found]
    if widget_value(_BRANCH) not in ids:
        fill_widgets({_BRANCH: ids[0]})
    figure = branches_figure(bars, theme=theme(), picked=str(widget_value(_BRANCH)))
    with st.container(key="wide-branches"):  # the style sheet lets it scroll sideways
        st.plotly_chart(
            figure,
            width=int(figure.layout.width),
            key="diversity.branches.chart",
            on_select=_pick,
            selection_mode="points",
            config={"displaylogo": False, "toImageButtonOptions": {"filename": "chorale-branches"}},
            alt=branches_description(bars),
        )
    labels = {bar.id: _label(bar) for bar in bars}
    picked = st.selectbox("Branch", ids, key=_BRANCH, format_func=lambda id: labels[id])
    _branch_answers(data, next(one for one in found if one.id == picked), names)
    numbers(branches_frame(bars), key="branches")


def _about(said: Spelled, rows: list[int], context: int) -> str:
    """What the picture shows, and by which rule."""
    unit = "token" if all(said.exact[row] for row in rows) else "word"
    met = (
        f"Ways come together again where their last {number_word(context)} {unit}s are the same, "
        "unless that would close a circle; no other likeness is looked for. "
        if context
        else ""
    )
    why = ""
    if unit == "word":
        taken = any(said.taken[row] for row in rows)
        why = (
            " Answers taken out of a longer reply have no tokens of their own, so words stand for "
            "tokens."
            if taken
            else " Without the model’s tokenizer here, words stand for tokens."
        )
    return (
        "All answers from left to right: what they have in common is drawn once, as high as it is "
        f"frequent. {met}A dot is where they part, larger where the model was more torn; the "
        "number is its entropy in nats. Click a branch, or pick it from the list, to read its "
        f"answers. “+ 4” are four small branches together.{why}"
    )


def _tree_controls(
    data: RunData, said: Spelled, names: Mapping[str, str]
) -> tuple[list[int], int, int]:
    """Rows to draw, answers of the smallest branch, and tokens in common that join branches."""
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        of = st.selectbox(
            "Answers of",
            ["", *names],
            key="diversity.branches.of",
            format_func=lambda key: named(key, names) if key else "all conditions",
        )
        rows = [row for row, key in enumerate(data.keys) if of in ("", key)]
        rows = rows or list(range(len(data.keys)))
        share = st.select_slider(
            "Smallest branch drawn by itself",
            _SHARES,
            value=_SHARES[3],
            key="diversity.branches.least",
            format_func=lambda share: f"{share:.1%} of them",
            help="Smaller ones are drawn together.",
        )
        joined = st.toggle("Let ways meet again", value=True, key="diversity.branches.joined")
    least = max(2, round(share * len(rows)))
    return rows, least, CONTEXT if joined else 0


def _bars(
    data: RunData, said: Spelled, found: tuple[Branch, ...], names: Mapping[str, str]
) -> list[BranchBar]:
    bars, ways = [], Counter(later for branch in found for later in branch.goes_on)
    for branch in found:
        tally = Counter(data.keys[row] for row in branch.rows)
        end = branch.starts[0] + len(branch.pieces)
        told = f"+ {branch.others}" if branch.others else "".join(branch.pieces)
        bars.append(
            BranchBar(
                id=branch.id,
                column=branch.column,
                counts={key: tally[key] for key in names},
                text=printable(told),
                path=printable("".join(said.pieces[branch.rows[0]][:end])),
                entropy=branch.entropy,
                parts=branch.parts,
                others=branch.others,
                ways_in=ways[branch.id],
                goes_on=branch.goes_on,
            )
        )
    return bars


def _label(bar: BranchBar) -> str:
    text = one_line(bar.path)
    shown = text if len(text) <= 70 else "…" + text[-69:]
    if bar.others:
        shown = f"{shown} … {plural(bar.others, 'smaller branch', 'smaller branches')}"
    return f"{shown} · {plural(bar.size, 'answer')}"


def _pick() -> None:
    event = widget_value("diversity.branches.chart")
    points = event.selection.points if event else []  # type: ignore[attr-defined]
    picked = [p["customdata"][0] for p in points if p.get("customdata")]
    if picked:
        fill_widgets({_BRANCH: str(picked[0])})


def _branch_answers(data: RunData, branch: Branch, names: Mapping[str, str]) -> None:
    frame = pd.DataFrame(
        {
            "condition": [named(data.keys[row], names) for row in branch.rows],
            "answer": [printable(data.samples[row].text) for row in branch.rows],
        }
    )
    st.dataframe(
        frame,
        hide_index=True,
        height=min(36 * (len(frame) + 1) + 3, 300),
        column_config={"answer": st.column_config.TextColumn(width="large")},
        alt=f"{plural(len(frame), 'answer')} of the picked branch",
    )


def _answer(state: State, data: RunData, names: Mapping[str, str]) -> None:
    said, rows = _said(data), picked_rows(state, data)
    if widget_value(_ANSWER) not in rows:
        fill_widgets({_ANSWER: rows[0]})
    row = st.selectbox(
        "Answer",
        rows,
        key=_ANSWER,
        format_func=lambda row: (
            f"{named(data.keys[row], names)}: {one_line(data.samples[row].text, limit=90)}"
        ),
        help="Answers picked on the map stand here alone.",
    )
    frame = tokens_frame(said.pieces[row], said.entropies[row], said.logprobs[row])
    if not said.exact[row] or frame["entropy (nats)"].isna().all():
        st.markdown(as_markdown(data.samples[row].text))
        st.caption(
            "How torn the model was at each token is not known here: the answer was taken out of a "
            "longer reply."
            if said.taken[row]
            else "How torn the model was at each token is not known here: its server doesn’t tell, "
            "or its tokenizer isn’t on this machine."
        )
        return
    most = _strongest(said)
    st.markdown(shaded(said.pieces[row], said.entropies[row], most=most))
    st.caption(
        f"The darker, the more torn the model was before it wrote the token: full shade at "
        f"{most:.1f} nats, as if it chose between {np.exp(most):.0f} equally likely tokens. Below, "
        "the line is that entropy and the dash the surprise at the token it took (minus its "
        "log-probability); both at temperature 1."
    )
    chart(
        tokens_figure(frame, key=data.keys[row], theme=theme()),
        frame,
        key="tokens",
        alt=tokens_description(frame),
    )


def _strongest(said: Spelled) -> float:
    """An entropy that few tokens of the run exceed, so that shades compare across answers."""
    known = [values[~np.isnan(values)] for values in said.entropies]
    together = np.concatenate(known) if known else np.zeros(0)
    return max(float(np.quantile(together, 0.98)), 0.1) if len(together) else 1.0
