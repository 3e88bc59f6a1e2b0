"""simulate(): a real asyncio event loop on a simulated clock. Twelve hours of sleeping take milliseconds."""

import asyncio
import contextvars
import ctypes
import inspect
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import closing, suppress
from dataclasses import replace
from typing import Any

from taketurns.recording import recorder
from taketurns.recording.awaits import given_name
from taketurns.recording.block import record
from taketurns.recording.simulated import Call, Keeper
from taketurns.trace.clock import SimulatedClock
from taketurns.trace.trace import Trace

__all__ = ["simulate"]


def simulate(main: Coroutine[Any, Any, Any], label: str = "") -> Trace:
    """Return the trace of a coroutine, with its ``result``, on an asyncio event loop whose time is simulated.

    It is asyncio itself that runs: only its clock jumps to the next timer instead of waiting for it. `compute` and
    `wait` spend simulated time, too. Works also where an event loop is running, as in a notebook.

    What ``main`` raises is raised here, with the trace so far in the error's ``trace``. ``RuntimeError`` where all wait
    and no timer is set, with who waits where; for sockets, threads and processes, which live in real time; and
    inside a recording. ``TypeError`` for what is not a coroutine.
    """
    if not asyncio.iscoroutine(main):
        hint = f"; call it: simulate({main.__name__}())" if inspect.iscoroutinefunction(main) else ""
        raise TypeError(f"simulate() runs a coroutine, as an `async def` function gives it, not {main!r}{hint}")
    simulation = _Simulation(main, label or getattr(main, "__name__", ""))
    try:
        with closing(main):
            if asyncio._get_running_loop() is None:
                simulation.run()
            else:
                _in_a_thread(simulation)
        if simulation.error is not None:
            raise simulation.error
        spans: Any = simulation.trace.columns  # they need not be made for that
        return replace(simulation.trace, spans=spans, result=simulation.result)
    except BaseException as error:
        error.trace = simulation.trace  # type: ignore[attr-defined]
        raise


class _Simulation:
    """One run of a coroutine in simulated time: its trace, and its result or its error."""

    def __init__(self, main: Coroutine[Any, Any, Any], label: str) -> None:
        self.main, self.clock = main, SimulatedClock()
        self.recording = record(label, self.clock)
        self.trace = Trace(label, (), cut_short="it did not begin")
        self.result: Any = None
        self.error: BaseException | None = None
        self.interrupted = False  # whether it is to stop before the next step
        self._in_steps = False  # whether a step can be interrupted: not while the recording begins or ends
        self._lock = threading.Lock()  # guards it

    def run(self) -> None:
        if self.interrupted:
            return
        try:
            with self.recording as self.trace, self.clock.in_use():
                self._run()
        except BaseException as error:  # noqa: BLE001 - it is raised where simulate() was called
            if self.error is None or not isinstance(error, Exception):  # else the loop could not close, after an error
                self.error = error
            if self.trace.is_on:  # an interrupt came just before the recording could end
                self.recording.__exit__(type(error), error, None)

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: _SimulatedLoop(self)) as runner:
                self._in_steps = True
                try:
                    self.result = runner.run(self.main)
                except BaseException as error:
                    self.error = error
                    raise
        finally:
            with self._lock:
                self._in_steps = False

    def interrupt_step(self, thread: int) -> None:
        """Interrupt the step that is running in a thread and does not come to its end."""
        with self._lock:
            if self._in_steps:
                self.interrupted = False
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(KeyboardInterrupt))


def _in_a_thread(simulation: _Simulation) -> None:
    """Run in another thread, since this one has an event loop; an interrupt here interrupts it there.

    The event loop stops before its next step. If that does not come within a second, the step itself is interrupted.
    """
    thread = threading.Thread(target=contextvars.copy_context().run, args=[simulation.run], name="simulated time")
    try:
        thread.start()
        thread.join()
    except KeyboardInterrupt:
        simulation.interrupted = True
        while thread.is_alive():
            with suppress(KeyboardInterrupt):  # one more says the same
                thread.join(1)
                simulation.interrupt_step(thread.ident or 0)
        raise


class _SimulatedLoop(asyncio.BaseEventLoop):
    """An asyncio event loop that sleeps by letting its clock jump, and refuses what happens in real time."""

    _ready: deque[Any]  # asyncio's own: calls, in the order in which they will run
    _scheduled: list[Any]  # asyncio's own: timers
    _clock_resolution: float

    def __init__(self, simulation: _Simulation) -> None:
        super().__init__()
        self.simulation, self.clock = simulation, simulation.clock
        assert recorder.on is not None
        self.keeper = Keeper(recorder.on, self)
        self._selector = self  # asyncio asks it what has happened outside, for as long as there is nothing to do here

    def time(self) -> float:
        return self.clock.now()

    def select(self, timeout: float | None) -> list[Any]:
        """Return that nothing has happened outside, and let the time pass; an interrupt is raised here."""
        if self.simulation.interrupted:
            self.simulation.interrupted = False
            raise KeyboardInterrupt
        if timeout is None:
            raise RuntimeError(f"everybody waits, and nobody can go on: {_who_waits(self)}")
        self.clock.spend(timeout)
        end = self.time() + self._clock_resolution  # asyncio takes the timers that are due before
        if self._scheduled and self._scheduled[0]._when < end:
            self.keeper.changes.pass_by(end)
        return []

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Report an error that nobody has seen; an interrupt is raised where simulate() was called."""
        if not isinstance(context.get("exception"), KeyboardInterrupt):
            super().call_exception_handler(context)

    def _call_soon(self, callback: Any, args: Any, context: Any) -> asyncio.Handle:
        handle = Call(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_at(  # type: ignore[override]
        self, when: float, callback: Any, *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        """Set a timer; those whose callback is given a future are kept."""
        timer = super().call_at(when, callback, *args, context=context)
        if args:
            self.keeper.changes.set(when, id(args[0]))
        return timer

    def _timer_handle_cancelled(self, handle: Any) -> None:
        if handle._scheduled and handle._args:
            self.keeper.changes.cancel(handle._when, id(handle._args[0]))
        super()._timer_handle_cancelled(handle)  # type: ignore[misc]

    def create_task(self, coro: Any, **options: Any) -> asyncio.Task[Any]:
        """Create a task, and look where it stands if it has begun at once."""
        task: asyncio.Task[Any] = super().create_task(coro, **options)
        self.keeper.look(task)
        return task

    def _process_events(self, event_list: list[Any]) -> None:
        pass

    def _write_to_self(self) -> None:
        pass


def _who_waits(loop: asyncio.AbstractEventLoop) -> str:
    """Return for each task in which function it is suspended."""
    waits = []
    for task in asyncio.all_tasks(loop):
        coroutine: Any = task.get_coro()
        name = given_name(task) or coroutine.__name__
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
