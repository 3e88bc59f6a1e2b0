"""A chunk of work is measured once, and its time is the same everywhere from then on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, cycle
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taketurns.recording import chunks as work
from taketurns.recording.chunks import VARIABLE, adopt_chunk_ns, chunk_ns, chunks, without_marks

SOURCE = str(Path(work.__file__).parents[2])


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put back what a test adopts."""
    monkeypatch.setattr(work, "_known", work._known)
    # setenv first: only what monkeypatch changed itself does it put back.
    monkeypatch.setenv(VARIABLE, "0")


@pytest.fixture
def _unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has been measured yet."""
    monkeypatch.setattr(work, "_known", 0.0)
    monkeypatch.delenv(VARIABLE)


@pytest.mark.usefixtures("_unknown")
def test_a_chunk_takes_time_and_always_the_same() -> None:
    first = chunk_ns()
    assert first > 0
    assert chunk_ns() == first
    assert float(os.environ[VARIABLE]) == first


@pytest.mark.usefixtures("_unknown")
def test_a_chunk_is_measured_once_also_by_many_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    times: list[int] = []

    def timed() -> int:
        times.append(50_000 + len(times))
        return times[-1]

    monkeypatch.setattr(work, "_timed", timed)
    with ThreadPoolExecutor(4) as pool:
        results = {future.result() for future in [pool.submit(chunk_ns) for _ in range(8)]}
    assert len(results) == 1
    measured = len(times)
    assert results == {float(sorted(times)[measured // 10])}
    chunk_ns()
    assert len(times) == measured


@pytest.mark.usefixtures("_unknown")
def test_the_measure_is_what_a_chunk_takes_when_nothing_else_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    # Three of four chunks are held up by something, and the first seems short by a freak of the clock.
    now, lengths = 0, chain([1_000], cycle([500_000, 300_000, 90_000, 40_000]))

    def timed() -> int:
        nonlocal now
        length = next(lengths)
        now += length
        return length

    monkeypatch.setattr(work, "_timed", timed)
    monkeypatch.setattr(work, "time", SimpleNamespace(perf_counter_ns=lambda: now))
    assert chunk_ns() == 40_000
    assert now >= 60_000_000


@pytest.mark.usefixtures("_unknown")
def test_a_measure_that_was_adopted_is_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(work, "_timed")
    adopt_chunk_ns(12_345.5)
    assert chunk_ns() == 12_345.5
    adopt_chunk_ns(54_321.0)
    assert chunk_ns() == 54_321.0


def test_a_child_takes_over_the_measure_of_its_parent() -> None:
    adopt_chunk_ns(98_765.432109876)
    source = "from taketurns.recording import chunks as work; print(repr(work.chunk_ns()), work.chunks(1))"
    child = subprocess.run(
        [sys.executable, "-c", source],
        env={**os.environ, "PYTHONPATH": SOURCE},
        capture_output=True,
        text=True,
        check=True,
    )
    assert child.stdout.split() == ["98765.432109876", "10125"]


def test_no_work_is_no_chunks() -> None:
    assert chunks(0) == 0


@given(st.floats(1, 1e9), st.integers(0, 10**6), st.integers(0, 10**6))
def test_the_number_of_chunks_is_in_proportion_to_the_seconds(one: float, some: int, more: int) -> None:
    adopt_chunk_ns(one)
    second = one / 1e9
    assert chunks(some * second) == some
    assert chunks(some * second + more * second) == some + more
    assert abs(chunks((some + 0.5) * second) - (some + 0.5)) < 0.51


@given(st.floats(0, 1000), st.floats(0, 1000))
def test_more_seconds_are_not_fewer_chunks(some: float, more: float) -> None:
    adopt_chunk_ns(40_000.0)
    assert chunks(min(some, more)) <= chunks(max(some, more))


class Turns:
    """Counts how often a loop goes through it."""

    def __init__(self, turns: int) -> None:
        self.turns, self.loops, self.done = turns, 0, 0

    def __iter__(self) -> Iterator[int]:
        self.loops += 1
        for turn in range(self.turns):
            self.done += 1
            yield turn


@pytest.mark.parametrize("count", [0, 1, 7])
def test_the_work_is_as_many_chunks_as_it_is_told_and_nothing_else(
    count: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    turns = Turns(5)
    monkeypatch.setattr(work, "CHUNK", turns)
    assert without_marks(count) is None  # type: ignore[func-returns-value]
    assert (turns.loops, turns.done) == (count, 5 * count)
    assert capfd.readouterr() == ("", "")


def test_a_chunk_that_is_measured_is_a_chunk_that_is_worked(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns(5)
    monkeypatch.setattr(work, "CHUNK", turns)
    assert work._timed() > 0
    assert (turns.loops, turns.done) == (1, 5)


@pytest.mark.parametrize("garbage", ["", "0", "quick", "-5", "nan", "inf"])
def test_what_is_no_measure_in_the_environment_is_none(garbage: str) -> None:
    source = "from taketurns.recording import chunks; print(chunks._known)"
    environment = {**os.environ, "PYTHONPATH": SOURCE, VARIABLE: garbage}
    child = subprocess.run([sys.executable, "-c", source], env=environment, capture_output=True, text=True, check=True)
    assert child.stdout == "0.0\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this platform")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.usefixtures("_unknown")
def test_a_fork_in_the_middle_of_the_measurement_leaves_the_child_a_measurement_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    children: list[int] = []

    def timed() -> int:
        if not children:
            children.append(os.fork())
            if children == [0]:
                monkeypatch.undo()
                os._exit(0 if chunk_ns() > 0 else 1)  # it waits for ever where the lock is its parent's
        return 50_000

    monkeypatch.setattr(work, "_timed", timed)
    assert chunk_ns() == 50_000
    assert os.waitpid(children[0], 0)[1] == 0
