"""Segments: a file whose records are there when they are written, and what it does where that cannot be."""

import errno
import marshal
import os
import signal
import sys
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taketurns.recording import segments
from taketurns.recording.segments import Segments, problem_in, records_in

records = st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=12)
FRAME = segments._RECORD.size


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "journal")


@pytest.fixture
def small(monkeypatch):
    """Let segments be so small that nearly every write begins one."""
    monkeypatch.setattr(segments, "SMALLEST", 32)
    monkeypatch.setattr(segments, "LARGEST", 64)


def content(path):
    with open(path, "rb") as file:
        return file.read()


def read(path):
    return list(records_in(content(path)))


def numbered(count):
    return [b"record %d" % number for number in range(count)]


def write(path, data):
    written = Segments(path)
    for each in data:
        written.write(each)
    return written


@given(records)
@settings(max_examples=30)
def test_what_was_cut_short_at_any_byte_is_no_record_and_all_before_it_are(tmp_path_factory, data):
    path = str(tmp_path_factory.mktemp("cut") / "journal")
    write(path, data)
    whole = content(path)
    lengths = [FRAME + len(marshal.dumps(each, segments._FORMAT)) for each in data]
    end = segments._SEGMENT.size + sum(lengths)
    for cut in range(end - lengths[-1], end):
        torn = whole[:cut] + bytes(len(whole) - cut)  # memory that was not written yet holds zeros
        assert list(records_in(torn)) == (data if torn == whole else data[:-1])
        assert list(records_in(whole[:cut])) == data[:-1]  # and a file may end early


@given(st.lists(st.integers(1, 200), min_size=1, max_size=40), st.integers(16, 64))
@settings(max_examples=30)
def test_records_of_any_length_are_all_there_in_order(tmp_path_factory, lengths, smallest):
    path = str(tmp_path_factory.mktemp("any") / "journal")
    data = [bytes([1 + number]) * length for number, length in enumerate(lengths)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segments, "SMALLEST", smallest)
        write(path, data)
    assert read(path) == data
    assert problem_in(content(path)) == ""


# However the process ends


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this platform")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("end", ["SIGKILL", "SIGTERM", "_exit"])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 500, 3_000])
def test_a_process_that_ends_after_its_kth_record_leaves_k(path, count, end):
    child = os.fork()
    if not child:
        write(path, numbered(count))
        if end != "_exit":
            os.kill(os.getpid(), getattr(signal, end))
        os._exit(0)
    os.waitpid(child, 0)
    assert read(path) == numbered(count)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this platform")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_writes_nowhere(path, small):
    written = write(path, numbered(3))
    child = os.fork()
    if not child:
        written.forget()
        for each in numbered(100):
            written.write(b"child's " + each)
        os._exit(0)
    os.waitpid(child, 0)
    written.write(b"last")
    assert read(path) == [*numbered(3), b"last"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("owner", "step"), [(os, "fstat"), (os, "write"), (segments, "mapped")])
def test_a_child_that_is_forked_while_it_grows_goes_on_to_write_nowhere(path, small, monkeypatch, owner, step, when):
    written, plain = write(path, numbered(1)), getattr(owner, step)

    def interrupted(*arguments):  # what goes on after it is the child's
        monkeypatch.setattr(owner, step, plain)
        result = plain(*arguments) if when == "after" else None
        written.forget()
        return result if when == "after" else plain(*arguments)

    monkeypatch.setattr(owner, step, interrupted)
    written.write(b"longer than what is left of a segment")
    size = os.path.getsize(path)
    for each in numbered(9):
        written.write(each)
    assert os.path.getsize(path) == size
    assert set(read(path)) <= {b"record 0", b"longer than what is left of a segment"}
    assert problem_in(content(path)) == ""


# Who comes in between


def test_threads_that_write_at_the_same_time_lose_nothing(path, small):
    begin = threading.Barrier(4)
    written = Segments(path)

    def run(name):
        begin.wait()
        for number in range(1_000):
            written.write(b"%d %d" % (name, number))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=run, args=(name,)) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    found = [tuple(map(int, each.split())) for each in read(path)]
    assert sorted(found) == [(name, number) for name in range(4) for number in range(1_000)]
    for name in range(4):
        assert [number for one, number in found if one == name] == list(range(1_000))


