import concurrent.futures
import multiprocessing.managers
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from types import CodeType, FrameType, ModuleType

import pytest

from taketurns.watcher import places
from taketurns.watcher.descriptors import Descriptors
from taketurns.watcher.originals import original
from taketurns.watcher.places import kind_of, place_of, stack_of


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (queue.Queue.get, "queue"),
        (queue.PriorityQueue.put, "queue"),
        (concurrent.futures.Future.result, "future"),
        (concurrent.futures.wait, "future"),
        (threading.Thread.join, "thread"),
        (threading.Event.wait, "event"),
        (threading.Condition.wait_for, "condition"),
        (threading.Semaphore.acquire, "semaphore"),
        (threading.Barrier.wait, "barrier"),
        (subprocess.run, "child process"),
        (os.walk, ""),
    ],
)
def test_the_function_that_was_called_says_what_is_waited_for(function: Callable[..., object], kind: str) -> None:
    code: CodeType = function.__code__  # type: ignore[attr-defined]
    assert kind_of(code) == kind


def frame_of(*files: str) -> FrameType:
    """Return the innermost frame of calls through functions in these files, the innermost last."""
    source = "def call(files):\n    return files[0](files[1:]) if files else sys._getframe()\n"
    functions = []
    for file in files:
        names: dict[str, object] = {"sys": sys}
        exec(compile(source, file, "exec"), names)
        functions.append(names["call"])
    return functions[0](functions[1:])  # type: ignore[operator,no-any-return]


SCRIPT, CELL, LIBRARY, PACKAGE = "/home/me/script.py", "/tmp/ipykernel_1/2.py", queue.__file__, pytest.__file__


def test_the_innermost_frame_in_a_script_or_a_cell_is_the_place() -> None:
    for files, index in [
        ((SCRIPT, CELL), 1),
        ((CELL, PACKAGE, LIBRARY), 0),
        ((LIBRARY, SCRIPT, LIBRARY, places.__file__), 1),
    ]:
        place, _ = place_of(frame_of(*files))
        assert place is not None
        assert place[0].co_filename == files[index]


def test_between_the_place_and_the_wait_the_outermost_of_the_standard_library_is_what_was_called() -> None:
    assert place_of(frame_of(SCRIPT, LIBRARY, threading.__file__))[1] == "queue"
    assert place_of(frame_of(SCRIPT, PACKAGE, LIBRARY))[1] == "queue"
    assert place_of(frame_of(SCRIPT, threading.__file__, PACKAGE, LIBRARY))[1] == "queue"  # what the package called
    assert place_of(frame_of(LIBRARY, SCRIPT))[1] == ""


def test_who_only_runs_what_it_was_given_is_no_place() -> None:
    folder = os.path.dirname(os.path.dirname(PACKAGE))
    runners = [os.path.join(folder, *file.split("/")) for file in ("trio/_core/_thread_cache.py", "outcome/_impl.py")]
    assert places.place_in(stack_of(frame_of(threading.__file__, *runners, LIBRARY))[:4]) == (None, "queue")
    place, kind = places.place_in(stack_of(frame_of(threading.__file__, *runners, PACKAGE, LIBRARY))[:5])
    assert (place and place[0].co_filename, kind) == (PACKAGE, "queue")
    assert place_of(frame_of(SCRIPT, *runners, LIBRARY))[1] == "queue"


def test_a_managers_proxy_is_no_place_and_one_of_a_queue_waits_for_a_queue() -> None:
    queues = multiprocessing.managers.MakeProxyType("ProxyOfQueue", ("get", "size"))  # type: ignore[attr-defined]
    for method, kind in ("get", "queue"), ("size", "child process"):
        generated, called = getattr(queues, method).__code__, multiprocessing.managers.BaseProxy._callmethod.__code__  # type: ignore[attr-defined]
        script = frame_of(SCRIPT).f_code
        stack: list[places.Place] = [(called, 0), (generated, 0), (script, 0)]
        assert places.place_in(stack) == ((script, 0), kind)
    assert places.place_in([(generated, 0), (script, 0)])[0] == (generated, 0)
    assert kind_of(multiprocessing.managers.AcquirerProxy.acquire.__code__) == "lock"  # type: ignore[attr-defined]


def test_whose_code_a_file_holds_is_told_by_whole_paths() -> None:
    assert place_of(None) == (None, "")
    assert places.whose(PACKAGE) == "installed"
    assert places.whose(LIBRARY) == places.whose("<frozen runpy>") == "standard library"
    assert places.whose(places.__file__) == "ours"
    assert places.whose("<stdin>") == places.whose("/home/taketurns/site-packages.py") == "learner"


def test_descriptors_are_closed_once_and_their_numbers_are_nobody_elses_after() -> None:
    descriptors = Descriptors()
    ends = descriptors.add(os.pipe)
    one = descriptors.add_one(os.dup, ends[0])
    descriptors.close()
    for each in (*ends, one):
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(each)
    another = os.dup(0)
    descriptors.close()
    os.fstat(another)
    os.close(another)


def test_a_descriptor_that_the_program_closed_and_got_again_for_a_file_of_its_own_stays_open() -> None:
    descriptors = Descriptors()
    ours, _ = descriptors.add(os.pipe)
    another = os.open(os.devnull, os.O_RDONLY)
    os.dup2(another, ours)
    assert not descriptors.holds(ours)
    descriptors.close()
    assert os.fstat(ours) == os.fstat(another)
    os.close(ours)
    os.close(another)


def test_after_an_interrupt_between_two_lines_descriptors_can_be_kept_again() -> None:
    descriptors = Descriptors()
    descriptors._open.clear()
    descriptors._low.clear()
    one = descriptors.add_one(os.dup, 0)
    descriptors._low.clear()
    descriptors.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(one)


def test_a_descriptor_takes_no_number_that_a_program_counts_on() -> None:
    descriptors = Descriptors()
    lowest = os.dup(0)
    os.close(lowest)
    ends = descriptors.add(os.pipe)
    assert min(*ends, descriptors.add_one(os.dup, 0)) >= 64
    assert all(map(descriptors.holds, ends))
    assert os.dup(0) == lowest
    os.close(lowest)
    descriptors.close()


def test_where_gevent_has_patched_a_module_the_original_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    patched = ModuleType("gevent.monkey")
    patched.saved = {"_thread": {"get_ident": len}}  # type: ignore[attr-defined]
    assert original("_thread", "get_ident") is threading.get_ident
    monkeypatch.setitem(sys.modules, "gevent.monkey", patched)
    assert original("_thread", "get_ident") is len
    assert original("_thread", "get_native_id") is threading.get_native_id
