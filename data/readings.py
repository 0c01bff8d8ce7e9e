"""What was found out about a run after it had ended, piece by piece, as JSON."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import delete, insert, select

from data.beside import StoreBeside
from data.database import as_store_error
from data.tables import readings


class ReadingStore(StoreBeside):
    """Readings, by run and kind. Safe to use from many threads."""

    def put(self, run_id: str, kind: str, piece: str, content: Any) -> None:
        """Keep a piece; what was kept under its name is replaced.

        Args:
            run_id: of the run.
            kind: what was looked into.
            piece: which part of it.
            content: anything that JSON takes.
        """
        same = (readings.c.run_id == run_id, readings.c.kind == kind, readings.c.piece == piece)
        row = {"run_id": run_id, "kind": kind, "piece": piece, "content": json.dumps(content)}
        with as_store_error(), self._engine.begin() as connection:
            connection.execute(delete(readings).where(*same))
            connection.execute(insert(readings), row)

    def load(self, run_id: str, kind: str) -> dict[str, Any]:
        """Every piece of one kind, by name."""
        query = select(readings.c.piece, readings.c.content).where(
            readings.c.run_id == run_id, readings.c.kind == kind
        )
        with as_store_error(), self._engine.begin() as connection:
            return {piece: json.loads(content) for piece, content in connection.execute(query)}