@pytest.mark.parametrize("step", ["fstat", "write"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_signals_handler_that_writes_while_it_grows_loses_nothing(path, small, monkeypatch, step, when):
    written, plain = write(path, numbered(1)), getattr(os, step)
    left = [b"handler %d" % number for number in range(9)]

    def interrupted(*arguments):
        for each in [left.pop()] if left and when == "before" else []:
            written.write(each)
        result = plain(*arguments)
        for each in [left.pop()] if left and when == "after" else []:
            written.write(each)
        return result

    monkeypatch.setattr(segments.os, step, interrupted)
    for each in numbered(30)[1:]:
        written.write(each)
    monkeypatch.undo()
    assert sorted(read(path)) == sorted([*numbered(30), *(b"handler %d" % number for number in range(9))])


def test_where_there_is_no_gil_one_writes_at_a_time(path, small, monkeypatch):
    monkeypatch.setattr(segments.machine, "gil", lambda: False)
    write(path, numbered(100))
    assert read(path) == numbered(100)


# What the program does with descriptors


def test_a_program_that_closes_what_it_has_not_opened_keeps_what_it_opens_then(path, small):
    written = write(path, numbered(1))
    os.close(written._file)
    with open(os.devnull, "wb") as own:
        os.dup2(own.fileno(), written._file)
    number = written._file
    for each in numbered(20)[1:]:
        written.write(each)
    written.close()
    assert os.fstat(number).st_rdev == os.stat(os.devnull).st_rdev
    os.close(number)
    assert read(path) == numbered(20)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_one_descriptor_is_held_and_it_is_in_nobodys_way(path):
    before = set(os.listdir("/proc/self/fd"))
    written = write(path, numbered(5_000))  # and kept, with its memory
    held = {int(each) for each in set(os.listdir("/proc/self/fd")) - before}
    assert held == {written._file}
    assert written._file >= 64


def test_what_is_closed_begins_anew_when_somebody_writes(path):
    written = write(path, numbered(2))
    written.close()
    written.write(b"late")
    assert read(path) == [*numbered(2), b"late"]


def test_what_nobody_will_read_is_written_nowhere(path):
    written = write(path, numbered(2))
    assert not written.is_gone
    os.unlink(path)
    assert written.is_gone
    written.close()
    written.write(b"late")
    assert not os.path.exists(path)


# Where there is no room


@pytest.mark.parametrize("count", [1, 10])
def test_on_a_full_disk_no_more_is_written_and_that_is_said(path, small, monkeypatch, count):
    written, plain, tries = write(path, numbered(count)), os.write, []

    def full(file, data):
        tries.append(data)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(segments.os, "write", full)
    for each in numbered(100):
        written.write(b"longer than what is left of a segment " + each)
    monkeypatch.setattr(segments.os, "write", plain)
    written.write(b"late")
    assert read(path) == numbered(count)
    assert problem_in(content(path)) == os.strerror(errno.ENOSPC)
    assert len(tries) == 1


def test_where_only_a_part_finds_room_that_is_said_too(path, small, monkeypatch):
    written, plain = write(path, numbered(1)), os.write
    monkeypatch.setattr(segments.os, "write", lambda file, data: plain(file, data[:9]))
    for each in numbered(9)[1:]:
        written.write(each * 4)
    assert read(path) == numbered(1)
    assert problem_in(content(path)) == os.strerror(errno.ENOSPC)


def test_a_disk_that_is_full_from_the_begin_on_is_said_to_be(path, monkeypatch):
    monkeypatch.setattr(segments.os, "write", lambda file, data: 0)
    write(path, numbered(3))
    assert (read(path), problem_in(content(path))) == ([], os.strerror(errno.ENOSPC))


def test_a_file_ends_at_its_limit(path, small, monkeypatch):
    monkeypatch.setattr(segments, "LIMIT", 500)
    write(path, numbered(100))
    found = read(path)
    assert 0 < len(found) < 100
    assert found == numbered(len(found))
    assert os.path.getsize(path) <= 500
    assert problem_in(content(path)) == os.strerror(errno.EFBIG)


@pytest.mark.parametrize("error", [OSError(errno.ENOMEM, ""), ImportError()])
def test_what_cannot_be_mapped_is_written_at_once(path, monkeypatch, error):
    def refused(*_):
        raise error

    monkeypatch.setattr(segments, "mapped", refused)
    write(path, numbered(20))
    assert read(path) == numbered(20)


def test_where_an_open_file_cannot_be_removed_none_stays_open(path, monkeypatch):
    monkeypatch.setattr(segments, "MAPS", False)
    written = write(path, numbered(3))
    assert not written._held.holds(written._file)
    assert read(path) == numbered(3)
