"""Exercises of notebook 14, and its servers: HTTP, and PostgreSQL or what stands in for it."""

import asyncio
import contextlib
import importlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from taketurns.course.checks import Exercise, quiz
from taketurns.course.rules import part, when
from taketurns.course.servers import web as servers
from taketurns.course.servers.postgres import postgres
from taketurns.course.servers.web import nobody
from taketurns.recording.block import record
from taketurns.recording.tasks import task
from taketurns.trace.trace import Trace

__all__ = ["Busy", "Database", "Flaky", "Office", "Visit", "asks_again", "connections", "database", "nobody"]
__all__ += ["others_go_on", "three_at_a_time", "visit", "web"]


@contextlib.contextmanager
def web(seconds: float = 0.2, workers: int = servers.MANY, at_most: int = servers.MANY) -> Iterator[servers.Web]:
    """Run a web server: see `taketurns.course.servers.web`. What httpx loads at its first request is loaded before."""
    for late in ("httpcore._backends.anyio", "anyio._backends._asyncio"):
        with contextlib.suppress(ImportError):
            importlib.import_module(late)
    with servers.web(seconds, workers, at_most) as server:
        yield server


@dataclass(frozen=True)
class Database:
    """A database that runs: its name, and psycopg's two ways to connect, with the address filled in."""

    name: str
    connect: Callable[[], Any]
    connect_async: Callable[[], Awaitable[Any]]
    OperationalError: type[Exception]


@contextlib.contextmanager
def database(max_connections: int = 40) -> Iterator[Database]:
    """Run a PostgreSQL; where there is none, yield a stand-in on SQLite with the same names."""
    with contextlib.ExitStack() as stack:
        try:
            import psycopg

            where = stack.enter_context(postgres(max_connections))
        except (ImportError, RuntimeError):
            from sqlite3 import OperationalError

            from taketurns.course.servers import sqlite

            limit = sqlite.Limit(max_connections)
            yield Database("SQLite, in threads", limit.connect, limit.connect_async, OperationalError)
        else:
            yield Database(
                "PostgreSQL",
                lambda: psycopg.connect(where),
                lambda: psycopg.AsyncConnection.connect(where),
                psycopg.OperationalError,
            )


# Two servers for simulated time.


class Busy(Exception):  # noqa: N818 - it is an answer, too
    """The server has too much to do, and says so at once."""


class Office:
    """Two desks, 0.9 s a visit, and no chairs to wait on."""

    def __init__(self) -> None:
        self.desks = 2
        self.attempts: list[float] = []

    async def ask(self) -> None:
        """Take a desk for 0.9 s; `Busy` where there is none."""
        self.attempts.append(asyncio.get_running_loop().time())
        if self.desks == 0:
            raise Busy
        self.desks -= 1
        await asyncio.sleep(0.9)
        self.desks += 1


class Flaky:
    """Takes 0.25 s for each call, and fails so often before it answers."""

    def __init__(self, failures: int) -> None:
        self.failures = failures

    @task(name="attempt")
    async def ask(self) -> str:
        """Return the page, or raise `Busy`."""
        await asyncio.sleep(0.25)
        self.failures -= 1
        if self.failures >= 0:
            raise Busy
        return "the page"


# A visit: a learner's program, and what it did to a real server.


@dataclass(frozen=True)
class Visit:
    """What a program gave, what was recorded, and what the server saw of it."""

    result: object
    error: Exception | None
    trace: Trace
    seen: servers.Seen


async def visit(program: Any, urls: Sequence[str], at_most: int = servers.MANY) -> Visit:
    """Run ``program(client, urls)`` against a web server that allows so many requests at once."""
    import httpx

    result, error = None, None
    with web(at_most=at_most) as server:
        async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client, record("visit") as trace:
            try:
                result = await program(client, urls)
            except Exception as raised:  # noqa: BLE001 - the check tells what it means
                error = raised
        return Visit(result, error, trace, server.seen())


# The exercises.

_ONE_AT_A_TIME = "HTTP/1.1 carries one request at a time on a connection. How many are in progress at once?"

connections = quiz(
    "How many connections?",
    {
        "A": {1: None, 6: "A client keeps its connection, and the next request takes it."},
        "B": {
            6: None,
            1: "A connection belongs to its client. When that is closed, the connection is closed with it.",
        },
        "C": {6: None, 1: _ONE_AT_A_TIME},
        "D": {
            3: None,
            1: _ONE_AT_A_TIME,
            6: "A connection is free again when its reply is there. How many are in use at one instant?",
            2: "Two is the number of rounds. How many are in use at one instant?",
        },
    },
    solved="A client that is kept needs as many connections as requests are in progress at once.",
)

