"""How a persona held, as sentences and as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from components.figures.palette import Theme
from components.findings import coloured
from components.tiles import method_card_button, number_line, tile_heading
from metrics.autoregression import Verdict
from metrics.catalogue import Measure
from metrics.catalogue_drift import DRIFT
from metrics.course import Course
from metrics.turns import MIN_CONVERSATIONS
from metrics.uncertainty import Estimate

_VERDICTS = {
    Verdict.REVERTING: "It settles: after a push drift comes back, and neither noise nor a random "
    "walk explains that.",
    Verdict.NO_MEMORY: "Each turn stands for itself: noise around a level explains all of it.",
    Verdict.OVERSHOOTING: "A turn with much drift is followed by one with little, more than noise "
    "explains.",
    Verdict.NO_EQUILIBRIUM: "Nothing is seen to pull it back: a random walk explains it.",
    Verdict.UNDECIDED: "Whether it settles can’t be told from so few turns.",
}


def drift_finding(
    courses: Mapping[str, Course],
    names: Mapping[str, str],
    measure: Measure,
    *,
    theme: Theme,
    running: bool,
) -> str:
    """Where it stands now, what a reminder does, and whether it settles; as Markdown."""
    key, course = next(iter(courses.items()))
    curve = course.curve.by_turn
    first, last = curve[0], curve[-1]
    if not last.is_defined:
        return (
            f"{len(course.values)} conversations are too few for an interval: "
            f"{MIN_CONVERSATIONS} or more are needed. The curve shows their mean."
        )
    who = coloured(names[key], key, theme)
    text = (
        f"At turn {len(curve)}, {_said(measure)} in {who} is **{measure.format(last.value)}** "
        f"{_interval(measure, last)}, at first {measure.format(first.value)}; n = {last.n}."
    )
    sentences = [text, *_effects(courses, names, measure, theme)]
    sentences.append(_verdict(course, measure))
    text = " ".join(filter(None, sentences))
    return f"So far: {text[0].lower()}{text[1:]}" if running else text


def _verdict(course: Course, measure: Measure) -> str:
    level = course.dynamics.equilibrium
    if level.is_defined and not _possible(measure, level.value):
        return "A push fades, but it is still moving: no level that it could settle at is in reach."
    return _VERDICTS.get(course.dynamics.verdict, "")


def _effects(
    courses: Mapping[str, Course], names: Mapping[str, str], measure: Measure, theme: Theme
) -> list[str]:
    told = []
    for key, course in courses.items():
        if course.effect is None or not course.effect.effect.is_defined:
            continue
        effect, who = course.effect.effect, coloured(names[key], key, theme)
        clear = effect.low > 0 or effect.high < 0
        shift = f"{_signed(measure, effect.value)} {_interval(measure, effect, signed=True)}"
        told.append(
            f"{who} changes the later turns by **{shift}**."
            if clear
            else f"{who} changes nothing that chance wouldn’t: {shift} in the later turns."
        )
    return told


def drift_tiles(courses: Mapping[str, Course], measure: Measure, *, theme: Theme) -> None:
    """The last turn, what was changed, and the dynamics, each with interval, n and card."""
    with st.container(gap="xsmall"):
        n = len(next(iter(courses.values())).values)
        st.caption(f"95 % intervals from n = {n} conversations")
        last = {key: course.curve.by_turn[-1] for key, course in courses.items()}
        _tile(measure, last, measure, theme, label="At the last turn")
        effects = {k: c.effect.effect for k, c in courses.items() if c.effect is not None}
        if effects:
            _tile(DRIFT["effect"], effects, measure, theme)
        fits = {key: course.dynamics for key, course in courses.items()}
        _tile(DRIFT["persistence"], {k: f.persistence for k, f in fits.items()}, None, theme)
        _tile(DRIFT["equilibrium"], {k: f.equilibrium for k, f in fits.items()}, measure, theme)
        _tile(DRIFT["half_life"], {k: f.half_life for k, f in fits.items()}, None, theme)


def _tile(
    card: Measure,
    estimates: Mapping[str, Estimate],
    scale: Measure | None,
    theme: Theme,
    *,
    label: str = "",
) -> None:
    """One number per condition; written as the measure is whose scale it is on."""
    with st.container(border=True, gap="xxsmall", key=f"tile-{card.key}"):
        with tile_heading(card):
            st.markdown(f"**{label or card.label}**", width="stretch")
            method_card_button(card)
        grid = st.grid(len(estimates), min_column_width=72, gap="xsmall")
        signed = card.key == "effect"
        for key, found in estimates.items():
            if not found.is_defined:
                few = found.n < card.floor
                words = ("too few", f"{found.n} of {card.floor}") if few else ("–", _short(found))
            elif scale is None:
                words = card.format(found.value), card.span(found.low, found.high)
            elif not signed and not _possible(scale, found.value):
                words = "–", "no level that it can reach"
            else:
                value = _signed(scale, found.value) if signed else scale.format(found.value)
                shown = found if signed else _clipped(scale, found)
                words = value, _interval(scale, shown, signed=signed).strip("()")
            grid.markdown(number_line(key, *words, theme))


def _possible(scale: Measure, value: float) -> bool:
    return scale.minimum <= value <= (float("inf") if scale.maximum is None else scale.maximum)


def _clipped(scale: Measure, found: Estimate) -> Estimate:
    """The interval as far as the measure reaches: an equilibrium's knows no limits."""
    most = float("inf") if scale.maximum is None else scale.maximum
    return replace(found, low=max(found.low, scale.minimum), high=min(found.high, most))


def _short(found: Estimate) -> str:
    reason = found.reason.rstrip(".")
    return "none to be seen" if reason.startswith("No equilibrium") else reason[:60]


def _said(measure: Measure) -> str:
    return {"held": "the share of replies in character"}.get(
        measure.key, f"{measure.label[0].lower()}{measure.label[1:]} ({measure.unit or 'distance'})"
    )


def _interval(measure: Measure, found: Estimate, *, signed: bool = False) -> str:
    low, high = (
        (_signed(measure, end) if signed else measure.format(end))
        for end in (found.low, found.high)
    )
    return f"({low} to {high})" if signed else f"({low}–{high})"


def _signed(measure: Measure, value: float) -> str:
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return f"{sign}{measure.format(abs(value))}"
