"""What became of each task: how it ended, who started it, and who woke it, in whatever it ran."""

import asyncio
import gc
import os
import subprocess
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.pool import ThreadPool

import pytest
from lanes import BLOCK, without_block

from taketurns import EventLoop, SimulatedClock, compute, record, simulate, task, wait, waiting
from taketurns.recording import calls, fates
from taketurns.recording.rows import Row, Thread
from taketurns.recording.worker import Log
from taketurns.suspend import callbacks, coroutines, generators


def said(trace):
    """How each task ended, in words."""
    trace = without_block(trace)
    return {name: str(trace.outcome(name)) for name in trace.tasks}


def wakers(trace, name):
    return [span.waker for span in trace.lane(name) if span.waker]


def fine(page="a"):
    return page


def broken(page="a"):
    raise LookupError(f"no {page}\nat all")


def leave():
    raise SystemExit(3)


class MuteError(Exception):
    def __str__(self):
        raise OSError("not this way")


def mute():
    raise MuteError


PROGRAMS = {
    fine: "returned",
    broken: "raised LookupError: no a",
    leave: "raised SystemExit: 3",
    mute: "raised MuteError",
}
every_program = pytest.mark.parametrize(("program", "how"), PROGRAMS.items())


# Pools and threads


@every_program
def test_a_call_that_a_pool_runs(program, how):
    with record() as trace, ThreadPoolExecutor(1) as pool, suppress(BaseException):
        pool.submit(program).result()
    assert [how] == [*said(trace).values()]


@pytest.mark.parametrize(("program", "how"), [(fine, "returned"), (broken, "raised LookupError: no a")])
def test_a_call_that_a_pool_of_multiprocessing_runs(program, how):
    with record() as trace, ThreadPool(1) as pool, suppress(Exception):
        pool.apply(program)
    assert [how] == [*said(trace).values()]


def test_a_call_that_was_canceled_before_it_began_has_no_lane_or_is_canceled():
    begun, go_on = threading.Event(), threading.Event()

    def hold():
        begun.set()
        go_on.wait()

    with record() as trace, ThreadPoolExecutor(1) as pool:
        pool.submit(hold)
        begun.wait()
        pool.submit(fine).cancel()
        go_on.set()
    ended = said(trace)
    assert ended.pop("hold()") == "returned"
    assert ended in ({}, {"fine()": "canceled"})


@every_program
def test_a_thread_and_its_hook_sees_what_it_saw_before(program, how, monkeypatch):
    def heard(args):
        frames, traceback = [], args.exc_traceback
        while traceback is not None:
            frames.append(traceback.tb_frame.f_code.co_name)
            traceback = traceback.tb_next
        seen.append((args.exc_type, args.thread.name, frames))

    def start():
        thread = threading.Thread(target=program, name="one")
        hook = thread._invoke_excepthook
        thread.start()
        thread.join()
        assert thread._invoke_excepthook is hook

    monkeypatch.setattr(threading, "excepthook", heard)
    seen = []
    start()
    plain = seen.copy()
    seen.clear()
    with record() as trace:
        start()
    assert said(trace)["one"] == how
    assert seen == plain


@every_program
def test_a_decorated_function(program, how):
    with record() as trace, suppress(BaseException):
        task(name="one")(program)()
    assert said(trace) == {"one": how}


def test_a_decorated_function_in_a_pool_is_started_by_who_submitted_it():
    @task
    def shop(pool):
        pool.submit(task(name="order")(fine)).result()
        pool.submit(fine).result()
        pool.submit(wait, 0).result()

    with record() as trace, ThreadPoolExecutor(1) as pool:
        shop(pool)
        pool.submit(task(name="last")(fine)).result()
    trace = without_block(trace)
    assert {name: trace.parent(name) for name in trace.tasks} == {
        "shop": "",
        "order": "shop",
        "fine()": "shop",
        "wait(0)": "shop",
        "last": "",
    }


def test_a_pool_of_multiprocessing_knows_who_handed_the_call_over():
    @task
    def shop(pool):
        pool.apply(fine)

    with record() as trace, ThreadPool(1) as pool:
        shop(pool)
    assert trace.parent("fine()") == "shop"


