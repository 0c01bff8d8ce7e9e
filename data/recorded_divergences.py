"""Divergences per token beside the answers of a run that is kept as parquet."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data.divergences import Place, TokenDivergence
from data.schema import RunData

_NOTHING: NDArray[np.float32] = np.zeros(0, np.float32)
_UNKNOWN = TokenDivergence(_NOTHING, _NOTHING)


def divergence_columns(
    data: RunData, found: Mapping[Place, TokenDivergence]
) -> dict[str, list[NDArray[np.float32]]]:
    """Two more columns for `data.exports.to_parquet`; none where nothing is found.

    An answer that was not compared has an empty list.
    """
    if not found:
        return {}
    rows = [
        found.get((key, sample.index), _UNKNOWN)
        for key, sample in zip(data.keys, data.samples, strict=True)
    ]
    return {"kl": [row.kl for row in rows], "js": [row.js for row in rows]}


def read_divergences(source: str | os.PathLike[str], data: RunData) -> dict[Place, TokenDivergence]:
    """What `divergence_columns` put into a file of ours; answers that were not compared are out.

    Args:
        source: path of the file.
        data: the run that `data.exports.from_parquet` read from it.
    """
    if "kl" not in pq.read_schema(source).names:
        return {}
    table = pq.read_table(source, columns=["kl", "js"])
    found = {}
    for key, sample, kl, js in zip(
        data.keys, data.samples, *(table[name].to_pylist() for name in ("kl", "js")), strict=True
    ):
        if kl:
            place = key, sample.index
            found[place] = TokenDivergence(np.array(kl, np.float32), np.array(js, np.float32))
    return found
