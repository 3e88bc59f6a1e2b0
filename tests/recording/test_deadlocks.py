"""Who holds what and who waits for whom when a block ends: threads and pools, and what must not be said."""

import linecache
import os
import queue
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hanging import MARK, hanging, interrupt_when, stood, until, waits_to_the_end

from taketurns import record, wait
from taketurns.watcher import watcher

HERE = os.path.basename(__file__)


@pytest.fixture(scope="module", autouse=True)
def kernels_view():
    """Skip where the kernel's view cannot be had, with what the trace says of that."""
    with record() as trace:
        wait(0)
    if unseen := [note for note in trace.notes if "could not be seen" in note]:
        pytest.skip(unseen[0])


def said(trace):
    """Return what the trace says of who hangs, without the places at its end."""
    assert trace.notes == ()
    return trace.cut_short.partition(f" ({HERE}")[0]


l1, l2 = threading.Lock(), threading.Lock()


def take(one, other, both):
    with one:
        both.wait()
        with other:  # hangs
            pass


def line(function, number):
    return function.__code__.co_firstlineno + number


def test_d_a_true_deadlock_is_named_and_both_wait_to_the_end():
    both = threading.Barrier(2)
    with hanging(l1, l2) as threads:
        with record("D") as trace:
            threads.start(D0=lambda: take(l1, l2, both), D1=lambda: take(l2, l1, both))
            threads.settle()
        assert trace.cut_short == f"D0 holds l1 and wants l2; D1 holds l2 and wants l1 ({HERE}, line {line(take, 3)})"
        assert trace.notes == ()
        assert waits_to_the_end(trace, "D0", "D1")
        for task in ("D0", "D1"):
            last = trace.lane(task)[-1]
            assert (last.reason, str(last.where)) == ("lock", f"other  ({HERE}, line {line(take, 3)})")


def test_a_lock_that_both_call_otherwise_has_both_names():
    a, b, both = threading.Lock(), threading.Lock(), threading.Barrier(2)
    with hanging(a, b) as threads:
        with record() as trace:
            threads.start(first=lambda: take(a, b, both), second=lambda: take(b, a, both))
            threads.settle()
        assert said(trace) == (
            "first holds one and wants other (second's one); second holds one and wants other (first's one)"
        )


def test_plain_acquire_a_closure_and_a_lock_that_was_entered_twice():
    a, b, both = threading.Lock(), threading.RLock(), threading.Barrier(2)

    def first():
        a.acquire()
        both.wait()
        b.acquire()  # hangs
        b.release()
        a.release()

    def second():
        with b, b:
            both.wait()
            with a:  # hangs
                pass

    with hanging(a) as threads:
        with record() as trace:
            threads.start(first=first, second=second)
            threads.settle()
        lines = f"lines {line(first, 3)} and {line(second, 3)}"
        assert trace.cut_short == f"first holds a and wants b; second holds b and wants a ({HERE}, {lines})"


def test_a_lock_that_was_taken_elsewhere_tells_its_owner_itself():
    a, b, both = threading.RLock(), threading.Lock(), threading.Barrier(2)

    def taken():
        a.acquire()
        return a

    def first():
        lock = taken()
        both.wait()
        with b:  # hangs
            lock.release()

    def second():
        with b:
            both.wait()
            with a:  # hangs
                pass

    with hanging(b) as threads:
        with record() as trace:
            threads.start(first=first, second=second)
            threads.settle()
        assert said(trace) == "first holds a and wants b; second holds b and wants a"


class Account:
    def __init__(self):
        self.lock = threading.Lock()

    def transfer(self, to, both):
        with self.lock:
            both.wait()
            with to.lock:  # hangs
                pass


def test_a_lock_in_an_attribute():
    one, two, both = Account(), Account(), threading.Barrier(2)
    with hanging(one.lock, two.lock) as threads:
        with record() as trace:
            threads.start(pay=lambda: one.transfer(two, both), back=lambda: two.transfer(one, both))
            threads.settle()
        assert said(trace) == (
            "pay holds self.lock and wants to.lock (back's self.lock); "
            "back holds self.lock and wants to.lock (pay's self.lock)"
        )


