"""The bundled teaching model on the screen: what it is, and what it doesn't know."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from data.schema import ModelRef, RunData
from data.town.prompts import off_topic_answers
from models.registry import BUNDLED_ID

_MANY = 0.5  # of the answers


def teaching_banner(models: Iterable[ModelRef]) -> None:
    """Say what the bundled model is, where it is one of those that answer."""
    if not any(model.id == BUNDLED_ID for model in models):
        return
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="teaching"):
        st.badge("teaching model", icon=":material/school:", color="gray")
        st.caption(
            "Saltmere is a teaching model of one small, made-up town. Choose another model for "
            "anything else.",
            width="content",
        )


def off_topic_hint(data: RunData) -> None:
    """Say what to do where the bundled model mostly answered that it doesn't know."""
    bundled = {c.key for c in data.run.conditions if c.model.id == BUNDLED_ID}
    texts = [
        sample.text for key, sample in zip(data.keys, data.samples, strict=True) if key in bundled
    ]
    declined = sum(text in off_topic_answers() for text in texts)
    if texts and declined >= _MANY * len(texts):
        st.info(
            f"Saltmere doesn’t know this: {declined} of its {len(texts)} answers say so. Try one "
            "of the questions under the prompt, or choose another model in the sidebar.",
            icon=":material/school:",
        )
