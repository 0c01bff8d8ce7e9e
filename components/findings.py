"""The finding of a run as one or two plain sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from components.figures.palette import Theme, condition_mark
from components.text import as_markdown
from experiments.analysis import Analysis
from metrics.catalogue import CATALOGUE
from metrics.uncertainty import Difference, Estimate, difference

_SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True, slots=True)
class AtTokens:
    """Different meanings that each condition finds for the same number of tokens."""

    tokens: int
    distinct: Mapping[str, Estimate]


def diversity_finding(
    analysis: Analysis,
    names: Mapping[str, str],
    *,
    theme: Theme,
    running: bool,
    at_tokens: AtTokens | None = None,
    gated: bool = False,
) -> str:
    """What differs between the conditions, and whether it is more than noise, as Markdown.

    Args:
        analysis: of the answers so far.
        names: what the user calls each condition, per key.
        theme: paper the words stand on.
        running: more answers are to come.
        at_tokens: what they find for the same tokens; None where that is not the question.
        gated: only answers of some quality count.
    """
    text = _at_tokens(at_tokens, names, theme) if at_tokens else ""
    text = text or _at_answers(analysis, names, theme)
    if running:
        return f"So far: {text[0].lower()}{text[1:]}"
    silent = [key for key in names if key not in analysis.panels]
    if silent and analysis.panels:
        lacks = "gave none that passes" if gated else "gave no answer that could be read"
        text = f"{text} {listed_aloud(silent, names, theme)} {lacks}."
    return text


def sweep_finding(analysis: Analysis, temperatures: Mapping[str, float], *, running: bool) -> str:
    """How the number of different answers goes with the temperature, as Markdown.

    Args:
        analysis: of the answers so far.
        temperatures: per condition key, ascending.
        running: more answers are to come.
    """
    known = {
        key: analysis.panels[key].estimates["distinct"]
        for key in temperatures
        if key in analysis.panels and analysis.panels[key].estimates["distinct"].is_defined
    }
    if len(known) < 2:
        return "Too few answers yet to say how the temperature matters."
    (first, low), *_, (last, high) = known.items()
    text = (
        f"From temperature {temperatures[first]:g} to {temperatures[last]:g}, "
        f"{analysis.common_n} answers go from about **{_things(low.value)}** {_interval(low)} to "
        f"**{high.value:.0f}** {_interval(high)}, {_verdict(difference(low, high))}."
    )
    return f"So far: {text[0].lower()}{text[1:]}" if running else text


def _at_tokens(at_tokens: AtTokens, names: Mapping[str, str], theme: Theme) -> str:
    """The first condition, and how each other differs from it."""
    known = {key: found for key, found in at_tokens.distinct.items() if found.is_defined}
    if not known:
        return ""
    key, first = next(iter(known.items()))
    who = "the model" if len(names) == 1 else coloured(names[key], key, theme)
    parts = [f"{who} says about **{_things(first.value)}** {_interval(first)}"]
    for other, found in list(known.items())[1:]:
        verdict = _verdict(difference(first, found))
        parts.append(
            f"{coloured(names[other], other, theme)} **{found.value:.0f}** {_interval(found)}, "
            f"{verdict}"
        )
    text = f"For the same {at_tokens.tokens:,} tokens, {'; '.join(parts)}."
    return f"{text} {_untold(at_tokens.distinct, names, theme)}".strip()


def _at_answers(analysis: Analysis, names: Mapping[str, str], theme: Theme) -> str:
    known = {
        key: panel.estimates["distinct"]
        for key, panel in analysis.panels.items()
        if panel.estimates["distinct"].is_defined
    }
    if not known:
        floor = CATALOGUE["distinct"].floor
        return f"Too few answers yet to say anything: {floor} of each condition are needed."
    sentences = [_first(analysis, known, names, theme)]
    if len(known) > 1:
        sentences.append(_others(analysis, known, names, theme))
    told = {key: panel.estimates["distinct"] for key, panel in analysis.panels.items()}
    sentences.append(_untold(told, names, theme))
    sentences.append(_unseen(analysis, known, names, theme))
    return " ".join(filter(None, sentences))


def _untold(found: Mapping[str, Estimate], names: Mapping[str, str], theme: Theme) -> str:
    """Which conditions were asked and have no number; "" where all have one."""
    keys = [key for key, estimate in found.items() if not estimate.is_defined]
    if not keys:
        return ""
    return f"{listed_aloud(keys, names, theme)}: too few independent answers to say."


def _first(
    analysis: Analysis, known: Mapping[str, Estimate], names: Mapping[str, str], theme: Theme
) -> str:
    key, estimate = next(iter(known.items()))
    who = "the model" if len(names) == 1 else coloured(names[key], key, theme)
    each = "" if len(names) == 1 else " each"
    return (
        f"In {analysis.common_n} answers{each}, {who} says about "
        f"**{_things(estimate.value)}** {_interval(estimate)}."
    )


def _others(
    analysis: Analysis, known: Mapping[str, Estimate], names: Mapping[str, str], theme: Theme
) -> str:
    first, *others = known
    parts = []
    for key in others:
        estimate, difference = known[key], analysis.differences[first, key]["distinct"]
        who = coloured(names[key], key, theme)
        parts.append(
            f"{who} says **{estimate.value:.0f}** {_interval(estimate)}, {_verdict(difference)}"
        )
    return "; ".join(parts) + "."


def _verdict(difference: Difference) -> str:
    if not difference.is_clear:
        return "which is within chance"
    return "clearly fewer" if difference.value > 0 else "clearly more"


def _unseen(
    analysis: Analysis, known: Mapping[str, Estimate], names: Mapping[str, str], theme: Theme
) -> str:
    richest = max(known, key=lambda key: known[key].value)
    estimate = analysis.panels[richest].estimates["unseen"]
    if not estimate.is_defined:
        return ""
    whose = "" if len(names) == 1 else f"{coloured(names[richest], richest, theme)} "
    bounds = f"({100 * estimate.low:.0f}–{100 * estimate.high:.0f} %)"
    if estimate.value < 0.005:
        return f"Hardly any further {whose}answer would be new {bounds}."
    return f"About {_one_in(estimate.value)} further {whose}answers would be new {bounds}."


def _one_in(share: float) -> str:
    if share > 0.4:
        return f"{100 * share:.0f} % of"
    turns = round(1 / share)
    return f"one in {_SMALL[turns] if turns < len(_SMALL) else turns}"


def _things(value: float) -> str:
    count = round(value)
    return "one thing" if count == 1 else f"{count} different things"


def _interval(estimate: Estimate) -> str:
    return f"({estimate.low:.0f}–{estimate.high:.0f})"


def coloured(name: str, key: str, theme: Theme) -> str:
    """A condition's name with its symbol, in its ink."""
    mark = condition_mark(key)
    words = f"{mark.glyph} **{as_markdown(name)}**"
    return f':color[{words}]{{foreground="{mark.ink_on(theme)}"}}'


def listed_aloud(keys: Sequence[str], names: Mapping[str, str], theme: Theme) -> str:
    """Conditions, as one would list them aloud."""
    *most, last = (coloured(names[key], key, theme) for key in keys)
    return f"{', '.join(most)} and {last}" if most else last
