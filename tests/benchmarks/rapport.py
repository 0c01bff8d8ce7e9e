"""Do people who speak alike like each other? `python -m tests.benchmarks.rapport`.

400 negotiations in which two people bargained and then rated how they like the other and how
satisfied they are (CaSiNo). For each way of measuring how alike the two speak, Spearman's rank
correlation over conversations with the mean of both ratings, plain and with the numbers of turns
and words taken out of both, a bootstrap interval over conversations and a permutation p-value that
Holm's method adjusts for all of them. The first row was chosen as the question before looking.
Prints a table and a last line `rapport_rho=… low=… high=… n=… clear=… of=…`.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from data.dialogues import Dialogue, read_turns
from metrics.accommodation import language_style_matching, reciprocal_matching, reply_pairs
from metrics.coordination import coordination
from metrics.style import style_features
from metrics.style_space import StyleSpace, fit_style_space
from metrics.synchrony import cosines, over_turns
from metrics.uncertainty import Difference, holm

SHARED = Path(__file__).parents[3] / "shared/data/style"
DRAWS = 2000
DEGREES = ("Extremely dis", "Slightly dis", "Undecided", "Slightly ", "Extremely ")
RATINGS = ("opponent_likeness", "satisfaction")

Values = NDArray[np.float64]


def degree(answer: str) -> int:
    """An answer as a rank from 0 to 4."""
    return next(rank for rank, start in enumerate(DEGREES) if answer.startswith(start))


def ratings(name: str) -> dict[str, float]:
    """Mean of both people's ratings by conversation."""
    given: dict[str, list[int]] = {}
    with (SHARED / "casino_participants.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            given.setdefault(row["dialogue_id"], []).append(degree(row[name]))
    return {dialogue: float(np.mean(both)) for dialogue, both in given.items()}


def talk(dialogue: Dialogue) -> list[tuple[str, str]]:
    """Speaker and text of the turns that are talk and no move of the game."""
    return [(t.speaker, t.text) for t in dialogue.turns if t.other["is_deal_action"] == "0"]


def similarities(talks: Sequence[list[tuple[str, str]]]) -> tuple[dict[str, Values], StyleSpace]:
    """Every measure of how alike two people speak, one value per conversation."""
    texts = [text for turns in talks for _, text in turns]
    features = style_features(texts)
    space = fit_style_space(features, reference="all turns of both speakers")
    scaled, names = space.scale(features), [str(i) for i, turns in enumerate(talks) for _ in turns]
    speakers = [speaker for turns in talks for speaker, _ in turns]
    pairs = reply_pairs(names, speakers)
    of = np.array([int(names[place]) for place in pairs[:, 0]])
    cosine = cosines(scaled[pairs[:, 0]], scaled[pairs[:, 1]])
    gap = np.linalg.norm(scaled[pairs[:, 0]] - scaled[pairs[:, 1]], axis=1)
    sides = [[[t for s, t in turns if s == who] for who in "AB"] for turns in talks]
    found = {
        "style synchrony of replies": by_group(cosine, of, len(talks)),
        "style nearness of replies": -by_group(gap, of, len(talks)),
        "LSM, pooled turns": np.array([language_style_matching(*both) for both in sides]),
        "rLSM of replies": np.array(
            [reciprocal_matching([t for _, t in d], [s for s, _ in d]).mean for d in talks]
        ),
    }
    return found, space


def by_group(values: Values, group: NDArray[np.int64], count: int) -> Values:
    """Mean of each group's values."""
    return np.array([over_turns(values[group == place]) for place in range(count)])


def partial_out(values: Values, controls: Values) -> Values:
    """What is left of the ranks when those of the controls are regressed out."""
    design = np.column_stack([np.ones(len(values)), *(rankdata(c) for c in controls)])
    ranks = rankdata(values)
    return ranks - design @ np.linalg.lstsq(design, ranks, rcond=None)[0]


def correlation(x: Values, y: Values) -> float:
    """Correlation of ranks or of what is left of them."""
    return float(np.corrcoef(x, y)[0, 1])


def association(
    x: Values, y: Values, controls: Values, rng: np.random.Generator
) -> tuple[Difference, float]:
    """Spearman's rho with interval and permutation p-value, and the partial one."""
    kept = np.isfinite(x)
    x, y, controls = x[kept], y[kept], controls[:, kept]
    rho, n = correlation(rankdata(x), rankdata(y)), len(x)
    resampled = [
        correlation(rankdata(x[i]), rankdata(y[i])) for i in rng.integers(n, size=(DRAWS, n))
    ]
    low, high = np.quantile(resampled, [0.025, 0.975])
    ranks, other = rankdata(x), rankdata(y)
    null = [correlation(ranks, rng.permutation(other)) for _ in range(DRAWS)]
    p_value = (1 + np.sum(np.abs(null) >= abs(rho) - 1e-12)) / (1 + DRAWS)
    partial = correlation(partial_out(x, controls), partial_out(y, controls))
    return Difference(rho, float(low), float(high), n, float(p_value)), partial


def report(
    found: Mapping[str, Values], ids: Sequence[str], controls: Values, rng: np.random.Generator
) -> dict[tuple[str, str], Difference]:
    """Print and return every association."""
    rows, partials = {}, {}
    for rating in RATINGS:
        given = ratings(rating)
        y = np.array([given[name] for name in ids])
        for name, x in found.items():
            rows[rating, name], partials[rating, name] = association(x, y, controls, rng)
    adjusted = holm(rows)
    print(f"{'rating':>18} {'measure':>28}     rho [95 %]            n   p (Holm)  partial")
    for key, each in adjusted.items():
        print(
            f"{key[0]:>18} {key[1]:>28}  {each.value:+.3f} [{each.low:+.3f}, {each.high:+.3f}] "
            f"{each.n:4d}   {each.p_value:.3f}     {partials[key]:+.3f}"
        )
    return adjusted


def coordination_report(
    talks: Sequence[list[tuple[str, str]]], ids: Sequence[str], rng: np.random.Generator
) -> None:
    """Print whether replies take up function words at all, each person by themselves."""
    texts = [text for turns in talks for _, text in turns]
    people = [f"{name} {s}" for name, turns in zip(ids, talks, strict=True) for s, _ in turns]
    names = [name for name, turns in zip(ids, talks, strict=True) for _ in turns]
    found = coordination(texts, people, names, rng)
    low, high = np.quantile(found.null, [0.025, 0.975])
    print(
        f"coordination {found.aggregate_3:+.4f} over {found.n} replies of {len(found.speakers)} "
        f"people; shuffled replies {found.null.mean():+.4f} [{low:+.4f}, {high:+.4f}], "
        f"p = {found.p_value:.3f}"
    )


def main() -> None:
    """Print everything."""
    turns = SHARED / "casino_turns.csv"
    if not turns.exists():
        sys.exit(f"Skipped: {turns.name} is not beside this checkout.")
    dialogues = read_turns(turns.read_bytes()).dialogues
    ids, talks = [d.id for d in dialogues], [talk(d) for d in dialogues]
    found, space = similarities(talks)
    print(f"{len(ids)} conversations, {sum(map(len, talks))} turns; dropped {dict(space.dropped)}")
    controls = np.array(
        [[len(t) for t in talks], [sum(len(x.split()) for _, x in t) for t in talks]], float
    )
    rng = np.random.default_rng(0)
    rows = report(found, ids, controls, rng)
    coordination_report(talks, ids, rng)
    first = next(iter(rows.values()))
    clear = sum(row.is_clear for row in rows.values())
    print(
        f"rapport_rho={first.value:.3f} low={first.low:.3f} high={first.high:.3f} n={first.n} "
        f"clear={clear} of={len(rows)}"
    )


if __name__ == "__main__":
    main()
