"""Curves: meanings against answers, seen and ahead."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from components.analysis import computed_once
from components.figures.curves import growth_description, growth_figure, growth_frame
from components.layout import theme
from components.views.charts import chart, named, reasons_shared, spanned
from components.views.gate import Shown
from components.views.sweep import sweep_view
from data.schema import RunData
from experiments.analysis import Analysis
from experiments.growth import Growth, growths
from metrics.extrapolation import Curve
from metrics.uncertainty import Estimate

_PARTS = ("Number of answers", "Temperature")


@computed_once
def _growths(data: RunData, analysis: Analysis) -> dict[str, Growth]:
    return growths(data, analysis.labels)


def curves_view(shown: Shown, names: Mapping[str, str]) -> None:
    """One kind of curves, computed when it is chosen."""
    part = st.segmented_control(
        "Curves over",
        _PARTS,
        default=_PARTS[0],
        required=True,
        key="diversity.curves",
        persist_state="session",
    )
    if part == "Temperature":
        sweep_view(shown, names)
    else:
        _growth(shown.data, shown.analysis, names)


def _growth(data: RunData, analysis: Analysis, names: Mapping[str, str]) -> None:
    """A curve per condition, what each would come to, and who can't have one."""
    found = _growths(data, analysis)
    reasons_shared({key: one.reason for key, one in found.items()}, names)
    curves = {
        key: (one.seen, one.ahead)
        for key, one in found.items()
        if one.seen is not None and one.ahead is not None
    }
    if not curves:
        st.caption(
            "A curve of how many different meanings to expect in 1, 2, 3 … answers stands here "
            "once a condition has 8 independent answers. Where it flattens, most has been said."
        )
        return
    st.caption(
        "Where a curve flattens, most has been said. Solid: expected among so many of the answers "
        "drawn. Dashed: with as many again, from how many meanings came only once or twice (Chao "
        "et al. 2014). Shaded: 95 % interval at each point."
    )
    frame = growth_frame(curves)
    chart(
        growth_figure(frame, names=names, theme=theme()),
        frame,
        key="curves",
        alt=growth_description(frame, names),
    )
    st.dataframe(
        growth_table(found, names),
        hide_index=True,
        column_config={
            "exist at least": st.column_config.TextColumn(
                help="Chao1: a lower bound for the number of meanings there are, seen or not."
            ),
            "in twice as many": st.column_config.TextColumn(
                help="Where the dashed line ends, after as many answers again."
            ),
            "by Good–Toulmin": st.column_config.TextColumn(
                help="The same by another way: unbiased, but less steady. Where the two differ "
                "much, don’t trust either."
            ),
            "forecast": st.column_config.TextColumn(
                help="The same as it will turn out: median and 95 % of the futures of a "
                "Pitman–Yor process, the chance of the answers to come included. From 16 answers."
            ),
            "seen already": st.column_config.TextColumn(
                help="Estimated share of further answers whose meaning has come up (coverage)."
            ),
        },
        alt="What each condition has shown and would come to",
    )


def growth_table(found: Mapping[str, Growth], names: Mapping[str, str]) -> pd.DataFrame:
    """One row per condition that has a curve."""
    return pd.DataFrame(
        {
            "condition": named(key, names),
            "n": one.n,
            "meanings": round(float(one.seen.values[-1])),
            "in twice as many": spanned(_last(one.ahead)),
            "by Good–Toulmin": spanned(one.doubled),
            "forecast": spanned(one.forecast, ".0f"),
            "exist at least": spanned(one.exist),
            "seen already": f"{one.coverage:.0%}",
        }
        for key, one in found.items()
        if one.seen is not None and one.ahead is not None
    )


def _last(curve: Curve) -> Estimate:
    return Estimate(float(curve.values[-1]), float(curve.low[-1]), float(curve.high[-1]), curve.n)
