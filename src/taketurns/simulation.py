"""simulate(): a real asyncio event loop on a simulated clock. Twelve hours of sleeping take milliseconds."""

from __future__ import annotations

import asyncio
import contextvars
import ctypes
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from taketurns.clock import SimulatedClock
from taketurns.recording import record
from taketurns.spans import Trace

__all__ = ["simulate"]


def simulate(main: Coroutine[Any, Any, Any], label: str = "") -> Trace:
    """Run a coroutine on an asyncio event loop whose time is simulated; give the trace, with what it returned in it.

    It is asyncio itself that runs: only its clock jumps to the next timer instead of waiting for it. `compute` and
    `wait` spend simulated time, too. Works also where an event loop is running, as in a notebook.

    What ``main`` raises is raised here, with the trace so far in the error's ``trace``. ``RuntimeError`` where all wait
    and no timer is set, with who waits where; for sockets, threads and processes, which live in real time; and
    inside a recording. ``TypeError`` for what is not a coroutine.
    """
    if not asyncio.iscoroutine(main):
        hint = f"; call it: simulate({main.__name__}())" if asyncio.iscoroutinefunction(main) else ""
        raise TypeError(f"simulate() runs a coroutine, as an `async def` function gives it, not {main!r}{hint}")
    simulation = _Simulation(main, label or getattr(main, "__name__", ""))
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        simulation.run()
    else:
        _in_a_thread(simulation.run)
    if simulation.error is not None:
        simulation.error.trace = simulation.trace  # type: ignore[attr-defined]
        raise simulation.error
    object.__setattr__(simulation.trace, "result", simulation.result)
    return simulation.trace


class _Simulation:
    """One run of a coroutine in simulated time: its trace, and its result or its error."""

    def __init__(self, main: Coroutine[Any, Any, Any], label: str) -> None:
        self.main, self.label = main, label
        self.trace = Trace.begin(self.label)
        self.result: Any = None
        self.error: BaseException | None = None

    def run(self) -> None:
        clock = SimulatedClock()
        try:
            runner = asyncio.Runner(loop_factory=lambda: _SimulatedLoop(clock))
            with record(self.label, clock) as self.trace, clock.in_use(), runner:
                self.result = runner.run(self.main)
        except BaseException as error:  # noqa: BLE001 - it is raised where simulate() was called
            self.main.close()
            self.error = error


def _in_a_thread(run: Callable[[], None]) -> None:
    """Run in another thread, since this one has an event loop; an interrupt here interrupts it there."""
    thread = threading.Thread(target=contextvars.copy_context().run, args=[run], name="simulated time")
    thread.start()
    try:
        thread.join()
    except KeyboardInterrupt:
        ident = ctypes.c_ulong(thread.ident or 0)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(KeyboardInterrupt))
        thread.join()
        raise


class _SimulatedLoop(asyncio.BaseEventLoop):
    """An asyncio event loop that sleeps by letting its clock jump, and refuses what happens in real time."""

    def __init__(self, clock: SimulatedClock) -> None:
        super().__init__()
        self.clock = clock
        self._selector = self  # asyncio asks it what has happened outside, for as long as there is nothing to do here

    def time(self) -> float:
        return self.clock.now()

    def select(self, timeout: float | None) -> list[Any]:
        """Let the time pass for which there is nothing to do; nothing happens outside."""
        if timeout is None:
            raise RuntimeError(f"everybody waits, and nobody can go on: {_who_waits(self)}")
        self.clock.spend(timeout)
        return []

    def _process_events(self, event_list: list[Any]) -> None:
        pass

    def _write_to_self(self) -> None:
        pass


def _who_waits(loop: asyncio.AbstractEventLoop) -> str:
    """Tell for each task in which function it is suspended."""
    waits = []
    for task in asyncio.all_tasks(loop):
        coroutine: Any = task.get_coro()
        name = coroutine.__name__ if task.get_name().startswith("Task-") else task.get_name()
        while hasattr(awaited := getattr(coroutine, "cr_await", None), "cr_await"):
            coroutine = awaited
        waits.append(f"{name} waits in {coroutine.__qualname__}")
    return ", ".join(sorted(waits))


def _refused(name: str) -> Callable[..., Any]:
    def refuse(self: Any, *args: Any, **options: Any) -> Any:
        raise RuntimeError(
            f"{name}() needs sockets, threads or processes, which live in real time, and here time is simulated: "
            "record it in real time, with `async with record() as trace:`"
        )

    return refuse


for _name in (
    *("run_in_executor", "getaddrinfo", "getnameinfo", "create_connection", "create_server", "create_unix_connection"),
    *("create_unix_server", "create_datagram_endpoint", "connect_accepted_socket", "connect_read_pipe"),
    *("connect_write_pipe", "subprocess_exec", "subprocess_shell", "add_reader", "add_writer", "add_signal_handler"),
    *("sock_recv", "sock_recv_into", "sock_recvfrom", "sock_sendall", "sock_sendto", "sock_connect", "sock_accept"),
    *("sendfile", "sock_sendfile", "start_tls"),
):
    setattr(_SimulatedLoop, _name, _refused(_name))
