"""A stand-in for psycopg on SQLite, with as much of its API as notebook 14 uses, for where there is no PostgreSQL.

SQLite has no server and no asynchronous API. `AsyncConnection` hands each call to a thread, as such libraries do.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from typing import Any

__all__ = ["AsyncConnection", "AsyncCursor", "Connection", "Limit"]


class Limit:
    """So many connections at once, as a PostgreSQL has it."""

    def __init__(self, connections: int) -> None:
        self.free = connections

    def connect(self) -> Connection:
        """Return a connection; ``sqlite3.OperationalError`` where there are too many."""
        if self.free == 0:
            raise sqlite3.OperationalError("sorry, too many clients already")
        self.free -= 1
        return Connection(self)

    async def connect_async(self) -> AsyncConnection:
        """Return a connection whose methods are awaited."""
        return AsyncConnection(self.connect())


class Connection:
    """A connection to a database in memory, which knows ``pg_sleep``."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._sqlite = sqlite3.connect(":memory:", check_same_thread=False)
        self._sqlite.create_function("pg_sleep", 1, time.sleep)

    def execute(self, query: str, parameters: tuple[Any, ...] | list[Any] = ()) -> sqlite3.Cursor:
        """Return the cursor of a query, which has a ``%s`` for each parameter."""
        return self._sqlite.execute(query.replace("%s", "?"), parameters)

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *exception: object) -> None:
        self._sqlite.close()
        self._limit.free += 1


class AsyncConnection:
    """A connection whose calls run in threads."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def execute(self, query: str, parameters: tuple[Any, ...] | list[Any] = ()) -> AsyncCursor:
        """Return the rows of a query, which runs in a thread."""
        return AsyncCursor(await asyncio.to_thread(_run, self._connection, query, parameters))

    async def __aenter__(self) -> AsyncConnection:
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._connection.__exit__(*exception)


class AsyncCursor:
    """The rows of a query."""

    def __init__(self, rows: list[Any]) -> None:
        self._rows = rows

    async def fetchone(self) -> Any:
        """Return the next row, or None."""
        return self._rows.pop(0) if self._rows else None


def _run(connection: Connection, query: str, parameters: tuple[Any, ...] | list[Any]) -> list[Any]:
    """Return all rows of a query: SQLite works while they are fetched."""
    return connection.execute(query, parameters).fetchall()
