"""Who holds what and who waits for whom when a block ends: asyncio's tasks, and what must not be said."""

import asyncio
import os
import threading
from contextlib import suppress

import pytest
from hanging import interrupt_when, stood, until

from taketurns import record
from taketurns.recording import recorder

HERE = os.path.basename(__file__)


class Left:
    """A recording of tasks that are still there when its block ends."""

    def __init__(self, **tasks):
        self.loop = asyncio.new_event_loop()
        with record() as self.trace:
            self.tasks = self.loop.run_until_complete(self._start(tasks))

    async def _start(self, tasks):
        made = [asyncio.create_task(coroutine, name=name) for name, coroutine in tasks.items()]
        while not all(task.done() or getattr(task, "_fut_waiter", None) is not None for task in made):
            await asyncio.sleep(0)
        for _ in range(10):  # what is woken by the others comes to its next wait
            await asyncio.sleep(0)
        return made

    def __enter__(self):
        return self.trace

    def __exit__(self, *error):
        async def cancel():
            for task in self.tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

        self.loop.run_until_complete(cancel())
        self.loop.close()


async def take(one, other):
    async with one:
        await asyncio.sleep(0)
        async with other:
            pass


def test_two_tasks_with_two_locks():
    a, b = asyncio.Lock(), asyncio.Lock()

    async def first():
        async with a:
            await asyncio.sleep(0)
            async with b:
                pass

    async def second():
        async with b:
            await asyncio.sleep(0)
            async with a:
                pass

    with Left(first=first(), second=second()) as trace:
        lines = f"lines {first.__code__.co_firstlineno + 3} and {second.__code__.co_firstlineno + 3}"
        assert trace.cut_short == f"first holds a and wants b; second holds b and wants a ({HERE}, {lines})"
        assert trace.notes == ()
        assert [trace.lane(task)[-1].end for task in ("first", "second")] == [trace.duration] * 2


def test_a_lock_that_is_taken_plainly_and_one_that_a_function_wants_deep_inside():
    a, b = asyncio.Lock(), asyncio.Lock()

    async def enter(lock):
        async with lock:
            pass

    async def work(mine, other):
        await mine.acquire()
        try:
            await asyncio.sleep(0)
            await enter(other)
        finally:
            mine.release()

    with Left(first=work(a, b), second=work(b, a)) as trace:
        assert trace.cut_short.startswith(
            "first holds mine and wants lock (second's mine); second holds mine and wants lock (first's mine)"
        )


def test_a_task_that_waits_for_itself():
    async def enter(gate):
        async with gate:
            await gate.acquire()

    for gate in (asyncio.Lock(), asyncio.Semaphore(1)):
        with Left(me=enter(gate)) as trace:
            assert trace.cut_short.startswith("me holds gate and wants it again")


def test_who_waits_behind_a_circle_is_told_of_after_it():
    a, b = asyncio.Lock(), asyncio.Lock()

    async def third(lock):
        await asyncio.sleep(0)
        async with lock:
            pass

    with Left(first=take(a, b), second=take(b, a), third=third(a)) as trace:
        assert "; third wants lock (first's one), which first holds" in trace.cut_short


def test_two_tasks_and_a_lock_of_threads():
    lock = threading.Lock()

    async def first():
        with suppress(RuntimeError), lock:  # in the end the test has given it back
            await asyncio.sleep(0)

    async def second():
        with lock:  # the loop stands still
            pass

    async def main():
        await asyncio.gather(asyncio.create_task(first(), name="first"), asyncio.create_task(second(), name="second"))

    with record() as trace:
        thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
        thread.start()
        until(lambda: stood(thread))
    lock.release()
    thread.join()
    assert trace.cut_short.startswith(
        "second holds the event loop and wants lock; first holds lock and wants the event loop"
    )


def test_ctrl_c_cancels_all_and_says_who_held_what():
    a, b = asyncio.Lock(), asyncio.Lock()

    async def main():
        await asyncio.gather(
            asyncio.create_task(take(a, b), name="first"), asyncio.create_task(take(b, a), name="second")
        )

    def hangs():
        known = list(recorder.on.awaits.known.values())
        return all(lock._waiters for lock in (a, b)) and not any(one.running for one in known)

    with pytest.raises(KeyboardInterrupt), record() as trace:
        rescue = interrupt_when(hangs)
        asyncio.run(main())
    rescue.join()
    assert trace.cut_short.startswith("KeyboardInterrupt; first holds one and wants other (second's one); second holds")


# What is no accident


def test_a_queue_that_nobody_fills_is_noted():
    async def consume(pages):
        await pages.get()

    with Left(consumer=consume(asyncio.Queue())) as trace:
        assert trace.cut_short == ""
        assert all("consumer still waited for a queue: await pages.get()" in note for note in trace.notes)


def test_a_condition_and_a_busy_lock_are_no_deadlock():
    lock, ready = asyncio.Lock(), asyncio.Condition()

    async def wait():
        async with ready:
            await ready.wait()

    async def hold():
        async with lock:
            await asyncio.sleep(60)

    async def work():
        async with lock:
            pass

    with Left(w1=wait(), w2=wait(), holder=hold(), work=work()) as trace:
        assert trace.cut_short == ""
        assert not any("work" in note for note in trace.notes)


def test_semaphores_that_others_release_are_signals_and_nobody_holds_them():
    a, b = asyncio.Semaphore(1), asyncio.Semaphore(1)

    async def take_two(one, other):
        await one.acquire()
        await asyncio.sleep(0)
        await other.acquire()

    with Left(first=take_two(a, b), second=take_two(b, a)) as trace:
        assert trace.cut_short == ""


def test_a_parent_that_awaits_its_child_is_no_circle():
    async def child():
        await asyncio.Event().wait()

    async def parent():
        async with asyncio.TaskGroup() as group:
            group.create_task(child(), name="child")

    with Left(parent=parent()) as trace:
        assert trace.cut_short == ""


def test_a_program_that_ends_is_not_told_of():
    async def main():
        lock = asyncio.Lock()

        async def work():
            async with lock:
                await asyncio.sleep(0)

        await asyncio.gather(*(work() for _ in range(5)))

    with record() as trace:
        asyncio.run(main())
    assert (trace.cut_short, trace.notes) == ("", ())
