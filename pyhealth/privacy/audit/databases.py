"""What stands in databases that are no files here: cell by cell, as a server gives them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import MetaData, create_engine, select
from sqlalchemy.exc import SQLAlchemyError

from pyhealth.index.store import database_url
from pyhealth.privacy.audit.pieces import Piece, Place


@dataclass
class Databases:
    """Reads databases for one audit, and notes what it could not see."""

    urls: Sequence[str]
    notes: list[str] = field(default_factory=list)

    def pieces(self) -> Iterator[Piece]:
        """Yield every cell of every table; values that are no bytes as text."""
        for given in dict.fromkeys(self.urls):
            url = database_url(given)
            where = url.render_as_string(hide_password=True)
            try:
                yield from _cells(given, where)
            except SQLAlchemyError as error:
                self.notes.append(f"{where} could not be read ({type(error).__name__}).")
            if url.get_backend_name() != "sqlite":
                self.notes.append(
                    f"{where} was read as its server gives it; what that keeps of deleted rows is "
                    "searched in a copy of its files, named with --also."
                )


def _cells(given: str, where: str) -> Iterator[Piece]:
    engine, metadata = create_engine(database_url(given)), MetaData()
    try:
        with engine.connect() as connection:
            metadata.reflect(connection)
            for table in metadata.sorted_tables:
                for row in connection.execute(select(table)):
                    for cell in row:
                        data = cell if isinstance(cell, bytes) else str(cell).encode()
                        yield Piece(Place.FILE, f"{where}, table {table.name}", data)
    finally:
        engine.dispose()
