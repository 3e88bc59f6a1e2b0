"""Circles and chains in words, whoever reports them: of this process or another."""

from taketurns.recording.hanging import Waiter, deadlocks, hangs, idles
from taketurns.trace.spans import Where
from taketurns.watcher.locks import Named


def lock(name, text=None, process=1):
    return Named(("lock", process, name), name if text is None else text)


def waiter(task, wants="", holds="", **more):
    return Waiter(task, tuple(map(lock, wants.split())), tuple(map(lock, holds.split())), **more)


def thread(number, text=""):
    return Named(("thread", 1, number), text)


def test_two_in_a_circle_and_the_places_where_they_wait():
    pair = [waiter("first", "b", "a"), waiter("second", "a", "b")]
    assert deadlocks(pair) == "first holds a and wants b; second holds b and wants a"
    placed = [one._replace(where=Where("In [3]", line, "x")) for one, line in zip(pair, (9, 4), strict=True)]
    assert deadlocks(placed) == "first holds a and wants b; second holds b and wants a (In [3], lines 4 and 9)"
    apart = [placed[0], pair[1]._replace(where=Where("b.py", 1, "x"))]
    assert deadlocks(apart) == "first holds a and wants b; second holds b and wants a"


def test_no_circle_is_none():
    assert deadlocks([]) == ""
    assert deadlocks([waiter("first", "b", "a"), waiter("second", "", "b")]) == ""
    assert deadlocks([waiter("first", "b", "a"), waiter("second", "c", "b"), waiter("third", "", "c")]) == ""
    assert deadlocks([waiter("first", "nobody's", "a"), waiter("second", "a")]) == ""


def test_who_waits_behind_a_circle():
    three = [waiter("third", "a"), waiter("first", "b", "a"), waiter("second", "a", "b")]
    assert deadlocks(three) == "first holds a and wants b; second holds b and wants a; third wants a, which first holds"


def test_two_circles():
    four = [waiter("p", "b", "a"), waiter("r", "d", "c"), waiter("q", "a", "b"), waiter("s", "c", "d")]
    assert deadlocks(four) == (
        "p holds a and wants b; q holds b and wants a; r holds c and wants d; s holds d and wants c"
    )


def test_many_are_told_of_in_short():
    names = [f"f{number}" for number in range(16)]
    many = [waiter(f"p{n}", names[(n + 1) % 16], names[n]) for n in range(16)]
    assert deadlocks(many).startswith("p0 holds f0 and wants f1; p1 holds")
    assert deadlocks(many).endswith("p3 holds f3 and wants f4; and 12 more")


def test_a_semaphore_hangs_only_where_all_who_are_inside_do():
    s = Named(("semaphore", 1, 7), "s")
    first, second = Waiter("first", (s,), (lock("a"), s)), Waiter("second", (lock("a"),), (s,))
    assert deadlocks([first, second]) == "first holds s and wants it again; second wants a, which first holds"
    assert deadlocks([first, second, Waiter("third", (), (s,))]) == ""


def test_who_waits_for_a_task():
    boss, work = Waiter("boss", (thread(2),), (lock("a"), thread(1))), Waiter("work", (lock("a"),), (thread(2),))
    assert deadlocks([boss, work]) == "boss holds a and waits for work; work wants a"


def test_a_lock_that_tells_its_owner():
    first = Waiter("first", (Named(("lock", 1, "b"), "b", owner=2),), (lock("a"), thread(1)))
    second = Waiter("second", (Named(("lock", 1, "a"), "a", owner=1),), (thread(2),))
    assert deadlocks([first, second]) == "first holds a and wants b; second holds b and wants a"


def test_processes_that_wait_for_each_other():
    def shared(name):
        return Named(("lock of processes", f"/mp-{name}"), name)

    one, two = Waiter("one", (shared("b"),), (shared("a"),)), Waiter("two", (shared("a"),), (shared("b"),))
    assert deadlocks([one, two]) == "one holds a and wants b; two holds b and wants a"
    assert deadlocks([waiter("one", "b", "a"), Waiter("two", (lock("a", process=2),), (lock("b", process=2),))]) == ""


def test_a_chain_that_ends_at_who_waits_for_nobody_here():
    place = Where("In [3]", 4, "q.get()")
    idle, wants = waiter("consumer", "", "a", waits_for="queue", where=place), waiter("work", "a", is_long=True)
    assert (
        hangs([wants, idle])
        == "work wants a, which consumer holds; consumer waits for a queue: q.get() (In [3], line 4)"
    )
    assert hangs([wants, idle._replace(waits_for="")]) == ""
    assert hangs([wants._replace(is_long=False), idle]) == ""
    assert hangs([wants, idle._replace(waits_for="", task="the block")], ended={"the block"}) == (
        "work wants a, which the block holds"
    )


def test_who_is_idle():
    event = waiter("a", waits_for="event", where=Where("x.py", 1, "e.wait()"))
    assert idles([event, waiter("b", waits_for="queue"), waiter("c")]) == (
        "a waits for an event: e.wait() (x.py, line 1); b waits for a queue"
    )
    busy = waiter("work", "a", waits_for="lock")
    assert idles([busy], "still waits") == "work still waits for a lock"
    assert idles([busy, waiter("holder", "", "a")]) == ""


def test_a_wait_with_a_timeout_is_in_no_circle_and_hangs_nobody():
    pair = [waiter("first", "b", "a"), waiter("second", "a", "b")]
    assert deadlocks(pair)
    assert deadlocks([pair[0]._replace(has_timeout=True), pair[1]]) == ""
    idle, wants = waiter("consumer", "", "a", waits_for="queue"), waiter("work", "a")
    assert hangs([wants, idle])
    assert hangs([wants, idle._replace(has_timeout=True)]) == ""
    assert hangs([wants._replace(has_timeout=True), idle]) == ""
    assert idles([idle._replace(has_timeout=True)]) == "consumer waits for a queue"