def test_a_thread_is_started_by_the_thread_that_starts_it():
    def in_a_thread(name, target):
        thread = threading.Thread(name=name, target=target)
        thread.start()
        thread.join()

    with record() as trace:
        in_a_thread("one", lambda: in_a_thread("two", lambda: in_a_thread("three", task(name="four")(fine))))
    trace = without_block(trace)
    assert {name: trace.parent(name) for name in trace.tasks} == {"one": "", "two": "one", "four": "two"}


def test_a_thread_that_cannot_be_started_leaves_nothing(monkeypatch):
    def refuse(*args, **options):
        raise RuntimeError("can't start new thread")

    for name in ("_start_new_thread", "_start_joinable_thread"):
        monkeypatch.setattr(threading, name, refuse, raising=False)

    @task
    def shop():
        from taketurns.recording import recorder

        with pytest.raises(RuntimeError, match="new thread"):
            threading.Thread(target=fine).start()
        assert recorder.on.starters == {}

    with record():
        shop()


def test_what_is_at_work_when_the_block_ends_has_not_ended():
    begun, go_on = threading.Event(), threading.Event()

    def hold():
        begun.set()
        go_on.wait()

    before = threading.Thread(target=hold, name="before")
    before.start()
    begun.wait()
    begun.clear()
    thread = threading.Thread(target=hold, name="inside")
    with record() as trace:
        thread.start()
        begun.wait()
    go_on.set()
    for one in before, thread:
        one.join()
    assert said(trace)["inside"] == "not ended"


# Calls of the block


@pytest.fixture
def free(monkeypatch):
    """What it costs to tell calls apart is no matter."""
    monkeypatch.setattr(calls, "FREE_NS", 10**9)


@pytest.mark.usefixtures("free")
@every_program
def test_a_call_of_the_block_that_an_exception_leaves(program, how):
    with suppress(BaseException), record() as trace:
        fine("before")
        program()
    [first, last] = said(trace).items()
    assert first == ("fine('before')", "returned")
    assert last == (without_block(trace).tasks[-1], how)


@pytest.mark.usefixtures("free")
def test_a_call_of_the_block_whose_exception_the_block_catches():
    caught = []
    with record() as trace:
        for page in "ab":
            try:
                broken(page)
            except LookupError as error:
                caught.append(str(error))
        with suppress(LookupError):
            broken("c")
        fine("d")
    assert said(trace) == {
        "broken('a')": "raised LookupError: no a",
        "broken('b')": "raised LookupError: no b",
        "broken('c')": "raised LookupError: no c",
        "fine('d')": "returned",
    }


@pytest.mark.usefixtures("free")
def test_what_a_call_returns_and_catches_is_no_matter():
    def nothing():
        pass

    def catches():
        with suppress(LookupError):
            broken()

    with record() as trace:
        nothing(), catches(), [fine(page) for page in "a"], [*map(fine, "b")]
    assert {*said(trace).values()} == {"returned"}
    assert len(said(trace)) == 4


@pytest.mark.usefixtures("free")
def test_the_error_of_another_call_is_not_that_of_this_one():
    with record() as trace:
        for call in (broken, fine, leave):
            with suppress(LookupError, SystemExit):
                call()
    known = sys.version_info >= (3, 12)  # before, nobody sees how a call ends that the block suppresses like this
    assert said(trace) == {
        "broken('a')": "raised LookupError: no a" if known else "None",
        "fine('a')": "returned",
        "leave()": "raised SystemExit: 3" if known else "None",
    }


def test_the_block_itself_ends_as_it_is_left():
    with record() as trace:
        compute(0.02)
        wait(0.02)
    others = {name: how for name, how in said(trace).items() if how != "returned"}
    assert others == {}
    with pytest.raises(MuteError), record() as trace:
        sum(range(2_000_000))
        raise MuteError
    assert trace.cut_short == "MuteError"
    assert [trace.outcome(name).what for name in trace.tasks if name == BLOCK] in ([], ["MuteError"])


