"""Hold the bundled model against the town: `python -m models.town.evaluate`.

Only wordings the model has never seen are asked, without truncation. Intervals are 95 %: Wilson's
for shares, with n reduced by how alike the replies to one topic are, else bootstraps over topics or
conversations. Errors are never below what chance alone gives a perfect model; the table says where
that matters ("honest").
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from models.town import WEIGHTS
from models.town.fidelity.answers import answer_rows, off_topic_rows
from models.town.fidelity.conversations import PLANS, conversation_rows
from models.town.fidelity.figures import Row, lines
from models.town.fidelity.judgements import judgement_rows, list_rows
from models.town.fidelity.sizes import FULL, QUICK, Sizes
from models.town.fidelity.styles import style_rows
from models.town.sampler import TownModel

PARTS: Mapping[str, Callable[[TownModel, np.random.Generator, Sizes], list[Row]]] = {
    "answers": answer_rows,
    "styles": style_rows,
    "conversations": conversation_rows,
    "judgements": judgement_rows,
    "lists": list_rows,
    "off_topic": off_topic_rows,
}


def evaluate(
    model: TownModel, *, seed: int, sizes: Sizes, parts: Sequence[str] = tuple(PARTS)
) -> Iterator[Row]:
    """All figures of the model card, part by part; each part has draws of its own."""
    for number, name in enumerate(PARTS):
        if name in parts:
            model.seed(seed + number)
            yield from PARTS[name](model, np.random.default_rng([seed, number]), sizes)


def summary(rows: Sequence[Row]) -> str:
    """The figures that are aimed at, in one line; of several rows the worst."""
    values = {row.name: row.value for row in rows}
    of_styles = [value for name, value in values.items() if name.startswith("style, ")]
    worst: Mapping[str, Sequence[float]] = {
        "readable": _those(values, "readable"),
        "tv_excess": _those(values, "tv_excess", "tv_excess, as group"),
        "persona": _those(values, "persona"),
        "drift_error": _those(values, *(f"drift_error, {plan}" for plan in PLANS)),
        "style_min": [min(of_styles)] if of_styles else [],
        "preference": _those(values, "preference"),
        "calibration": _those(values, "calibration"),
        "off_topic": _those(values, "off_topic"),
    }
    return " ".join(f"{name}={max(each):.3f}" for name, each in worst.items() if each)


def _those(values: Mapping[str, float], *names: str) -> list[float]:
    return [values[name] for name in names if name in values]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m models.town.evaluate", description=__doc__)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--quick", action="store_true", help="ask less, some of it of fewer topics")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="parts")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    rows: list[Row] = []
    figures = evaluate(
        TownModel(options.weights),
        seed=options.seed,
        sizes=QUICK if options.quick else FULL,
        parts=options.only,
    )
    for row in figures:
        rows.append(row)
        print(f"\r{len(rows)} figures", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print("\n".join([*lines(rows), summary(rows)]))


if __name__ == "__main__":
    main()