def test_a_lock_in_a_dict():
    locks, both = {"a": threading.Lock(), "b": threading.Lock()}, threading.Barrier(2)

    def take_both(mine, other):
        with locks[mine]:
            both.wait()
            with locks[other]:  # hangs
                pass

    with hanging(*locks.values()) as threads:
        with record() as trace:
            threads.start(first=lambda: take_both("a", "b"), second=lambda: take_both("b", "a"))
            threads.settle()
        assert said(trace) == (
            "first holds locks['a'] and wants locks['b']; second holds locks['b'] and wants locks['a']"
        )


def test_five_philosophers_are_told_of_in_short():
    forks, all_five = [threading.Lock() for _ in range(5)], threading.Barrier(5)

    def eat(seat):
        with forks[seat]:
            all_five.wait()
            with forks[(seat + 1) % 5]:  # hangs
                pass

    with hanging(*forks) as threads:
        with record() as trace:
            threads.start(**{f"p{seat}": lambda seat=seat: eat(seat) for seat in range(5)})
            threads.settle()
        assert said(trace) == (
            "p0 holds forks[0] and wants forks[1]; p1 holds forks[1] and wants forks[2]; "
            "p2 holds forks[2] and wants forks[3]; p3 holds forks[3] and wants forks[4]; and 1 more"
        )
        assert waits_to_the_end(trace, "p0", "p1", "p2", "p3", "p4")


@pytest.mark.parametrize("make", [threading.Lock, lambda: threading.Semaphore(1)])
def test_a_thread_that_waits_for_itself(make):
    gate = make()

    def enter():
        with gate, gate:  # hangs
            pass

    with hanging(gate) as threads:
        with record() as trace:
            threads.start(me=enter)
            threads.settle()
        assert said(trace) == "me holds gate and wants it again"


def test_a_thread_that_is_joined_by_who_holds_its_lock():
    a, held = threading.Lock(), threading.Event()

    def work():
        held.wait()
        with a:  # hangs
            pass

    def join(thread):
        with a:
            held.set()
            thread.join()  # hangs

    with hanging(a) as threads:
        with record() as trace:
            threads.start(work=work)
            worker = threads.threads[0]
            threads.start(boss=lambda: join(worker))
            threads.settle()
        assert said(trace) == "work wants a; boss holds a and waits for work"


def test_a_call_that_waits_for_a_call_of_its_own_full_pool():
    pool = ThreadPoolExecutor(1)
    submitted = threading.Event()

    def outer():
        inner = pool.submit(int)
        submitted.set()
        inner.result()  # the pool is made larger in the end

    with record() as trace:
        done = pool.submit(outer)
        submitted.wait()
        until(lambda: stood(*pool._threads))
    pool._max_workers = 2
    pool.submit(int)
    done.result()
    pool.shutdown()
    assert said(trace) == "outer() holds a thread of its pool and wants another"
    assert waits_to_the_end(trace, "outer()")


@pytest.mark.parametrize("takes", ["with", "before", "inside"])
def test_what_the_block_still_holds_when_it_ends(takes):
    lock = threading.Lock()

    def work():
        with lock:  # hangs
            pass

    with hanging() as threads:
        trace = {"with": in_a_with, "before": before_the_block, "inside": inside_the_block}[takes](lock, work, threads)
        lock.release()
        assert said(trace) == "work wants lock, which the block holds"
        assert waits_to_the_end(trace, "work")


def in_a_with(lock, work, threads):
    with lock, record() as trace:
        threads.start(work=work)
        threads.settle()
    lock.acquire()
    return trace


def before_the_block(lock, work, threads):
    lock.acquire()
    with record() as trace:
        threads.start(work=work)
        threads.settle()
    return trace


def inside_the_block(lock, work, threads):
    with record() as trace:
        lock.acquire()
        threads.start(work=work)
        threads.settle()
    return trace