def test_a_function_that_starts_tasks_and_has_no_lane_passes_them_on():
    @task
    def shop():
        def hand_out():
            with ThreadPoolExecutor(1) as pool:
                pool.submit(fine).result()

        thread = threading.Thread(target=hand_out)
        thread.start()
        thread.join()

    mine = Log()
    first, second, third = map(mine.number, ("shop", "hand_out()", "fine()"))
    mine.parents |= {second: first, third: second}
    here = os.getpid()
    assert fates.parents(mine, {(here, first): "shop", (here, third): "fine()"}) == {"fine()": "shop"}
    assert fates.parents(mine, {(here, third): "fine()"}) == {}


# Generators and coroutines


@task
def steps(error=None):
    yield 1
    if error is not None:
        raise error
    yield 2


def test_a_generator_returns_raises_or_is_closed():
    with record() as trace:
        [*steps()]
    assert said(trace) == {"steps": "returned"}
    with record() as trace, suppress(LookupError):
        [*steps(LookupError("page"))]
    assert said(trace) == {"steps": "raised LookupError: page"}
    with record() as trace:
        half = steps()
        next(half)
        half.close()
    assert said(trace) == {"steps": "canceled"}
    with record() as trace:
        half = steps()
        next(half)
        with pytest.raises(KeyError):
            half.throw(KeyError("a"))
        half.close()
    assert said(trace) == {"steps": "raised KeyError: 'a'"}


@pytest.mark.parametrize("stand_in", [compute, wait])
def test_a_stand_in_returns(stand_in):
    with record() as trace, ThreadPoolExecutor(1) as pool:
        stand_in(0.001)
        pool.submit(stand_in, 0.001).result()
    assert {*said(trace).values()} == {"returned"}


def test_waiting_ends_as_its_block_does():
    with record() as trace:
        with waiting("a reply"):
            pass
        with suppress(TimeoutError), waiting("a reply"):
            raise TimeoutError("no reply")
    assert [*said(trace).values()] == ["returned", "raised TimeoutError: no reply"]


# asyncio


async def child(happened, number):
    await happened.wait()
    if number == 1:
        raise ValueError("no such page")


async def for_ever():
    await asyncio.Event().wait()


async def family():
    happened = asyncio.Event()
    children = [asyncio.create_task(child(happened, number), name=f"child {number}") for number in range(3)]
    stopped, early = (asyncio.create_task(for_ever(), name=name) for name in ("stopped", "early"))
    early.cancel()
    await asyncio.sleep(0.001)
    happened.set()
    await asyncio.gather(*children, return_exceptions=True)
    stopped.cancel()
    with suppress(asyncio.CancelledError):
        await stopped


def of_family(trace):
    trace = without_block(trace)
    return {name: (str(trace.outcome(name)), trace.parent(name), wakers(trace, name)) for name in trace.tasks}


FAMILY = {
    "family": ("returned", "", ["child 2", "stopped"]),  # the timer woke it, too, and that is nobody
    "child 0": ("returned", "family", ["family"]),
    "child 1": ("raised ValueError: no such page", "family", ["family"]),
    "child 2": ("returned", "family", ["family"]),
    "stopped": ("canceled", "family", ["family"]),
    "early": ("canceled", "family", []),
}


def test_asyncio_tasks_in_real_time():
    with record() as trace:
        asyncio.run(family())
    assert of_family(trace) == FAMILY


def test_asyncio_tasks_in_simulated_time():
    assert of_family(simulate(family())) == FAMILY


def test_asyncio_tasks_beneath_a_function_of_the_block():
    def run():
        asyncio.run(family())

    with record() as trace:
        run()
    ended = {name: how for name, how in of_family(trace).items() if name != "test_asyncio.run()"}
    assert {name: ended[name] for name in FAMILY if name != "family"} == {
        name: how for name, how in FAMILY.items() if name != "family"
    }
    assert ended["family"][2] == ["child 2", "stopped"]


