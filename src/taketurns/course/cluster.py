"""A cluster on this machine for notebook 16, and recordings that come back through a cluster."""

import asyncio
import atexit
import logging
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextvars import Context
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from taketurns.recording import children, recorder
from taketurns.recording.block import record
from taketurns.trace.spans import Span
from taketurns.trace.trace import Trace

__all__ = ["Clock", "Cluster", "Reply", "clocks", "recorded", "serve", "start", "stop", "together"]

CLIENTS = "distributed.client"  #: who logs for all clients of this process

# The cluster


def serve(workers: int, far: bool = False) -> None:
    """Run a scheduler and so many workers, print its address, and end at the next line of input or at its end.

    A task may cost one worker, and not three as is usual: nobody waits for new workers to see that it is the task. And
    no worker is given up that is dead now and was dead 15 seconds ago, for here workers are killed on purpose.
    """
    import dask
    from distributed import LocalCluster

    local: Any = LocalCluster
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        settings = {
            "temporary-directory": folder,
            "distributed.scheduler.allowed-failures": 1,
            "distributed.deploy.lost-worker-timeout": "1 day",
        }
        if far:  # what a worker leaves that is ended while it records is gone with the folder
            os.environ.update(dict.fromkeys(("TMPDIR", "TEMP", "TMP"), folder))
        with (
            dask.config.set(settings),
            local(
                n_workers=workers,
                threads_per_worker=1,
                dashboard_address=None,
                worker_dashboard_address=None,
                local_directory=folder,
                silence_logs=logging.CRITICAL + 1,
            ) as cluster,
        ):
            print(cluster.scheduler_address, flush=True)  # noqa: T201
            sys.stdin.readline()


class Cluster:
    """A scheduler and workers in processes of their own, on this machine, and a client of theirs.

    They end with the block, with ``close``, or with this process, however that ends. An interrupt, which goes to a
    whole group of processes, does not reach them. ``far`` workers know as little of this process as if they were on
    another machine: a recording does not see them.
    """

    client: Any  #: a ``distributed.Client``

    def __init__(self, workers: int = 2, far: bool = False) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", f"from taketurns.course.cluster import serve; serve({workers:d}, {far is True})"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
            env=children.apart() if far else None,
        )
        atexit.register(self.close)
        self._mute = lambda _: False  # what a client logs when its workers are killed; a filter of this cluster's own
        logging.getLogger(CLIENTS).addFilter(self._mute)
        try:
            assert self._process.stdout is not None
            self.address = self._process.stdout.readline().strip()
            if not self.address:
                raise RuntimeError("the cluster did not start: `dask scheduler` in a terminal may say why")
            self.client = _connected(self.address, not far)
            _keep_apart(self.client)
            _take_back(self.client)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Any:
        return self.client

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """End the client, the workers and the scheduler; nothing where they have ended."""
        atexit.unregister(self.close)
        try:
            if client := self.__dict__.pop("client", None):
                client.close(timeout=2)
            self._process.communicate("\n", timeout=5)
        except (subprocess.TimeoutExpired, ValueError, OSError):
            pass  # it has to go all the same
        finally:
            self._process.kill()
            self._process.wait()
            logging.getLogger(CLIENTS).removeFilter(self._mute)


def _connected(address: str, as_default: bool) -> Any:
    """Return a client. It is made in a thread: where this one is interrupted meanwhile, that one closes it again."""
    pool = ThreadPoolExecutor(1)
    made = pool.submit(_client, address, as_default)
    try:
        return made.result()
    except BaseException:
        pool.submit(lambda: made.result().close())
        raise
    finally:
        pool.shutdown(wait=False)


def _client(address: str, as_default: bool) -> Any:
    from distributed import Client  # in a thread: nothing can import it any more where this was interrupted half-way

    client: Any = Client
    return client(address, set_as_default=as_default)


