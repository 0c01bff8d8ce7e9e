"""Whether a level of style that is asked for can be measured in the reply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from data.town import LEVELS, Topic, compose, features, load_town, prompts, read_back
from data.town.grammar import sample_ideas
from metrics.style import FEATURES, style_features
from models.town.fidelity.answers import COOL, READABLE, READABLE_COOL
from models.town.fidelity.figures import Aim, Row, bootstrap, share
from models.town.fidelity.sizes import Sizes
from models.town.sampler import TownModel, chat

STYLE = Aim(low=0.8)


@dataclass(frozen=True, slots=True)
class Asked:
    """One level of one feature, asked for in a question on one topic."""

    topic: Topic
    feature: str
    level: str


def style_rows(model: TownModel, rng: np.random.Generator, sizes: Sizes) -> list[Row]:
    """Asked level against measured feature, and what else the replies are."""
    topics = list(load_town().topics.values())[:: sizes.style_step]
    asked = [Asked(t, f, level) for t in topics for f in features() for level in LEVELS]
    chats = [
        chat(
            prompts.asked_style({each.feature: each.level}, rng, held_out=True),
            prompts.question(each.topic, rng, held_out=True),
        )
        for each in asked
    ]
    texts = model.replies(chats)
    honest = [_honest(each, rng) for each in asked]
    rows = [_agreement(feature, asked, texts, honest, rng) for feature in features()]
    cool = model.replies(chats, temperature=COOL)
    return [*_read(asked, texts, cool), *rows]


def rank_correlation(asked: NDArray[np.int64], measured: NDArray[np.float64]) -> float:
    """Spearman's rank correlation; 0 where either doesn't vary, since then nothing is followed."""
    if np.ptp(asked) == 0 or np.ptp(measured) == 0:
        return 0.0
    return float(np.corrcoef(rankdata(asked), rankdata(measured))[0, 1])


def _agreement(
    feature: str,
    asked: Sequence[Asked],
    texts: Sequence[str],
    honest: Sequence[str],
    rng: np.random.Generator,
) -> Row:
    column = FEATURES.index(feature)
    places = [place for place, each in enumerate(asked) if each.feature == feature]
    levels = np.array([LEVELS.index(asked[place].level) for place in places])
    measured, known = (
        style_features([answers[place] for place in places])[:, column]
        for answers in (texts, honest)
    )
    values, undefined = _without_gaps(measured)
    clusters = [asked[place].topic.id for place in places]
    low, high = bootstrap(lambda i: rank_correlation(levels[i], values[i]), clusters, rng)
    value = rank_correlation(levels, values)
    note = f"the town's own {rank_correlation(levels, known):.2f}"
    note += f"; {undefined} without words" if undefined else ""
    return Row(f"style, {feature}", value, low, high, len(values), "replies", STYLE, note)


def _without_gaps(measured: NDArray[np.float64]) -> tuple[NDArray[np.float64], int]:
    """Replies without words count as the median, since leaving them out would flatter; how many."""
    gaps = np.isnan(measured)
    middle = float(np.median(measured[~gaps])) if not gaps.all() else 0.0
    return np.where(gaps, middle, measured), int(gaps.sum())


def _read(asked: Sequence[Asked], texts: Sequence[str], cool: Sequence[str]) -> list[Row]:
    clusters = [each.topic.id for each in asked]
    readings, cool_readings = (
        [read_back(text, each.topic) for text, each in zip(answers, asked, strict=True)]
        for answers in (texts, cool)
    )
    as_asked = [
        reading is not None and reading.levels[each.feature] == each.level
        for reading, each in zip(readings, asked, strict=True)
    ]
    readable, cool_readable = (
        [reading is not None for reading in each] for each in (readings, cool_readings)
    )
    return [
        share("readable, with a style", readable, clusters=clusters, aim=READABLE),
        share("readable at 0.7, with a style", cool_readable, clusters=clusters, aim=READABLE_COOL),
        share("level as asked", as_asked, clusters=clusters),
    ]


def _honest(asked: Asked, rng: np.random.Generator) -> str:
    """What the town itself would say, which bounds what can be reached."""
    [idea] = sample_ideas(asked.topic, 1, rng)
    return compose(idea, rng, levels={asked.feature: asked.level})
