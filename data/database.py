"""Opening the database, and saying in words what is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError

from data.errors import StoreError

DEFAULT_DATABASE = Path(".chorale") / "chorale.db"


def open_engine(url: str | os.PathLike[str] | None) -> Engine:
    """An engine for a URL or a path; see `data.store.Store` for what None takes.

    A "postgres://" URL, as hosts hand them out, is opened with psycopg 3.
    """
    chosen = url or os.environ.get("DATABASE_URL") or os.environ.get("CHORALE_DATABASE")
    text = str(chosen or DEFAULT_DATABASE)
    if "://" not in text:
        text = f"sqlite:///{text}"
    parsed = make_url(text)
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, connect_args={"timeout": 30})
    event.listen(engine, "connect", _set_up_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    # WAL lets pages read while a run writes; NORMAL survives a killed process (only a power
    # cut may lose the last moment, never the file).
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


@contextmanager
def as_store_error() -> Iterator[None]:
    """Turn what the database reports into a StoreError.

    Raises:
        StoreError: anything that the database, its driver or its disk reported.
    """
    try:
        yield
    except ImportError as error:
        raise StoreError(
            f"The database's driver is not installed ({error}).",
            "For PostgreSQL: pip install 'psycopg[binary]'",
        ) from error
    except (SQLAlchemyError, OSError) as error:
        cause = getattr(error, "orig", None) or error
        raise StoreError(
            f"The database could not be used ({cause}).",
            "Check that its disk has room and that DATABASE_URL or CHORALE_DATABASE is right.",
        ) from error
