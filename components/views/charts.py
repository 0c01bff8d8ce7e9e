"""A chart with what belongs beside it: its numbers as a table and as a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from components.figures.palette import condition_mark
from components.findings import listed_aloud
from components.layout import theme
from components.text import one_line
from data.exports import table_to_csv
from metrics.uncertainty import Estimate


def chart(
    figure: go.Figure,
    frame: pd.DataFrame,
    *,
    key: str,
    alt: str,
    page: str = "diversity",
    **options: Any,
) -> Any:
    """Draw a figure; below it its frame, to read by keyboard and to take away.

    Args:
        figure: what to draw.
        frame: its numbers.
        key: of the widgets; also the name of its files.
        alt: the figure in words.
        page: on which it stands.
        options: more of `st.plotly_chart`.
    """
    event = st.plotly_chart(
        figure,
        key=f"{page}.{key}.chart",
        config={"displaylogo": False, "toImageButtonOptions": {"filename": f"chorale-{key}"}},
        alt=alt,
        **options,
    )
    numbers(frame, key=key, page=page)
    return event


def numbers(frame: pd.DataFrame, *, key: str, page: str = "diversity") -> None:
    """The frame behind a figure: a table that opens, and a CSV."""
    with st.container(horizontal=True, vertical_alignment="top", gap="small"):
        with st.expander(
            "The numbers as a table",
            key=f"{page}.{key}.numbers",
            on_change="rerun",
            type="compact",
        ) as expander:
            if expander.open:
                st.dataframe(frame, hide_index=True, height=260, alt="The numbers of the chart")
        csv_button(frame, key=key, page=page)


def csv_button(frame: pd.DataFrame, *, key: str, page: str = "diversity") -> None:
    """Offers a frame as a file that a spreadsheet opens safely."""
    st.download_button(
        "CSV",
        lambda: table_to_csv({str(name): frame[name].tolist() for name in frame}),
        f"chorale-{key}.csv",
        "text/csv",
        icon=":material/download:",
        type="tertiary",
        key=f"{page}.{key}.csv",
        on_click="ignore",
    )


def reasons_shared(reasons: Mapping[str, str], names: Mapping[str, str]) -> None:
    """Say why conditions are left out, each reason once.

    Args:
        reasons: per condition key; "" where it is not left out.
        names: of the conditions.
    """
    for reason in dict.fromkeys(filter(None, reasons.values())):
        keys = [key for key, own in reasons.items() if own == reason]
        st.caption(f"{listed_aloud(keys, names, theme())}: {reason}")


def file_button(label: str, make: Callable[[], str | bytes], file: str) -> None:
    """Offers a CSV that is made when it is asked for."""
    st.download_button(label, make, file, "text/csv", icon=":material/download:", on_click="ignore")


def named(key: str, names: Mapping[str, str]) -> str:
    """A condition as tables show it: its symbol and name."""
    return f"{condition_mark(key).glyph} {one_line(names[key])}"


def spanned(found: Estimate, digits: str = ".1f") -> str:
    """A value with its interval, or why there is none."""
    if not found.is_defined:
        return found.reason
    low, value, high = (minus(format(v, digits)) for v in (found.low, found.value, found.high))
    return f"{value} ({low} to {high})"


def p_words(p_value: float) -> str:
    """A p-value as papers print it."""
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def minus(number: str) -> str:
    """A formatted number with a proper minus sign."""
    return number.replace("-", "−")