def _keep_apart(client: Any) -> None:
    """Keep the asyncio tasks by which a client works out of the recording in whose block it is called."""
    loop = client.loop.asyncio_loop
    plain = loop.call_soon_threadsafe

    def call(callback: Callable[..., Any], *args: Any, context: Context | None = None) -> Any:
        return plain(callback, *args, context=context or Context())

    loop.call_soon_threadsafe = call
    loop.set_exception_handler(_report)


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Report an error of a client's loop, but not that a wait was canceled: an interrupted cell has said so."""
    if not isinstance(context.get("exception"), CancelledError | asyncio.CancelledError):
        loop.default_exception_handler(context)


def _take_back(client: Any) -> None:
    """Cancel all that was asked of a client when the wait for it is interrupted: the next cell is to find no rest."""
    plain = client.sync

    def sync(*args: Any, **options: Any) -> Any:
        from distributed import Future

        try:
            return plain(*args, **options)
        except KeyboardInterrupt:
            asked: Any = Future
            rest = [asked(key, client) for key in list(client.futures)]
            client.cancel(rest, force=True)
            raise

    client.sync = sync


_started: list[Cluster] = []


def start(workers: int = 2) -> Any:
    """Return the client of a new cluster. It lasts until ``stop``, the next ``start`` or the end of this process."""
    stop()
    _started.append(Cluster(workers))
    return _started[0].client


def stop() -> None:
    """End the cluster that ``start`` has started; nothing where there is none."""
    while _started:
        _started.pop().close()


# A recording of workers that share no disk with this process


class Reply(NamedTuple):
    """What a call on a worker gave, its spans, and when they began by the clock of that worker (ns)."""

    result: Any
    spans: tuple[Span, ...]
    began: int
    worker: str


class Clock(NamedTuple):
    """How far the clock of a worker is ahead of the one here (ns), and by how much that may be wrong at most."""

    ahead: int
    error: int


def recorded(function: Callable[..., Any], *args: Any) -> Reply:
    """Return what a call gave on a worker, which must have one thread, with its spans: it is recorded there."""
    from distributed import get_worker

    with record() as trace:
        mine = recorder.on
        assert mine is not None
        result = function(*args)
    return Reply(result, trace.spans, mine.start, get_worker().address)


def clocks(client: Any, readings: int = 5) -> dict[str, Clock]:
    """Return the clock of each worker, by its address; of several readings the quickest counts.

    The worker read its clock after the question was sent and before the answer was here. The middle of the two is at
    most half of the round trip away from that.
    """
    return {
        worker: min((_reading(client, worker) for _ in range(readings)), key=_error) for worker in client.nthreads()
    }


def _reading(client: Any, worker: str) -> Clock:
    sent = time.perf_counter_ns()
    there = client.run(time.perf_counter_ns, workers=[worker])[worker]
    received = time.perf_counter_ns()
    return Clock(there - (sent + received) // 2, (received - sent) // 2 + 1)


def _error(clock: Clock) -> int:
    return clock.error


def together(label: str, replies: Iterable[Reply], clocks: Mapping[str, Clock] | None = None) -> Trace:
    """Return one trace of what workers recorded; without their clocks, every call begins at 0."""
    replies = list(replies)
    begins = [reply.began - clocks[reply.worker].ahead if clocks else 0 for reply in replies]
    workers = {worker: f"process {number}" for number, worker in enumerate(dict.fromkeys(r.worker for r in replies), 1)}
    shared = Counter(name for reply in replies for name in {span.task for span in reply.spans})
    spans = []
    for number, (reply, begin) in enumerate(zip(replies, begins, strict=True)):
        later = (begin - min(begins)) / 1e9
        for span in reply.spans:
            name = span.task if shared[span.task] == 1 else f"{span.task} {number}"
            spans.append(
                Span(name, span.state, workers[reply.worker], span.start + later, span.end + later, span.reason)
            )
    return Trace(label, tuple(spans))
