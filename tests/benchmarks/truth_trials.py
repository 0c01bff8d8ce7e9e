"""The panel's measures on samples of a population, held against the truth, and what comes of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import metrics
from metrics.catalogue import CATALOGUE, DEFAULT_PANEL
from metrics.intervals import distinct_estimate, entropy_estimate, unseen_estimate
from metrics.panel import diversity_panel
from metrics.partition import partition_by_meaning
from metrics.uncertainty import Estimate
from metrics.unseen import estimated_assemblage
from tests.benchmarks.truth_pool import Population

FOUND = ("distinct", "entropy", "unseen")  # also measured on the meanings that clustering finds
# Where every idea was seen the count is the truth less a hair: ends that are shown as the truth
# hold it. Other measures get no such grace.
GRACE = {"distinct": 0.05}
COLUMNS = ("truth", "value", "low", "high")


@dataclass(frozen=True, kw_only=True)
class Setting:
    """How a topic is tried.

    Attributes:
        n: draws.
        share: the common number of answers is this share of them.
        replicates: samples.
        resamples: behind the intervals of the measures that count meanings.
    """

    n: int
    share: float
    replicates: int
    resamples: int

    @property
    def common_n(self) -> int:
        """Draws at which measures are compared."""
        return round(self.n * self.share)

    @property
    def label(self) -> str:
        """For the name of a file."""
        return f"{self.n}-{self.common_n}-{self.replicates}-{self.resamples}"


@dataclass(frozen=True)
class Cell:
    """All trials of one measure at one number of draws.

    Attributes:
        trials: (topics, replicates, 4) truth, value, low and high; NaN where refused.
        grace: by how much an end may miss the truth.
    """

    trials: NDArray[np.float64]
    grace: float

    @property
    def refused(self) -> float:
        """Share of samples for which the panel shows no value."""
        return float(np.mean(np.isnan(self.trials[..., 1])))

    @property
    def truth(self) -> float:
        """Mean over the topics."""
        return float(np.mean(self.trials[..., 0]))

    @property
    def bias(self) -> float:
        """Mean of value − truth over the samples with a value."""
        return float(np.nanmean(self._errors))

    @property
    def worst_bias(self) -> float:
        """That of the topic where it is largest, with its sign."""
        each = np.nanmean(self._errors, axis=1)
        return float(each[np.nanargmax(np.abs(each))])

    @property
    def spread(self) -> float:
        """Standard deviation of value − truth within a topic, root mean square over topics."""
        return float(np.sqrt(np.nanmean(np.nanvar(self._errors, axis=1, ddof=1))))

    @property
    def width(self) -> float:
        """Mean width of the interval."""
        return float(np.nanmean(self.trials[..., 3] - self.trials[..., 2]))

    @property
    def held(self) -> NDArray[np.bool_]:
        """(samples with a value,) whether the interval holds the truth."""
        truth, _, low, high = self._shown
        return (low - self.grace <= truth) & (truth <= high + self.grace)

    @property
    def below(self) -> float:
        """Share of samples whose whole interval lies below the truth."""
        truth, _, _, high = self._shown
        return float(np.mean(truth > high + self.grace))

    @property
    def lowest_topic(self) -> float:
        """Coverage in the topic where it is lowest."""
        truth, _, low, high = np.moveaxis(self.trials, -1, 0)
        held = (low - self.grace <= truth) & (truth <= high + self.grace)
        return float(np.min(held.mean(axis=1)))

    @property
    def right_as_shown(self) -> float:
        """Share of samples whose value alone, with no interval, would pass as holding the truth."""
        truth, value, _, _ = self._shown
        return float(np.mean(np.abs(value - truth) <= self.grace))

    @property
    def _errors(self) -> NDArray[np.float64]:
        return self.trials[..., 1] - self.trials[..., 0]

    @property
    def _shown(self) -> NDArray[np.float64]:
        rows = self.trials.reshape(-1, len(COLUMNS))
        return rows[~np.isnan(rows[:, 1])].T


def cells(trials: NDArray[np.float64]) -> tuple[dict[str, Cell], dict[str, Cell]]:
    """By measure: on true ideas, and on meanings found.

    Args:
        trials: (topics, replicates, measures, 4) from `tried`, stacked.
    """
    made = {key: Cell(trials[:, :, i], GRACE.get(key, 1e-12)) for i, key in enumerate(_keys())}
    return {key: made[key] for key in DEFAULT_PANEL}, {key: made[f"{key} found"] for key in FOUND}


def tried(topic: str, population: Population, setting: Setting, cache: Path) -> NDArray[np.float64]:
    """Trials of one topic, (replicates, measures, 4); kept in the folder `cache`.

    They are made anew when the setting, the pool or any of the measures' code has changed.
    """
    file = cache / f"trials-{topic}-{setting.label}-{_fingerprint(population)}.npy"
    if file.exists():
        return np.load(file)
    truths = population.truths(setting.common_n)
    rng = np.random.default_rng([setting.n, *topic.encode()])
    trials = np.stack([_trial(population, truths, setting, rng) for _ in range(setting.replicates)])
    part = file.with_suffix(".part")
    with part.open("wb") as handle:
        np.save(handle, trials)
    part.replace(file)
    return trials


def _trial(
    population: Population, truths: Mapping[str, float], setting: Setting, rng: np.random.Generator
) -> NDArray[np.float64]:
    """(measures, 4) for one sample."""
    draws = population.draw(setting.n, rng)
    truth = {**truths, "unseen": population.unseen(draws.ideas, setting.common_n)}
    panel = diversity_panel(
        vectors=draws.vectors,
        labels=draws.ideas,
        texts=draws.texts,
        common_n=setting.common_n,
        rng=rng,
        resamples=setting.resamples,
    )
    found = _of_meanings(partition_by_meaning(draws.vectors), setting, rng)
    shown = [*panel.estimates.items(), *found.items()]
    return np.array([(truth[key], one.value, one.low, one.high) for key, one in shown])


def _of_meanings(
    labels: NDArray[np.integer], setting: Setting, rng: np.random.Generator
) -> Mapping[str, Estimate]:
    """What the panel would show for another grouping, without the measures it can't change."""
    counts = np.bincount(labels)
    source = estimated_assemblage(counts)
    fresh = source.draw(setting.n, resamples=setting.resamples, rng=rng)
    made = {
        "distinct": distinct_estimate(counts, fresh, m=setting.common_n),
        "entropy": entropy_estimate(counts, fresh),
        "unseen": unseen_estimate(counts, fresh, m=setting.common_n),
    }
    refused = Estimate.undefined(setting.n, "below the floor")
    return {key: made[key] if setting.n >= CATALOGUE[key].floor else refused for key in FOUND}


def _keys() -> list[str]:
    return [*DEFAULT_PANEL, *(f"{key} found" for key in FOUND)]


def _fingerprint(population: Population) -> str:
    """Of everything the trials depend on but the setting."""
    digest = hashlib.sha256("\n".join(population.texts).encode())
    digest.update(population.shares.tobytes())
    for code in (*sorted(Path(metrics.__path__[0]).glob("*.py")), Path(__file__)):
        digest.update(code.read_bytes())
    return digest.hexdigest()[:16]


def shown(key: str, value: float, *, more: int = 1, signed: bool = False) -> str:
    """A value with some digits more than the app shows."""
    digits = CATALOGUE[key].digits
    places = int(digits[1]) + more
    form = f"{'+' if signed else ''}.{places}{digits[-1]}"
    return "–" if np.isnan(value) else format(value, form)