three_at_a_time = Exercise(
    "Three at a time",
    of=Visit,
    start=when(lambda v: v.seen.most_at_once == 1 and v.seen.requests == 6 and len(v.trace.tasks) <= 9).say(
        "As it stands, one page at a time is on its way. The server allows three."
    ),
    refused=when(lambda v: v.seen.refused).say(
        "More than three came at once, and the server refused {answer.seen.refused}. Is there a limit, and does each "
        "task take it for its own page? It has to be one and the same for all: a limit that each task makes for itself "
        "limits nobody."
    ),
    error=when(lambda v: v.error is not None).say("Your program raised an exception: {answer.error!r}"),
    requests=when(lambda v: v.seen.requests != 6).say(
        "The server saw {answer.seen.requests} requests. There are six pages to fetch, each once."
    ),
    one_by_one=when(lambda v: v.seen.most_at_once == 1).say(
        "They still came one by one. `await` in a loop waits for each page before it asks for the next."
    ),
    not_three=when(lambda v: v.seen.most_at_once != 3).say(
        "The server worked on {answer.seen.most_at_once} pages at once, and it allows three."
    ),
    other_texts=when(lambda v: v.result != [f"page {number}" for number in range(6)]).say(
        "The server is content. Now return the six texts, in order. You returned {answer.result!r}."
    ),
    solved="Six pages, three at once, and none refused.",
)


def _texts(visit: Visit) -> list[object]:
    return list(visit.result) if isinstance(visit.result, list | tuple) else [visit.result]


others_go_on = Exercise(
    "The others go on",
    of=Visit,
    start=when(lambda v: isinstance(v.error, ExceptionGroup)).say(
        "As it stands, one error of the server takes the other four pages with it. "
        "To catch it around the group is too late: by then the others are canceled."
    ),
    error=when(lambda v: v.error is not None).say(
        "Your program raised an exception: {answer.error!r}. One page failed, and nobody got the others."
    ),
    texts=part(
        _texts,
        exception=when(lambda texts: any(isinstance(text, BaseException) for text in texts)).say(
            "There is an exception among your results. Who reads them expects a text or None."
        ),
        error_page=when(lambda texts: any("500" in str(text) for text in texts)).say(
            "One of your results is the error page of the server. A status of 500 raises nothing by itself: "
            "`raise_for_status()` does."
        ),
    ),
    one_by_one=when(lambda v: v.seen.most_at_once < 2).say("They came one by one. Let them be in progress together."),
    caught_outside=when(lambda v: v.result is None).say(
        "Your program returned None. Where was the error caught? Outside of the group is too late: by then the other "
        "pages were canceled. Catch it in the task of its own page."
    ),
    not_five=when(lambda v: len(_texts(v)) != 5).say(
        "You returned {answer.result!r}. Who reads it cannot tell which page is missing: give None in its place."
    ),
    other_texts=when(lambda v: _texts(v) != ["page 1", "page 2", None, "page 3", "page 4"]).say(
        "You returned {answer.result!r}, and not four texts with None in the third place."
    ),
    solved="Four pages and one None: the error was caught where it belongs, in its own task.",
)


def _pauses(trace: Trace) -> list[float]:
    lanes = trace.only("attempt").lanes.values()
    return [round(after[0].start - before[-1].end, 6) for before, after in pairwise(lanes)]


asks_again = Exercise(
    "Back off",
    start=when(lambda t: len(t.only("attempt").tasks) == 1).say("As it stands, it asks once and gives up."),
    pauses=part(
        _pauses,
        too_early=when(lambda pauses: len(pauses) < 2).say(
            "You gave up too early. The third call would have been answered."
        ),
        goes_on=when(lambda pauses: len(pauses) > 2).say(
            "You called again after there was an answer. `return` ends the loop."
        ),
        at_once=when(lambda pauses: pauses == [0, 0]).say(
            "You asked again at once. The server said that it has too much to do, and gets more."
        ),
        steady=when(lambda pauses: pauses[0] == pauses[1]).say(
            "Your pauses are as long as each other. To back off is to wait longer each time."
        ),
        other_pauses=when(lambda pauses: pauses != [1, 2]).say("Let the first pause be 1 s, and the second 2 s."),
    ),
    pause_after=when(lambda t: t.duration != 3.75).say(
        "There is still a pause after the answer. Who waits for the page gets it later."
    ),
    no_answer=when(lambda t: t.result != "the page").say(
        "The times are right. Now let the function return the answer."
    ),
    solved="Three calls, with pauses of 1 s and 2 s between them.",
)