def test_who_looks_at_the_exception_of_a_task_is_not_we():
    async def program():
        lost = asyncio.create_task(child(happened, 1))
        happened.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert lost.done()
        del lost
        gc.collect()

    complaints = []

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context["message"]))
        await program()

    happened = asyncio.Event()
    with record() as trace:
        asyncio.run(main())
    assert complaints == ["Task exception was never retrieved"]
    assert "raised ValueError: no such page" in said(trace).values()


def test_a_task_group_is_woken_by_the_last_of_its_tasks():
    async def main():
        async with asyncio.TaskGroup() as group:
            for name in "ab":
                group.create_task(asyncio.sleep(0.001), name=name)

    with record() as trace:
        asyncio.run(main())
    assert wakers(trace, "main") in (["a"], ["b"])
    assert [trace.parent(name) for name in "ab"] == ["main"] * 2


def test_a_queue_passes_the_turn_on_and_a_thread_wakes_nobody_that_is_seen():
    async def main():
        queue = asyncio.Queue()
        consumer = asyncio.create_task(queue.get(), name="consumer")
        await asyncio.sleep(0)
        await asyncio.to_thread(fine, "in a thread")
        queue.put_nowait(1)
        await consumer

    with record() as trace:
        asyncio.run(main())
    assert wakers(trace, "consumer") == ["main"]
    assert wakers(trace, "main") == ["consumer"]
    assert trace.parent("fine('in a thread')") == "main"


def test_what_an_io_callback_starts_has_no_parent():
    async def main():
        done = asyncio.Event()
        asyncio.get_running_loop().call_later(0.001, lambda: kept.append(asyncio.ensure_future(set_it(done))))
        await done.wait()
        await asyncio.gather(*kept)

    async def set_it(done):
        done.set()

    @task
    def run():
        asyncio.run(main())

    kept = []
    with record() as trace:
        run()
    assert trace.parent("main") == "run"
    assert trace.parent("set_it(Event)") == ""


def test_a_task_from_before_the_block_has_no_parent_and_its_first_waker_is_not_guessed():
    async def main():
        happened = asyncio.Event()
        old = asyncio.create_task(happened.wait(), name="old")
        new = asyncio.create_task(happened.wait(), name="new")
        await asyncio.sleep(0)
        with record() as trace:
            setter = asyncio.create_task(set_it(happened), name="setter")
            await asyncio.gather(old, new, setter)
        return trace

    async def set_it(happened):
        happened.set()

    trace = asyncio.run(main())
    assert {name: trace.parent(name) for name in ("old", "new", "setter")} == dict.fromkeys(
        ("old", "new", "setter"), ""
    )
    assert str(trace.outcome("old")) == "returned"


def test_a_step_inside_of_a_task_is_woken_by_who_completes_its_future():
    @task
    async def inner(future):
        await future

    async def main():
        future = asyncio.get_running_loop().create_future()
        outer = asyncio.create_task(calls_inner(future), name="outer")
        await asyncio.sleep(0)
        future.set_result(1)
        await outer

    async def calls_inner(future):
        await inner(future)

    trace = simulate(main())
    assert wakers(trace, "inner") == ["main"]
    assert trace.parent("inner") == "outer"


# Greenlets


def test_greenlets():
    library = pytest.importorskip("greenlet")

    def boom():
        main_of_boom = library.getcurrent().parent
        main_of_boom.switch()
        raise ValueError("x")

    def killed():
        library.getcurrent().parent.switch()

    def parent():
        one, two = library.greenlet(boom), library.greenlet(killed)
        one.switch()
        with suppress(ValueError):
            one.switch()
        two.switch()
        two.throw()

    with record() as trace:
        library.greenlet(parent).switch()
    assert said(trace) == {"parent": "returned", "boom": "raised", "killed": "canceled"}
    assert [trace.parent(name) for name in ("parent", "boom", "killed")] == ["", "parent", "parent"]
    assert {*wakers(trace, "parent")} == {"boom", "killed"}
    assert {*wakers(trace, "boom")} == {"parent"}


# Our own loops


def kid(how):
    yield how.sleep(3)
    raise ValueError("burnt")


def breakfast(how):
    child = how.start(kid, how)
    yield how.sleep(1)
    with suppress(ValueError):
        yield how.wait_for(child)


