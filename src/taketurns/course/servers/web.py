"""web(): an HTTP server on this machine that answers late, counts what it sees, and fails when it is asked to."""

import asyncio
import contextlib
import os
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from taketurns.course.servers import process

__all__ = ["Seen", "Web", "nobody", "web"]

MANY = 1000


class Seen(NamedTuple):
    """What a web server has counted."""

    connections: int
    requests: int
    most_at_once: int  #: the most pages that it worked on at one instant
    refused: int  #: requests that it refused, because there were too many


@dataclass(frozen=True)
class Web:
    """A web server that runs; ``url`` is where."""

    url: str
    _ask: Callable[[], Any]

    def seen(self) -> Seen:
        """Return what the server has counted. To ask takes no connection."""
        return Seen(*self._ask())


@contextlib.contextmanager
def web(seconds: float = 0.2, workers: int = MANY, at_most: int = MANY) -> Iterator[Web]:
    """Yield a web server that runs, and answers after so many seconds.

    It works on so many pages at once, and others stand in line. Those above ``at_most`` are refused, with a 429.
    """
    with process.server("taketurns.course.servers.web", seconds, workers, at_most) as (url, ask):
        yield Web(url, ask)


@contextlib.contextmanager
def nobody() -> Iterator[str]:
    """Yield a URL at which nobody listens, and keep its port from others: every connection is refused."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


# What runs in the process of the server.


def _serve(seconds: str, workers: str, at_most: str) -> None:
    counts = Counter[str]()

    def until_the_end() -> None:
        process.answer_until_the_end(lambda: [counts[name] for name in Seen._fields])
        os._exit(0)  # whatever it is doing

    threading.Thread(target=until_the_end, daemon=True).start()
    asyncio.run(_web(counts, seconds, asyncio.Semaphore(int(workers)), int(at_most)))


async def _web(counts: Counter[str], seconds: str, workers: asyncio.Semaphore, at_most: int) -> None:
    from tornado.httpserver import HTTPServer
    from tornado.iostream import StreamClosedError
    from tornado.netutil import bind_sockets
    from tornado.web import Application, RequestHandler

    class Server(HTTPServer):
        def handle_stream(self, stream: Any, address: Any) -> None:
            counts["connections"] += 1
            super().handle_stream(stream, address)

    class Late(RequestHandler):
        def prepare(self) -> None:
            counts["requests"] += 1
            self.seconds = float(self.get_argument("seconds", seconds))

    class Page(Late):
        """``/page/<name>``: a page, after ``?seconds=``, and only after ``&fails=`` failures."""

        async def get(self, name: str) -> None:
            fails = int(self.get_argument("fails", "0"))
            if counts["in progress"] >= at_most:
                counts["refused"] += 1
                self.send_error(429)
            elif counts[f"failures of {name}"] < fails:
                counts[f"failures of {name}"] += 1
                self.send_error(503)
            else:
                with within("in progress"):
                    async with workers:
                        await self.work()
                self.finish(f"page {name}")

        async def work(self) -> None:
            with within("at_once"):
                counts["most_at_once"] = max(counts["most_at_once"], counts["at_once"])
                await asyncio.sleep(self.seconds)

    class Broken(Late):
        """``/broken``: promises 1000 bytes, sends a few, and closes the connection."""

        async def get(self) -> None:
            await asyncio.sleep(self.seconds)
            connection: Any = self.request.connection
            stream = connection.detach()
            with contextlib.suppress(StreamClosedError):  # who asked is gone
                await stream.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf a page")
            stream.close()

    class Error(Late):
        """``/error``: an error of the server."""

        async def get(self) -> None:
            await asyncio.sleep(self.seconds)
            self.send_error(500)

    @contextlib.contextmanager
    def within(name: str) -> Iterator[None]:
        counts[name] += 1
        try:
            yield
        finally:
            counts[name] -= 1

    pages = [(r"/page/(\w+)", Page), (r"/broken", Broken), (r"/error", Error)]
    server = Server(Application(pages, log_function=lambda handler: None))
    sockets = bind_sockets(0, "127.0.0.1", backlog=1024)
    server.add_sockets(sockets)
    process.ready(f"http://127.0.0.1:{sockets[0].getsockname()[1]}")
    await asyncio.Event().wait()


if __name__ == "__main__":
    process.run(_serve)
