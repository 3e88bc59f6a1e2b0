"""Journals: what a child process has written is there, however it ends, and what it could not write is told."""

import multiprocessing
import os
import signal
import subprocess
import sys

import pytest
from lanes import without_block

from taketurns import record, waiting
from taketurns.recording import children, recorder
from taketurns.recording.current import current_worker
from taketurns.recording.journals import Journal, read
from taketurns.recording.reports import Reports
from taketurns.recording.worker import RUNNING, WAITING
from taketurns.trace.outcomes import Ending
from taketurns.trace.spans import Where
from taketurns.watcher.locks import Named, Standing
from taketurns.watcher.states import Naming

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
on_posix = pytest.mark.skipif(os.name != "posix", reason="there is no fork on this platform")


@pytest.fixture
def folder():
    """A folder of a recording that is on."""
    with record():
        yield children.folder().path


def change(count):
    """Let the task that a child runs change its state so often."""
    worker = current_worker()
    for number in range(count):
        worker.change(WAITING if number % 2 == 0 else RUNNING, f"change {number}")


def change_and_die(count):
    change(count)
    os.kill(os.getpid(), signal.SIGKILL)


def change_and_fork(count):
    change(count)
    inherited = current_worker()
    child = os.fork()
    if not child:
        for _ in range(1_000):
            inherited.change(WAITING, "in vain")
        with waiting("a grandchild"):
            pass
        os._exit(0)
    os.waitpid(child, 0)
    change(count)


def change_in_little_room(count):
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
    change(count)


def run_in_a_child(function, count):
    process = multiprocessing.get_context("fork").Process(target=function, args=(count,))
    process.start()
    process.join()
    return process.exitcode


def told(name):
    """Return what the rows of a task say, in the order in which they were written."""
    return [row.reason for row in Reports(recorder.on.name).rows if row.name == name]


# However it ends


@on_posix
@pytest.mark.parametrize("count", [0, 1, 2, 50, 2_000])
def test_a_child_that_is_killed_after_its_kth_event_leaves_k(count):
    with record() as trace:
        assert run_in_a_child(change_and_die, count) == -signal.SIGKILL
        name = f"change_and_die({count})"
        begin = [""] if count else told(name)  # its first change writes its begin
        assert told(name) == begin + [f"change {number}" for number in range(count)]
    assert trace.outcome(name).ending is Ending.DIED


@on_posix
def test_a_grandchild_writes_into_a_journal_of_its_own():
    with record() as trace:
        assert run_in_a_child(change_and_fork, 40) == 0
        journals = [process for process, *_ in read(children.folder().path, recorder.on.name)]
        changes = [f"change {number}" for number in range(40)]
        assert [each for each in told("change_and_fork(40)") if each] == changes * 2
    assert len(set(journals)) == 2
    assert "a grandchild" in {span.reason for span in trace.spans}


@on_posix
def test_where_a_child_has_no_room_it_goes_on_and_the_recording_says_so():
    with record() as trace:
        assert run_in_a_child(change_in_little_room, 5_000) == 0
        found = [each for each in told("change_in_little_room(5000)") if each]
    assert 100 < len(found) < 5_000
    assert found == [f"change {number}" for number in range(len(found))]
    assert [note for note in trace.notes if "write" in note] == [
        "A child process could not write down all of it: file too large."
    ]


GEVENT = """
from gevent import monkey; monkey.patch_all()
import gevent, taketurns
def change():
    for number in range(300):
        with taketurns.waiting(f"reply {number}"):
            gevent.sleep(0)
gevent.joinall([gevent.spawn(change) for _ in range(4)])
"""


def test_greenlets_that_take_turns_in_a_child_lose_nothing():
    pytest.importorskip("gevent")
    with record():
        subprocess.run([sys.executable, "-c", GEVENT], check=True)
        waits = [row.reason for row in Reports(recorder.on.name).rows if row.reason.startswith("reply ")]
    assert sorted(waits) == sorted(f"reply {number}" for number in range(300) for _ in range(4))


# What is written


@on_posix
def test_what_is_to_be_known_of_a_task_is_written_once():
    with record():
        assert run_in_a_child(change, 20) == 0
        ((_, _, records),) = read(children.folder().path, recorder.on.name)
        events = [record for record in records if isinstance(record[0], int)]
    assert [len(event) > 8 for event in events] == [True, *[False] * 20, False]


def test_a_place_is_written_once_and_a_number_stands_for_it(folder):
    journal = Journal(folder, "1x1", "7")
    code = test_a_place_is_written_once_and_a_number_stands_for_it.__code__
    for at in range(3):
        journal.note(Naming(at, 5, (code, 20), "lock", ""))
    journal.note(Naming(3, 5, None, "", "file"))
    ((process, problem, records),) = read(folder, "1x1")
    place, *notes = records
    assert (process, problem, place[0]) == (7, "", "place")
    assert notes == [*(("wait", at, 5, place[1], "lock", "") for at in range(3)), ("wait", 3, 5, None, "", "file")]


def test_what_a_thread_holds_and_wants_arrives_as_it_was(monkeypatch):
    code = test_what_a_thread_holds_and_wants_arrives_as_it_was.__code__
    wants, holds = (Named(("lock", 7, 1), "one"),), (Named(("lock", 7, 2), "other", 12),)
    with record():
        journal = Journal(children.folder().path, recorder.on.name, "7")
        journal.stand(5, Standing(3, 11, wants, holds, (code, 20), True))
        stand = Reports(recorder.on.name).stands[5]
    assert stand[:3] == (3, wants, holds)
    assert isinstance(stand.where, Where)
    assert stand.has_timeout


def test_a_subclass_of_a_plain_value_is_written_as_that(folder):
    class Name(str):
        __slots__ = ()

    Journal(folder, "1x1", "7").write((1, Name("home"), (Named(("lock", 7), Name("x")),)))
    ((_, _, records),) = read(folder, "1x1")
    assert list(records) == [[1, "home", [[["lock", 7], "x", 0]]]]


def test_what_another_version_has_written_is_passed_over():
    with record() as trace:
        journal = Journal(children.folder().path, recorder.on.name, "999999")
        journal.write(("news", 1, 2, 3))
        for at, state in (10**15, "RUNNING"), (10**15 + 10**6, None):
            journal.write((at, 7, 0, state, "", None, None, None, "seen", False, False, None))
    assert without_block(trace).tasks == ("seen",)


def test_who_takes_part_twice_writes_two_journals(folder):
    for number in range(2):
        Journal(folder, "1x1", "7").write((number,))
    assert [list(records) for _, _, records in read(folder, "1x1")] == [[(0,)], [(1,)]]


def test_a_journal_of_a_recording_that_has_ended_takes_events_in_silence():
    with record():
        journal = Journal(children.folder().path, "1x1", "7")
        assert not journal.is_over
    journal._good_until = 0  # it is not looked at again for a moment
    assert journal.is_over
    journal.write(("event",))
    late = Journal(children.folder().path, "1x1", "7")
    assert late.is_over
    late.write(("event",))
    assert not os.path.exists(children.folder().path)
