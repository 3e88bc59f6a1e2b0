import os
import sys
from pathlib import Path

import pytest

from taketurns.watcher import calls, helper, pace
from taketurns.watcher.program import GIL, GONE, RUNNING, Program

pytestmark = pytest.mark.skipif(sys.platform != "linux" or not calls.known(), reason="the helper looks at Linux")

LOCK = f"{calls.FUTEX[0] if calls.known() else 0} 0x9000 0x80 0x0 0x0 0x0 0x0 0x7f00 0x7f01\n"


def thread(folder: Path, name: str, counts: str, call: str) -> None:
    (folder / name).mkdir(exist_ok=True)
    (folder / name / "schedstat").write_text(counts)
    (folder / name / "syscall").write_text(call)


def rows_of(program: Program) -> list[tuple[int, ...]]:
    """Return the rows of one sweep, without their two times."""
    rows: list[tuple[int, ...]] = []
    program.sweep(rows)
    return [(row[0], *row[2:5], *row[6:]) for row in rows]


def test_only_what_changed_is_a_row(tmp_path: Path) -> None:
    thread(tmp_path, "7", "1000 20 3", LOCK)
    program = Program(str(tmp_path), (0, 0), calls.FUTEX)
    assert rows_of(program) == [(7, 0, 0, 0, 1000, 20, 3, calls.FUTEX[0], 0x9000, 0x80)]
    assert rows_of(program) == []
    thread(tmp_path, "7", "1000 20 4", "running\n")
    assert rows_of(program) == [(7, 1000, 20, 3, 1000, 20, 4, RUNNING, 0, 0)]
    thread(tmp_path, "7", "5000000 20 4", "running\n")
    assert rows_of(program) == []
    thread(tmp_path, "7", "5000000 900020 5", "running\n")
    assert rows_of(program) == [(7, 5000000, 20, 4, 5000000, 900020, 5, RUNNING, 0, 0)]


def test_who_looks_up_from_its_wait_for_the_gil_is_no_row(tmp_path: Path) -> None:
    thread(tmp_path, "7", "1000 20 3", LOCK)
    program = Program(str(tmp_path), (0x8000, 0xA000), calls.FUTEX)
    rows_of(program)
    thread(tmp_path, "7", "11000 20 4", LOCK)
    assert rows_of(program) == []
    thread(tmp_path, "7", "211000 20 5", LOCK)
    assert [row[1:7] for row in rows_of(program)] == [(11000, 20, 4, 211000, 20, 5)]


def test_a_process_from_which_the_kernel_hides_its_threads_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> bytes:
        raise PermissionError

    thread(tmp_path, "7", "1000 20 3", LOCK)
    monkeypatch.setattr(helper, "PATIENCE", 0)
    control, stop = os.pipe2(os.O_NONBLOCK)
    asks, request = os.pipe()
    written = os.memfd_create("written")
    try:
        programs = helper.Programs("/proc", calls.FUTEX, Program(str(tmp_path), (0, 0), calls.FUTEX, request))
        monkeypatch.setattr(helper.posix, "pread", refuse)
        book, slow = helper.Book(written, 1000), pace.Pace(0, 1)
        assert helper.look(programs, book, slow, helper.Control(control), 10**12) == "refused"
        assert os.read(asks, 100) == b"refused\n"
    finally:
        for each in (control, stop, asks, request, written):
            os.close(each)


@pytest.mark.parametrize(("load", "share"), [(0.0, pace.MOST), (3.0, pace.MOST), (4.0, 0.06), (60.0, pace.LEAST)])
def test_on_a_crowded_machine_it_takes_less(load: float, share: float) -> None:
    assert pace.share(load, 2) == pytest.approx(share)


def test_the_namer_is_not_asked_where_it_waits_for_questions_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = calls._TABLE["file"][0]
    thread(tmp_path, "7", "1000 20 3", f"{reading} 0x46 0x80 0x0 0x0 0x0 0x0 0x7f00 0x7f01\n")
    thread(tmp_path, "8", "1000 20 3", f"{reading} 0x5 0x80 0x0 0x0 0x0 0x0 0x7f00 0x7f01\n")
    program = Program(str(tmp_path), (0, 0), calls.FUTEX, listens=0x46)
    program.sweep([])
    monkeypatch.setattr("taketurns.watcher.program.ASKS", ((-1, "ask"), (10**18, "stand")))
    assert program.sweep([]) == [f"ask 8 {reading} 5\n"]


def test_a_child_joins_is_told_by_whom_it_is_seen_and_leaves(tmp_path: Path) -> None:
    own, child = tmp_path / "own", tmp_path / str(os.getpid()) / "task"
    own.mkdir()
    child.mkdir(parents=True)
    thread(own, "7", "1000 20 3", LOCK)
    thread(child, "9", "1000 20 3", LOCK)
    asks, ask = os.pipe()
    try:
        programs = helper.Programs(str(tmp_path), calls.FUTEX, Program(str(own), (0, 0), calls.FUTEX))
        rows: list[tuple[int, ...]] = []
        helper.join(programs, [f"join {os.getpid()} {asks} 32768 40960"], rows)
        assert os.read(asks, 100) == f"process {os.getpid()}\n".encode()
        programs.sweep(rows)
        assert [(row[0], row[9]) for row in rows] == [(7, calls.FUTEX[0]), (9, GIL)]
        programs.leave(str(os.getpid()), rows := [])
        assert [(row[0], row[9]) for row in rows] == [(9, GONE)]
        assert not programs.children
    finally:
        os.close(asks)
        os.close(ask)


def test_who_joins_and_is_gone_is_passed_over(tmp_path: Path) -> None:
    thread(tmp_path, "7", "1000 20 3", LOCK)
    programs = helper.Programs(str(tmp_path), calls.FUTEX, Program(str(tmp_path), (0, 0), calls.FUTEX))
    helper.join(programs, ["join 4194305 3 0 0"], [])
    assert not programs.children


def test_a_thread_that_has_ended_and_was_not_waited_for_is_gone(tmp_path: Path) -> None:
    thread(tmp_path, "7", "1000 20 3", LOCK)
    program = Program(str(tmp_path), (0, 0), calls.FUTEX)
    rows_of(program)
    thread(tmp_path, "7", "2000 20 4", "-1 0x0 0x0\n")
    assert [row[:1] + row[7:] for row in rows_of(program)] == [(7, GONE, 0, 0)]


def test_it_stops_when_it_is_told_and_when_nobody_could_tell_it_any_more() -> None:
    reading, writing = os.pipe2(os.O_NONBLOCK)
    control = helper.Control(reading)
    assert control.lines() == []
    os.write(writing, b"join 1 2 3 4\njoin 5")
    assert control.lines() == ["join 1 2 3 4"]
    os.write(writing, b" 6 7 8\nstop\n")
    assert control.lines() == ["join 5 6 7 8", "stop"]
    os.close(writing)
    assert control.lines() == ["stop"]
    os.close(reading)