async def async_kid():
    await coroutines.sleep(3)
    raise ValueError("burnt")


async def async_breakfast():
    child = coroutines.start(async_kid, name="kid")
    await coroutines.sleep(1)
    with suppress(ValueError):
        await coroutines.wait_for(child)


def cook_kid():
    callbacks.sleep(3, broken)


def cook():
    child = callbacks.start(cook_kid, name="kid")
    callbacks.wait_for(child, fine)


@pytest.mark.parametrize(
    ("run", "function", "args"),
    [(generators.run, breakfast, [generators]), (coroutines.run, async_breakfast, []), (callbacks.run, cook, [])],
)
def test_tasks_of_our_own_loops(run, function, args):
    with record("breakfast", SimulatedClock()) as trace:
        run(function, *args, loop=EventLoop())
    name = function.__name__
    how = "raised LookupError: no a" if function is cook else "raised ValueError: burnt"
    assert said(trace) == {name: "returned", "kid": how}
    assert (trace.parent(name), trace.parent("kid")) == ("", name)
    assert (wakers(trace, name), wakers(trace, "kid")) == (["kid"], [])


# Children


def row(process, state, reason=""):
    return Row(0, (process, 1), "one", state, reason, Thread(process, "main"))


def test_a_child_that_is_gone_has_died_and_one_that_is_there_has_not_ended():
    if not os.path.exists("/proc/self/stat"):
        pytest.skip("who is there is known on Linux")
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    key, mine = (child.pid, 1), Log()
    assert str(fates.outcomes(mine, [row(child.pid, "RUNNING")], {key: "one"})["one"]) == "not ended"
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it is dead, and nobody has asked for its exit code
    assert str(fates.outcomes(mine, [row(child.pid, "RUNNING")], {key: "one"})["one"]) == "died"
    child.communicate()
    assert str(fates.outcomes(mine, [row(child.pid, "RUNNING")], {key: "one"})["one"]) == "died"
    said_so = [row(child.pid, None, "raised OSError"), row(child.pid, None, "canceled")]
    assert str(fates.outcomes(mine, said_so, {key: "one"})["one"]) == "raised OSError"


def test_a_child_has_the_parent_that_is_written_down_for_it():
    mine = Log()
    shop = mine.number("shop")
    mine.far_parents[7, 1] = 7, 0
    mine.far_parents[7, 0] = os.getpid(), shop
    assert fates.parents(mine, {(7, 1): "page", (os.getpid(), shop): "shop"}) == {"page": "shop"}


# What it leaves


def test_without_arguments_there_is_only_the_type():
    with suppress(LookupError), record(arguments=False) as trace:
        broken()
    assert said(trace) == {"broken": "raised LookupError"}


def test_no_error_is_kept():
    class PageError(Exception):
        pass

    def fails():
        error = PageError()
        gone.append(weakref.ref(error))
        raise error

    async def awaits():
        fails()

    gone = []
    with record():
        with suppress(PageError):
            fails()
        with suppress(PageError):
            task(fails)()
        with ThreadPoolExecutor(1) as pool, suppress(PageError):
            pool.submit(fails).result()
        with suppress(PageError):
            asyncio.run(awaits())
        gc.collect()
        assert [reference() for reference in gone] == [None] * 4


def test_a_decorated_function_is_started_by_the_one_that_calls_it():
    @task
    def first():
        second(), task(name="single")(fine)()

    @task
    def second():
        with waiting("a reply"):
            task(name="third")(fine)()

    with record() as trace:
        first()
    parents = {name: trace.parent(name) for name in ("first", "second", "third", "single")}
    assert parents == {"first": "", "second": "first", "third": "second", "single": "first"}


def test_a_task_that_is_woken_twice_by_the_same_one_is_so_at_two_spans():
    async def main():
        queue = asyncio.Queue()
        consumer = asyncio.create_task(consume(queue), name="consumer")
        for number in range(2):
            await asyncio.sleep(1)
            queue.put_nowait(number)
        await consumer

    async def consume(queue):
        for _ in range(2):
            await queue.get()

    assert wakers(simulate(main()), "consumer") == ["main", "main"]
