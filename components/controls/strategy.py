"""By which strategy a condition asks: its choice, its options, its card, the models that join."""

from __future__ import annotations

from typing import cast

import streamlit as st

from components.state import fill_widgets, has_widget, widget_value
from data.schema import MAX_CHOIR, ModelRef, Option, Strategy
from data.town.prompts import other_wordings
from experiments.strategies.base import Method, Setting
from experiments.strategies.registry import METHODS
from models.registry import BUNDLED_ID, model_name

PLAIN = "plain"
_UNTAUGHT = (
    "Saltmere was not taught this, so expect empty places and odd answers. Here it is tested with "
    "scripted models only."
)
_TO_GIVE = (
    "Saltmere was not taught to find these by itself, so expect empty places. Write them into "
    "“{label}” under more settings, or choose another model."
)


def strategy_choice(widget: str) -> Method:
    """The way of asking, with its card beside it.

    Args:
        widget: key of the choice; what belongs to it begins with that.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        name = st.selectbox(
            "Way of asking",
            list(METHODS),
            key=widget,
            format_func=lambda name: METHODS[name].label,
            persist_state="session",
        )
        method = METHODS[name]
        with st.popover(
            f"About {method.label}",
            icon=":material/info:",
            type="tertiary",
            key=f"icon.card.{widget}",
        ):
            strategy_card(method)
    return method


def strategy_card(method: Method) -> None:
    """What it does, at what cost, what it can't tell, and how far from the paper it is."""
    st.markdown(f"**{method.label}**")
    st.markdown(method.summary)
    st.markdown(method.rule)
    st.markdown(f"**Cost:** {method.cost}")
    st.markdown(f"**Keep in mind:** {method.cannot_tell}")
    if method.needs:
        st.markdown(f"**Needs:** {method.needs}.")
    if method.note:
        st.caption(method.note)
    if method.reconstructed:
        st.caption("Reconstructed from secondary sources: the original was not found.")
    st.caption(f"{'; '.join(method.references)}.")


def strategy_options(widget: str, *, prompt: str) -> Strategy:
    """Widgets for the options of what is chosen; for the card's popover.

    Args:
        widget: key of the choice, drawn before or after.
        prompt: what will be asked.
    """
    method = METHODS[str(widget_value(widget) or PLAIN)]
    options = tuple(
        (setting.name, _option(f"{widget}.{method.name}.{setting.name}", setting))
        for setting in method.settings
    )
    if method.name == "paraphrases":
        _offer_wordings(f"{widget}.paraphrases.given", prompt)
    return Strategy(method.name, options)


def untaught_hint(method: Method, chosen: Strategy, model: ModelRef) -> None:
    """Say where the bundled model can't carry a strategy."""
    if model.id != BUNDLED_ID or method.suits_bundled(chosen):
        return
    label = next((each.label for each in method.settings if each.name == "given"), "")
    st.caption(_TO_GIVE.format(label=label) if method.taught_given else _UNTAUGHT)


def choir_choice(
    widget: str, first: ModelRef, models: tuple[ModelRef, ...]
) -> tuple[ModelRef, ...]:
    """Models that take turns with the first, call by call."""
    others = [model for model in models if model != first]
    if not others:
        return ()
    before = cast(list[ModelRef], widget_value(widget) or [])
    if any(model not in others for model in before):  # one of them has become the first
        fill_widgets({widget: [model for model in before if model in others]})
    chosen = st.multiselect(
        "More models that take turns",
        others,
        key=widget,
        format_func=model_name,
        max_selections=MAX_CHOIR - 1,
        help="A mixed choir: each call goes to the next model. Every answer says whose it is.",
        persist_state="session",
    )
    return tuple(chosen)


def _option(key: str, setting: Setting) -> Option:
    if isinstance(setting.default, tuple):
        return _texts(key, setting)
    if not has_widget(key):
        fill_widgets({key: setting.default})
    label, about = setting.label, setting.help or None
    if setting.choices:
        return str(
            st.selectbox(label, setting.choices, key=key, help=about, persist_state="session")
        )
    low, high, step = setting.low, setting.high, setting.step
    if isinstance(setting.default, int):
        return st.number_input(
            label, int(low), int(high), step=int(step), key=key, help=about,
            persist_state="session",
        )  # fmt: skip
    return st.slider(
        label, float(low), float(high), step=float(step), key=key, help=about,
        persist_state="session",
    )  # fmt: skip


def _texts(key: str, setting: Setting) -> tuple[str, ...]:
    written = st.text_area(
        setting.label, key=key, height=90, help=setting.help or None, persist_state="session"
    )
    lines = (line.strip() for line in cast(str, written).splitlines())
    return tuple(line for line in lines if line)


def _offer_wordings(key: str, prompt: str) -> None:
    wordings = other_wordings(prompt)
    if wordings:
        st.button(
            f"Take Saltmere’s {len(wordings)} wordings",
            key=f"{key}.town",
            type="tertiary",
            on_click=fill_widgets,
            args=({key: "\n".join(wordings)},),
        )
