"""Everything behind the Synchrony page as files."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from components.figures.frontier import frontier_frame
from components.views.charts import file_button
from components.views.synchrony_shown import Shown
from data.exports import table_to_csv, to_csv
from experiments.synchrony import Frontier


def data_view(shown: Shown) -> None:
    """Scale, policies, conversations and turns; and a run's replies."""
    frontier = shown.frontier
    space = frontier.speech.space
    st.caption(
        f"Scale: {space.reference}, n = {space.n} texts. The scale, and the bot’s own style on it, "
        "feature by feature:"
    )
    scale = pd.DataFrame(
        {
            "feature": space.names,
            "mean": space.mean,
            "deviation": space.deviation,
            "own style (z)": frontier.speech.persona,
        }
    )
    st.dataframe(scale.round(4), hide_index=True, alt="The scale by feature")
    with st.container(horizontal=True, gap="small"):
        _button("Policies as CSV", policies_frame(frontier), "policies")
        _button("Conversations as CSV", conversations_frame(frontier), "conversations")
        file_button(
            "Turns as CSV", lambda: _csv(turns_frame(frontier)), "chorale-synchrony-turns.csv"
        )
        if (data := shown.data) is not None:
            file_button("Replies as CSV", lambda: to_csv(data), "chorale-synchrony-replies.csv")


def policies_frame(frontier: Frontier) -> pd.DataFrame:
    """One row per policy: its settings, and every measure with its interval."""
    settings = pd.DataFrame(
        [
            {
                "follow": p.follow,
                "cap": p.cap,
                "dead_band": p.dead_band,
                "radius": p.radius,
                "cache": p.cache,
                "rule": str(getattr(p.rule, "text", "")),
            }
            for p in frontier.policies
        ]
    )
    found = frontier_frame(frontier.policies, frontier.estimates, frontier.stands)
    return pd.concat([found, settings], axis=1)


def conversations_frame(frontier: Frontier) -> pd.DataFrame:
    """One row per policy and conversation (replicates of one script taken together)."""
    count = next(iter(frontier.values.values())).shape[1]
    ids = frontier.speech.users.ids[:: len(frontier.speech.users.ids) // count]
    return pd.DataFrame(
        [
            {
                "policy": policy.label,
                "conversation": name,
                **{key: rows[place, row] for key, rows in frontier.values.items()},
            }
            for place, policy in enumerate(frontier.policies)
            for row, name in enumerate(ids)
        ]
    )


def turns_frame(frontier: Frontier) -> pd.DataFrame:
    """One row per policy, conversation and turn: user, target and what is judged, by feature."""
    users, names = frontier.speech.users, frontier.speech.space.names
    rows = []
    for place, policy in enumerate(frontier.policies):
        for talk, name in enumerate(users.ids):
            for turn in range(int(users.present[talk].sum())):
                row: dict[str, object] = {
                    "policy": policy.label, "conversation": name, "turn": turn + 1,
                }  # fmt: skip
                for kind, values in (
                    ("user", users.vectors[talk, turn]),
                    ("target", frontier.targets[place, talk, turn]),
                    ("bot", frontier.simulation.states[place, talk, turn]),
                ):
                    row |= {f"{kind} {f}": v for f, v in zip(names, values.tolist(), strict=True)}
                rows.append(row)
    return pd.DataFrame(rows)


def _button(label: str, frame: pd.DataFrame, what: str) -> None:
    file_button(label, lambda: _csv(frame), f"chorale-synchrony-{what}.csv")


def _csv(frame: pd.DataFrame) -> bytes:
    return table_to_csv({str(name): frame[name].tolist() for name in frame})
