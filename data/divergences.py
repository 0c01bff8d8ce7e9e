"""Divergences per token, kept beside the samples they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import bindparam, delete, insert, select

from data.beside import StoreBeside
from data.database import as_store_error
from data.tables import divergences

Place = tuple[str, int]  # condition key and sample index
_PLACE = ("run_id", "key", "index")


@dataclass(frozen=True, slots=True)
class TokenDivergence:
    """At each token of one sample, its own model's distribution against the other's, in nats.

    Attributes:
        kl: (tokens,) float32, KL(own ‖ other).
        js: (tokens,) float32, Jensen–Shannon.
    """

    kl: NDArray[np.float32]
    js: NDArray[np.float32]


class DivergenceStore(StoreBeside):
    """Divergences, by run and sample. Safe to use from many threads."""

    def add(self, run_id: str, found: Mapping[Place, TokenDivergence]) -> None:
        """Keep these; what was kept of the same samples is replaced."""
        rows = [
            {
                "run_id": run_id,
                "key": key,
                "index": index,
                "kl": np.asarray(one.kl, np.float32).tobytes(),
                "js": np.asarray(one.js, np.float32).tobytes(),
            }
            for (key, index), one in found.items()
        ]
        if not rows:
            return
        same = (divergences.c[name] == bindparam(f"of_{name}") for name in _PLACE)
        places = [{f"of_{name}": row[name] for name in _PLACE} for row in rows]
        with as_store_error(), self._engine.begin() as connection:
            connection.execute(delete(divergences).where(*same), places)
            connection.execute(insert(divergences), rows)

    def load(self, run_id: str) -> dict[Place, TokenDivergence]:
        """All that is kept of a run."""
        query = select(divergences).where(divergences.c.run_id == run_id)
        with as_store_error(), self._engine.begin() as connection:
            rows = connection.execute(query).mappings().all()
        return {
            (row["key"], row["index"]): TokenDivergence(
                np.frombuffer(row["kl"], np.float32), np.frombuffer(row["js"], np.float32)
            )
            for row in rows
        }
