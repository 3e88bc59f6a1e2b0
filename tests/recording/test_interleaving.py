"""Threads take their turns in the order of the script, and where they cannot, they end all the same."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taketurns import Interleaving, record, task
from taketurns.trace.spans import State

SHORT = 0.01


def run(*threads: Callable[[], object]) -> list[Future[object]]:
    """Run each function in a thread of its own, until all have ended."""
    with ThreadPoolExecutor(len(threads)) as pool:
        return [pool.submit(thread) for thread in threads]


def takes(script: Interleaving, names: list[str], done: list[str]) -> Callable[[], None]:
    """Return a thread that takes turns of these names, and writes down each of them."""

    def thread() -> None:
        for name in names:
            with script.turn(name):
                done.append(name)

    return thread


@st.composite
def merges(draw: st.DrawFn) -> list[int]:
    """The numbers of one to four threads, each as often as it has steps, in any order."""
    steps = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    return draw(st.permutations([thread for thread, count in enumerate(steps) for _ in range(count)]))


@given(merges())
def test_every_merge_of_the_steps_of_threads_runs_as_it_is_written(merge: list[int]) -> None:
    seen: Counter[int] = Counter()
    turns = []
    for thread in merge:
        turns.append(f"{thread} does {seen[thread]}")
        seen[thread] += 1
    script, done = Interleaving(*turns), []
    run(*[takes(script, [name for name in turns if name.startswith(f"{thread} ")], done) for thread in seen])
    assert done == turns
    assert script.skipped == ()


@given(merges())
def test_a_name_may_stand_in_the_script_many_times(merge: list[int]) -> None:
    turns = [str(thread) for thread in merge]
    script, done = Interleaving(*turns), []
    run(*[takes(script, [name] * count, done) for name, count in Counter(turns).items()])
    assert done == turns


def test_a_block_runs_alone() -> None:
    turns = [f"{thread}{step}" for step in range(5) for thread in "abc"]
    script, inside, most = Interleaving(*turns), threading.Semaphore(1), []

    def thread(name: str) -> None:
        for step in range(5):
            with script.turn(f"{name}{step}"):
                most.append(inside.acquire(blocking=False))
                inside.release()

    run(lambda: thread("c"), lambda: thread("b"), lambda: thread("a"))
    assert most == [True] * 15


def test_a_turn_that_nobody_takes_is_skipped() -> None:
    script, done = Interleaving("a", "nobody", "b", patience=SHORT), []
    run(takes(script, ["b"], done), takes(script, ["a"], done))
    assert done == ["a", "b"]
    assert script.skipped == ("nobody",)


def test_turns_at_the_end_that_nobody_takes_are_skipped_too() -> None:
    script, done = Interleaving("a", "nobody", "nor here", patience=SHORT), []
    run(takes(script, ["a"], done))
    assert script.skipped == ("nobody", "nor here")


def test_who_comes_late_takes_the_turn_at_once() -> None:
    script, done, late = Interleaving("a", "b", "c", "d", patience=SHORT), [], threading.Event()

    def comes_late() -> None:
        late.wait()
        takes(script, ["a", "d"], done)()

    def first() -> None:
        takes(script, ["b"], done)()
        late.set()
        takes(script, ["c"], done)()

    # c may come before or after the late a, but d only after c.
    run(comes_late, first)
    assert done[0] == "b"
    assert done.index("c") < done.index("d")
    assert script.skipped == ("a",)


def test_a_lock_that_stands_in_the_way_shows_in_what_is_skipped() -> None:
    script, done, lock = (
        Interleaving("a reads", "b reads", "a writes", "b writes", patience=SHORT),
        [],
        threading.Lock(),
    )
    a_is_in = threading.Event()

    def a() -> None:
        with lock:
            a_is_in.set()
            takes(script, ["a reads", "a writes"], done)()

    def b() -> None:
        a_is_in.wait()
        with lock:
            takes(script, ["b reads", "b writes"], done)()

    run(a, b)
    assert done == ["a reads", "a writes", "b reads", "b writes"]
    assert "b reads" in script.skipped


def test_the_script_goes_on_without_a_block_that_does_not_end() -> None:
    script, over = Interleaving("a", "b", patience=SHORT), threading.Event()

    def a() -> None:
        with script.turn("a"):
            over.wait()

    def b() -> None:
        with script.turn("b"):
            over.set()

    run(a, b)
    assert script.skipped == ("a",)


def test_an_exception_in_a_block_hands_over() -> None:
    script, done = Interleaving("a", "b"), []

    def a() -> None:
        with script.turn("a"):
            raise KeyboardInterrupt

    failed, _ = run(a, takes(script, ["b"], done))
    assert isinstance(failed.exception(), KeyboardInterrupt)
    assert done == ["b"]
    assert script.skipped == ()


def test_who_is_interrupted_while_it_waits_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    script, done = Interleaving("a", "b", "c", patience=SHORT), []

    def interrupt(timeout: float) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(script._changed, "wait", interrupt)
        with pytest.raises(KeyboardInterrupt):
            takes(script, ["b"], done)()
    takes(script, ["a"], done)()
    takes(script, ["c"], done)()
    assert done == ["a", "c"]
    assert script.skipped == ("b",)


def test_a_turn_that_the_script_does_not_hold_names_those_that_it_does() -> None:
    with pytest.raises(ValueError, match="no turn 'A wirtes'; its turns are 'A reads', 'A writes'"):
        takes(Interleaving("A reads", "A writes"), ["A wirtes"], [])()


def test_a_script_is_for_one_run() -> None:
    script = Interleaving("a", "b")
    takes(script, ["a", "b"], [])()
    with pytest.raises(ValueError, match="'a' has been taken; for another run, make a new Interleaving"):
        takes(script, ["a"], [])()


@pytest.mark.parametrize("patience", [0, -1, float("inf"), float("nan"), "long"])
def test_patience_is_a_time_that_ends(patience: float) -> None:
    with pytest.raises(ValueError, match="patience is a number of seconds above 0"):
        Interleaving("a", patience=patience)


def test_turns_are_names() -> None:
    with pytest.raises(TypeError, match="takes names"):
        Interleaving(["a", "b"])  # type: ignore[arg-type]


def test_the_recording_shows_who_waited_for_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    script, b_waits = Interleaving("a", "b"), threading.Event()
    wait = script._changed.wait

    def waits(timeout: float) -> bool:
        b_waits.set()
        return wait(timeout)

    monkeypatch.setattr(script._changed, "wait", waits)
    b = task(name="b")(takes(script, ["b"], []))
    with record() as trace, ThreadPoolExecutor(1) as pool:
        pool.submit(b)
        b_waits.wait()
        takes(script, ["a"], [])()
    assert [span.reason for span in trace.lane("b") if span.state is State.WAITING] == ["the script"]


def test_it_shows_its_turns() -> None:
    assert repr(Interleaving("a", "b")) == "<Interleaving: a → b>"
