"""What was judged of a run's answers: pairs that say the same, and how good each answer is."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select

from data.beside import StoreBeside
from data.database import as_store_error
from data.divergences import Place
from data.tables import scores, verdicts

CHUNK = 400  # rows named in one statement: SQLite takes a limited number of values


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge says of two texts.

    Attributes:
        same: in [0, 1], above ½ where they say the same.
        mass: share of its judgement that was a verdict at all; 1 for a classifier.
    """

    same: float
    mass: float = 1.0


def pair_key(first: str, second: str) -> str:
    """The name under which the verdict on two texts is kept; their order counts."""
    parts = (f"{len(first)}:{first}{second}").encode(errors="surrogatepass")
    return hashlib.sha256(parts).hexdigest()[:32]


class JudgementStore(StoreBeside):
    """Verdicts and scores, by run. Safe to use from many threads."""

    def add_verdicts(self, run_id: str, judge: str, found: Mapping[str, Verdict]) -> None:
        """Keep verdicts by `pair_key`; what this judge said of the same pairs is replaced."""
        of = (verdicts.c.run_id == run_id, verdicts.c.judge == judge)
        rows = [
            {"run_id": run_id, "judge": judge, "pair": pair, "same": v.same, "mass": v.mass}
            for pair, v in found.items()
        ]
        with as_store_error(), self._engine.begin() as connection:
            for start in range(0, len(rows), CHUNK):
                part = rows[start : start + CHUNK]
                pairs = [row["pair"] for row in part]
                connection.execute(delete(verdicts).where(*of, verdicts.c.pair.in_(pairs)))
                connection.execute(insert(verdicts), part)

    def verdicts(self, run_id: str, judge: str) -> dict[str, Verdict]:
        """All that a judge said of a run's pairs, by `pair_key`."""
        query = select(verdicts.c.pair, verdicts.c.same, verdicts.c.mass).where(
            verdicts.c.run_id == run_id, verdicts.c.judge == judge
        )
        with as_store_error(), self._engine.begin() as connection:
            return {pair: Verdict(same, mass) for pair, same, mass in connection.execute(query)}

    def count(self, run_id: str, judge: str) -> int:
        """How many verdicts of a judge on a run's pairs there are; it only grows."""
        query = select(func.count()).where(verdicts.c.run_id == run_id, verdicts.c.judge == judge)
        with as_store_error(), self._engine.begin() as connection:
            return int(connection.execute(query).scalar_one())

    def add_scores(
        self, run_id: str, source: str, found: Mapping[Place, float], *, owner: str = ""
    ) -> None:
        """Keep scores, NaN for no verdict; what the same source and owner gave is replaced."""
        rows = [
            {
                "run_id": run_id,
                "source": source,
                "owner": owner,
                "key": key,
                "index": index,
                "value": None if math.isnan(value) else float(value),
            }
            for (key, index), value in found.items()
        ]
        with as_store_error(), self._engine.begin() as connection:
            for row in rows:
                same = (scores.c[name] == row[name] for name in row if name != "value")
                connection.execute(delete(scores).where(*same))
            if rows:
                connection.execute(insert(scores), rows)

    def scores(self, run_id: str, source: str, *, owner: str = "") -> dict[Place, float]:
        """A source's scores of a run: an owner's own, or a model's for the owner ""."""
        query = select(scores.c.key, scores.c.index, scores.c.value).where(
            scores.c.run_id == run_id, scores.c.source == source, scores.c.owner == owner
        )
        with as_store_error(), self._engine.begin() as connection:
            return {
                (key, index): math.nan if value is None else value
                for key, index, value in connection.execute(query)
            }

    def remove_score(self, run_id: str, source: str, place: Place, *, owner: str = "") -> None:
        """Take one score back; nothing happens where there is none."""
        where: dict[str, str | int] = {"run_id": run_id, "source": source, "owner": owner}
        where |= {"key": place[0], "index": place[1]}
        same = (scores.c[name] == value for name, value in where.items())
        with as_store_error(), self._engine.begin() as connection:
            connection.execute(delete(scores).where(*same))