def test_who_wants_a_lock_of_one_that_waits_for_a_queue():
    lock, pages, held = threading.Lock(), queue.Queue(), threading.Event()

    def consume():
        with lock:
            held.set()
            pages.get()  # hangs

    def work():
        held.wait()
        with lock:  # hangs
            pass

    with hanging() as threads:
        with record() as trace:
            threads.start(consumer=consume, work=work)
            threads.settle()
        pages.put(1)
        place = f"{HERE}, line {line(consume, 3)}"
        assert (
            trace.cut_short
            == f"work wants lock, which consumer holds; consumer waits for a queue: pages.get() ({place})"
        )


def test_a_circle_is_told_of_where_the_kernel_shows_nothing(monkeypatch):
    monkeypatch.setattr(watcher.Watcher, "_missing", lambda watcher: "it is not shown here")
    both, entered = threading.Barrier(2), threading.Barrier(3)

    def take_after(one, other):
        with one:
            both.wait()
            entered.wait()
            with other:  # hangs
                pass

    def at_the_line(thread):
        frame = sys._current_frames()[thread.ident]
        return frame.f_code.co_name == "take_after" and MARK in linecache.getline(__file__, frame.f_lineno)

    with hanging(l1, l2) as threads:
        with record() as trace:
            threads.start(first=lambda: take_after(l1, l2), second=lambda: take_after(l2, l1))
            entered.wait()
            until(lambda: all(map(at_the_line, threads.threads)))
        assert "it is not shown here" in trace.notes[0]
        assert trace.cut_short.startswith("first holds l1 and wants l2; second holds l2 and wants l1")


# What ends by an interrupt


def test_a_circle_that_the_block_is_in_ends_by_an_interrupt():
    a, b, both = threading.Lock(), threading.Lock(), threading.Barrier(2)

    def work():
        with b:
            both.wait()
            with a:  # hangs
                pass

    with hanging(a, b) as threads:
        with pytest.raises(KeyboardInterrupt), record() as trace:
            threads.start(work=work)
            with a:
                both.wait()
                rescue = interrupt_when(lambda: stood(threading.main_thread(), *threads.threads))
                with b:
                    pass
        rescue.join()
    assert said(trace) == "KeyboardInterrupt; the block holds a and wants b; work holds b and wants a"


def test_a_block_that_waits_for_a_consumer_of_nothing():
    pages = queue.Queue()

    def consume():
        pages.get()  # hangs

    with hanging() as threads:
        with pytest.raises(KeyboardInterrupt), record() as trace:
            threads.start(consumer=consume)
            rescue = interrupt_when(lambda: stood(threading.main_thread(), *threads.threads))
            threads.threads[0].join()
        pages.put(1)
        rescue.join()
    place = f"{HERE}, line {line(consume, 1)}"
    assert trace.cut_short == (
        f"KeyboardInterrupt; the block waits for consumer; consumer waits for a queue: pages.get() ({place})"
    )


# What is no accident


def test_an_idle_consumer_is_noted_and_nothing_was_cut_short():
    pages = queue.Queue()

    def consume():
        while pages.get() is None:  # hangs
            pass

    with hanging() as threads:
        with record() as trace:
            threads.start(**{"consumer 0": consume})
            threads.settle()
        pages.put(1)
        assert trace.cut_short == ""
        place = f"{HERE}, line {line(consume, 1)}"
        assert trace.notes == (f"When the block ended, consumer 0 still waited for a queue: pages.get() ({place}).",)
        assert waits_to_the_end(trace, "consumer 0")


def test_who_waits_for_a_condition_has_given_its_lock_back():
    ready = threading.Condition()

    def work():
        with ready:
            ready.wait()  # hangs

    with hanging() as threads:
        with record() as trace:
            threads.start(w1=work, w2=work)
            threads.settle()
        with ready:
            ready.notify_all()
        assert trace.cut_short == ""
        assert "w1 still waited for a condition: ready.wait()" in trace.notes[0]
        assert "w2 still waited for a condition: ready.wait()" in trace.notes[0]


