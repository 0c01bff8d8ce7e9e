"""What every store has in common that keeps things beside the runs."""

from __future__ import annotations

import os

from data.database import as_store_error, open_engine
from data.tables import metadata


class StoreBeside:
    """Safe to use from many threads.

    Args:
        url: as of `data.store.Store`, whose runs it belongs to.

    Raises:
        StoreError: the database can't be opened.
    """

    def __init__(self, url: str | os.PathLike[str] | None = None) -> None:
        with as_store_error():
            self._engine = open_engine(url)
            metadata.create_all(self._engine)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()
