"""Databases of earlier versions get the columns that have been added since."""

from __future__ import annotations

from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateColumn

from data.tables import metadata


def add_missing_columns(engine: Engine) -> None:
    """Add every column that a table lacks, filled with its server default.

    Two processes may do so at once: whoever comes second finds the column there.

    Raises:
        SQLAlchemyError: the database refuses.
    """
    for table, column in missing_columns(engine):
        definition = CreateColumn(metadata.tables[table].columns[column])
        added = f"ALTER TABLE {table} ADD COLUMN {definition.compile(dialect=engine.dialect)}"
        try:
            with engine.begin() as connection:
                connection.execute(text(added))
        except SQLAlchemyError:
            if (table, column) in missing_columns(engine):
                raise


def missing_columns(engine: Engine) -> list[tuple[str, str]]:
    """Table and column of all that `data.tables` has and the database hasn't."""
    found = inspect(engine)
    return [
        (name, column.name)
        for name, table in metadata.tables.items()
        for column in table.columns
        if column.name not in {there["name"] for there in found.get_columns(name)}
    ]