def test_semaphores_that_others_release_are_signals_and_nobody_holds_them():
    a, b = threading.Semaphore(1), threading.Semaphore(1)
    both = threading.Barrier(2)

    def take_two(one, other):
        one.acquire()
        both.wait()
        other.acquire()  # hangs

    with hanging(a, b) as threads:
        with record() as trace:
            threads.start(first=lambda: take_two(a, b), second=lambda: take_two(b, a))
            threads.settle()
        assert trace.cut_short == ""
        assert "first still waited for a semaphore: other.acquire()" in trace.notes[0]


def test_a_lock_by_which_another_thread_signals_is_not_held_by_who_waits_for_it():
    done = threading.Lock()

    def work():
        done.acquire()
        done.acquire()  # hangs

    with hanging(done) as threads:
        with record() as trace:
            threads.start(work=work)
            threads.settle()
        assert trace.cut_short == ""
        assert "work still waited for a lock: done.acquire()" in trace.notes[0]


def test_a_greenlet_that_nobody_goes_on_with_waits_to_the_end():
    greenlet = pytest.importorskip("greenlet")
    main = greenlet.getcurrent()

    def work():
        main.switch()

    with record() as trace:
        left = greenlet.greenlet(work)
        left.switch()
    assert waits_to_the_end(trace, "work")
    assert (trace.cut_short, trace.notes) == ("", ())
    left.switch()


def test_who_waits_with_a_timeout_is_in_no_circle():
    both = threading.Barrier(2)

    def take_in_time(one, other):
        with one:
            both.wait()
            if other.acquire(timeout=60):  # hangs
                other.release()

    with hanging(l1, l2) as threads:
        with record() as trace:
            threads.start(first=lambda: take_in_time(l1, l2), second=lambda: take(l2, l1, both))
            threads.settle()
        assert (trace.cut_short, trace.notes) == ("", ())
        assert waits_to_the_end(trace, "first", "second")


def test_who_wants_a_lock_of_one_that_waits_with_a_timeout_does_not_hang():
    lock, pages, held = threading.Lock(), queue.Queue(), threading.Event()

    def consume():
        with lock:
            held.set()
            pages.get(timeout=60)  # hangs

    def work():
        held.wait()
        with lock:  # hangs
            pass

    with hanging() as threads:
        with record() as trace:
            threads.start(consumer=consume, work=work)
            threads.settle()
        pages.put(1)
        place = f"{HERE}, line {line(consume, 3)}"
        assert trace.cut_short == ""
        assert trace.notes == (
            f"When the block ended, consumer still waited for a queue: pages.get(timeout=60) ({place}).",
        )


def test_a_lock_that_is_only_busy_is_not_told_of():
    lock, held = threading.Lock(), threading.Event()
    theirs, mine = os.pipe()

    def hold():
        with lock:
            held.set()
            os.read(theirs, 1)  # hangs

    def work():
        held.wait()
        with lock:  # hangs
            pass

    with hanging() as threads:
        with record() as trace:
            threads.start(holder=hold, work=work)
            threads.settle()
        os.write(mine, b"x")
    os.close(theirs)
    os.close(mine)
    assert (trace.cut_short, trace.notes) == ("", ())
    assert waits_to_the_end(trace, "holder", "work")


def test_a_program_that_ends_is_not_told_of():
    a, b = threading.Lock(), threading.Lock()

    def work():
        for _ in range(100):
            with a, b:
                pass

    with record() as trace, ThreadPoolExecutor(4) as pool:
        for _ in range(4):
            pool.submit(work)
    assert (trace.cut_short, trace.notes) == ("", ())


def test_a_deadlock_of_an_earlier_block_is_not_that_of_a_later_one():
    both = threading.Barrier(2)
    with hanging(l1, l2) as threads:
        with record() as first:
            threads.start(D0=lambda: take(l1, l2, both), D1=lambda: take(l2, l1, both))
            threads.settle()
        with record() as second:
            wait(0)
        assert said(first) == "D0 holds l1 and wants l2; D1 holds l2 and wants l1"
        assert (second.cut_short, second.notes) == ("", ())
