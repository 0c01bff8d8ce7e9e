"""From answers to probes to what they tell, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.probes import Probe, ProbeSet, declines
from experiments.probing import ProbeAnswer
from metrics.lexical import words
from metrics.probes import asker_effect, probe_stability, stances
from metrics.style import FEATURES, style_features
from metrics.turns import turn_curve
from metrics.uncertainty import Estimate

LEAST_ODDS = 1e-30  # a choice that 32-bit numbers call impossible is merely very unlikely
SCORES: Mapping[str, str] = {
    "words": "words",
    "content": "words of content, share",
    "warmth": "warmth of tone, −1 to 1",
    "held": "in character, share",
}


@dataclass(frozen=True, slots=True)
class ByTurn:
    """A number after some turns of a condition's conversations.

    Attributes:
        turns: from 1; 0 is before the first.
        estimates: one per turn, over conversations.
        means: likewise, also below the floor.
        conversations: R.
    """

    turns: tuple[int, ...]
    estimates: tuple[Estimate, ...]
    means: NDArray[np.float64]
    conversations: int


@dataclass(frozen=True, slots=True)
class AskerEffect:
    """What one asker changes in one score of the answers."""

    asker: str
    score: str
    plain: float
    effect: Estimate


def usable(probes: ProbeSet, persona: Mapping[str, str]) -> tuple[Probe, ...]:
    """Probes whose rules can be judged: nothing that they ask for is unknown of the persona."""
    return tuple(
        probe
        for probe in probes.probes
        if all(persona.get(key) for key in ("name", "trade")
               if f"{{{key}}}" in probe.expect + probe.forbid)
    )  # fmt: skip


def stability(
    answers: Sequence[ProbeAnswer], probes: ProbeSet, persona: Mapping[str, str]
) -> ByTurn | None:
    """Share of probes answered in character; of one condition. None where none can be judged."""
    rules = {probe.id: probe for probe in usable(probes, persona)}
    judged = {
        _place(one): float(rules[one.probe].holds(one.text, persona))
        for one in answers
        if one.probe in rules
    }
    turns, table = _table(judged, list(rules))
    if not table.size:
        return None
    return ByTurn(turns, probe_stability(table), table.mean(axis=(0, 2)), len(table))


def declined(answers: Sequence[ProbeAnswer], probes: ProbeSet) -> ByTurn | None:
    """Share of probes that are declined; of one condition."""
    told = {_place(one): float(declines(one.text)) for one in answers}
    turns, table = _table(told, [probe.id for probe in probes.probes])
    if not table.size:
        return None
    found = turn_curve(table, limits=(0.0, 1.0))
    return ByTurn(turns, found, table.mean(axis=(0, 2)), len(table))


def stance(
    answers: Sequence[ProbeAnswer], probes: ProbeSet, topic: str
) -> tuple[ByTurn, float] | None:
    """Where a condition stands on a topic, and how much probability its options have at all."""
    asked = [probe for probe in probes.probes if probe.topic == topic]
    kept = {_place(one): one.odds for one in answers if one.odds}
    places = np.array(list(probes.options.values()))
    reverse = {probe.id: probe.reversed for probe in asked}
    leant = {
        place: float(stances(_logs([odds]), places, reverse=[reverse[place[2]]])[0])
        for place, odds in kept.items()
        if place[2] in reverse
    }
    turns, table = _table(leant, list(reverse))
    if not table.size:
        return None
    mass = [np.sum(odds, axis=1).mean() for place, odds in kept.items() if place[2] in reverse]
    found = turn_curve(table, limits=(-1.0, 1.0))
    return ByTurn(turns, found, table.mean(axis=(0, 2)), len(table)), float(np.mean(mass))


def asker_effects(
    answers: Sequence[ProbeAnswer], probes: ProbeSet, marks: Sequence[str]
) -> list[AskerEffect]:
    """What each asker but the first changes in each score; answers of one condition and turn."""
    scores = _scores(answers, marks)
    first, *others = probes.askers
    found = []
    for name, values in scores.items():
        means = {asker: _by_question(answers, values, asker, probes) for asker in probes.askers}
        for asker in others:
            both = np.isfinite(means[first]) & np.isfinite(means[asker])
            if both.any():
                effect = asker_effect(means[first][both], means[asker][both])
                found.append(AskerEffect(asker, name, float(means[first][both].mean()), effect))
    return found


def _scores(answers: Sequence[ProbeAnswer], marks: Sequence[str]) -> dict[str, NDArray]:
    texts = [one.text for one in answers]
    features = dict(zip(FEATURES, style_features(texts).T, strict=True))
    scores = {
        "words": np.array([float(len(words(text))) for text in texts]),
        "content": 1 - features["function_words"],
        "warmth": features["sentiment"],
    }
    if marks:
        known = [mark.casefold() for mark in marks]
        scores["held"] = np.array(
            [float(any(mark in text.casefold() for mark in known)) for text in texts]
        )
    return scores


def _by_question(
    answers: Sequence[ProbeAnswer], values: NDArray, asker: str, probes: ProbeSet
) -> NDArray[np.float64]:
    """(questions,) means over conversations; NaN where no answer has the score."""
    found = []
    for probe in probes.probes:
        rows = [i for i, a in enumerate(answers) if (a.probe, a.asker) == (probe.id, asker)]
        known = values[rows][np.isfinite(values[rows])]
        found.append(known.mean() if len(known) else np.nan)
    return np.array(found)


def _logs(odds: Sequence[Sequence[Sequence[float]]]) -> NDArray[np.float64]:
    return np.log(np.maximum(np.asarray(odds, dtype=np.float64), LEAST_ODDS))


def _place(one: ProbeAnswer) -> tuple[int, int, str]:
    return one.replicate, one.turn, one.probe


def _table(
    values: Mapping[tuple[int, int, str], float], probes: Sequence[str]
) -> tuple[tuple[int, ...], NDArray[np.float64]]:
    """Turns, and (R, T, probes) of the conversations that have an answer to all of them."""
    turns = tuple(sorted({turn for _, turn, _ in values}))
    rows = []
    for replicate in sorted({replicate for replicate, _, _ in values}):
        row = [[values.get((replicate, t, p), np.nan) for p in probes] for t in turns]
        if np.isfinite(row).all():
            rows.append(row)
    return turns, np.array(rows, dtype=np.float64).reshape(len(rows), len(turns), len(probes))
