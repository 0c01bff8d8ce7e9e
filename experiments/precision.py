"""From two precisions' draws and divergences to what a page shows, as one call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.divergences import Place, TokenDivergence
from data.schema import RunData, Sample
from metrics.precision import (
    PositionCurve,
    first_difference,
    identical_share,
    mean_by_position,
    mean_per_token,
    tokens_in_common,
)
from metrics.uncertainty import Estimate


@dataclass(frozen=True, slots=True)
class PrecisionSummary:
    """What changed.

    Attributes:
        kl: mean KL per token along each condition's own draws, per key.
        js: mean Jensen–Shannon per token, likewise.
        identical: share of pairs that are the same to the last token.
        common: median tokens before the pairs that differ part.
        curves: KL by place in the answer, per key.
        pairs: one row per index that both have drawn.
    """

    kl: Mapping[str, Estimate]
    js: Mapping[str, Estimate]
    identical: Estimate
    common: Estimate
    curves: Mapping[str, PositionCurve]
    pairs: pd.DataFrame


def summarise(data: RunData, found: Mapping[Place, TokenDivergence]) -> PrecisionSummary:
    """Compare a run's two conditions; the same run always gets the same intervals.

    Args:
        data: its draws.
        found: divergences so far; draws without any are left out of means.
    """
    keys = [condition.key for condition in data.run.conditions]
    drawn: dict[str, dict[int, Sample]] = {key: {} for key in keys}
    for key, sample in zip(data.keys, data.samples, strict=True):
        drawn[key][sample.index] = sample
    both = sorted(drawn[keys[0]].keys() & drawn[keys[1]].keys())
    first, second = ([drawn[key][index].token_ids for index in both] for key in keys)
    told = {key: [one for (k, _), one in found.items() if k == key] for key in keys}

    def mean(parts: list[np.ndarray]) -> Estimate:
        return mean_per_token(parts, rng=np.random.default_rng(data.run.seed))

    return PrecisionSummary(
        kl={key: mean([one.kl for one in told[key]]) for key in keys},
        js={key: mean([one.js for one in told[key]]) for key in keys},
        identical=identical_share(first, second),
        common=tokens_in_common(first, second),
        curves={key: mean_by_position([one.kl for one in told[key]]) for key in keys},
        pairs=_pairs(drawn, both, found),
    )


def _pairs(
    drawn: Mapping[str, Mapping[int, Sample]],
    both: list[int],
    found: Mapping[Place, TokenDivergence],
) -> pd.DataFrame:
    rows = []
    for index in both:
        row: dict[str, object] = {"index": index}
        samples = {key: drawn[key][index] for key in drawn}
        row["common"] = first_difference(*(sample.token_ids for sample in samples.values()))
        for key, sample in samples.items():
            one = found.get((key, index))
            row[f"text {key}"] = sample.text
            row[f"kl {key}"] = float(one.kl.mean()) if one is not None and one.kl.size else None
        rows.append(row)
    columns = ["index", "common", *(f"{name} {key}" for key in drawn for name in ("text", "kl"))]
    return pd.DataFrame(rows, columns=columns)
