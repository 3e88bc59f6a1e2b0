import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from queue import Queue
from types import FrameType

import pytest

from taketurns.trace.spans import State
from taketurns.watcher import calls, forks
from taketurns.watcher.looks import Look
from taketurns.watcher.watcher import Watcher

SOURCE = Path(__file__).parents[2] / "src"

pytestmark = pytest.mark.skipif(sys.platform != "linux" or not calls.known(), reason="the kernel's view is Linux's")


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    watcher = Watcher()
    watcher.start()
    if watcher.why_not.startswith(("the kernel", "this kernel")):
        pytest.skip(watcher.why_not)
    assert watcher.why_not == ""
    yield watcher
    watcher.stop()


def until(condition: Callable[[], object]) -> None:
    """Go on when a condition holds; pytest's time limit says when it never does."""
    while not condition():
        os.sched_yield()


def here(looks: dict[int, list[Look]]) -> list[Look]:
    return looks.get(threading.get_native_id(), [])


def script(text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program of its own, with a watcher begun as ``watcher``."""
    begin = "import os, signal, sys\nfrom taketurns.watcher.watcher import Watcher\nwatcher = Watcher()\n"
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-c", begin + textwrap.dedent(text), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)


def test_a_thread_that_waits_in_a_call_of_the_standard_library_is_seen_with_its_place(watcher: Watcher) -> None:
    queue: Queue[None] = Queue()
    threads: list[int] = []

    def take() -> None:
        threads.append(threading.get_native_id())
        queue.get()

    thread = threading.Thread(target=take)
    thread.start()
    until(lambda: threads and any(look.place for look in watcher.looks().get(threads[0], [])))
    queue.put(None)
    thread.join()
    wait = next(look for look in watcher.stop()[threads[0]] if look.place)
    assert (wait.state, wait.reason) == (State.WAITING, "queue")
    assert wait.place is not None
    assert wait.place[0] is take.__code__


@pytest.mark.skipif(hasattr(sys, "_is_gil_enabled") and not sys._is_gil_enabled(), reason="there is no GIL")
def test_two_loops_take_turns_under_the_gil_and_no_lock(watcher: Watcher) -> None:
    enough = threading.Event()
    threads: list[int] = []

    def count() -> None:
        threads.append(threading.get_native_id())
        while not enough.is_set():
            pass

    both = [threading.Thread(target=count) for _ in range(2)]
    for thread in both:
        thread.start()

    def turns(thread: int) -> int:
        return sum((look.state, look.reason) == (State.READY, "GIL") for look in watcher.looks().get(thread, []))

    until(lambda: len(threads) == 2 and all(turns(thread) > 1 for thread in threads))
    enough.set()
    for thread in both:
        thread.join()


def test_looks_are_in_order_without_a_hole_and_the_namer_is_in_none(watcher: Watcher) -> None:
    namer = watcher.thread
    assert namer is not None
    until(lambda: here(watcher.looks()))
    for looks in watcher.stop().values():
        assert all(look.start < look.end for look in looks)
        assert all(first.end == second.start for first, second in pairwise(looks))
    assert namer not in watcher.stop()


def test_the_namer_is_not_one_of_the_programs_threads(watcher: Watcher) -> None:
    assert threading.enumerate() == [threading.main_thread()] or watcher.thread not in [
        thread.native_id for thread in threading.enumerate()
    ]
    assert threading.active_count() == len(threading.enumerate())


def test_a_hundred_watchers_leave_no_descriptor_thread_or_process() -> None:
    before, threads = os.listdir("/proc/self/fd"), len(os.listdir("/proc/self/task"))
    helpers = []
    for _ in range(100):
        watcher = Watcher()
        watcher.start()
        helpers.append(watcher._helper)
        watcher.stop()
        assert watcher.why_not == watcher.cut_short == ""
    assert os.listdir("/proc/self/fd") == before
    until(lambda: len(os.listdir("/proc/self/task")) <= threads)
    until(lambda: not any(Path(f"/proc/{helper}").exists() for helper in helpers))


CHILDLESS = """
import os, signal
from taketurns.watcher.watcher import Watcher

def children(options):
    try:
        return os.waitpid(-1, options)
    except ChildProcessError:
        return None

seen = []
signal.signal(signal.SIGCHLD, lambda number, frame: seen.append(number))
watcher = Watcher()
watcher.start()
here = children(os.WNOHANG)
os.kill(watcher._helper, signal.SIGKILL)
watcher.stop()
print(watcher.why_not, here, children(os.WNOHANG | 0x40000000), seen)
"""


def test_the_program_has_no_child_and_gets_no_signal_of_one() -> None:
    # In a process of its own: this one may have children of other tests.
    ran = subprocess.run([sys.executable, "-c", CHILDLESS], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["None", "None", "[]"]


def test_signals_and_their_mask_are_as_before(watcher: Watcher) -> None:
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == set()
    blocked = next(
        line for line in Path(f"/proc/{watcher._helper}/status").read_text().splitlines() if line.startswith("SigBlk")
    )
    assert int(blocked.split()[1], 16) & 1 << signal.SIGINT - 1  # it sees no Ctrl-C
    assert not int(blocked.split()[1], 16) & 1 << signal.SIGTERM - 1
    assert os.getsid(watcher._helper) != os.getsid(0)


def test_what_was_seen_until_the_helper_was_killed_is_kept(watcher: Watcher) -> None:
    until(lambda: here(watcher.looks()))
    os.kill(watcher._helper, signal.SIGKILL)
    assert here(watcher.stop())
    assert watcher.cut_short == "the helper was killed"


@pytest.mark.parametrize(
    ("limits", "why"),
    [({"duration": 0}, "it had seen for 0 minutes"), ({"size": 0}, "0 MB were full")],
)
def test_at_a_limit_it_ends_and_says_so(limits: dict[str, int], why: str) -> None:
    watcher = Watcher(**limits)
    watcher.start()
    until(lambda: not Path(f"/proc/{watcher._helper}").exists())
    watcher.stop()
    assert watcher.cut_short == why


def test_without_the_kernels_files_it_says_why_and_sees_nothing(tmp_path: Path) -> None:
    for root, why in (tmp_path / "nowhere", "is not to be found"), (tmp_path, "does not show"):
        (tmp_path / str(os.getpid()) / "task" / "1").mkdir(parents=True, exist_ok=True)
        watcher = Watcher(root=str(root))
        watcher.start()
        assert why in watcher.why_not
        assert watcher.stop() == watcher.looks() == {}
        assert watcher.thread is None


def test_where_no_helper_can_be_started_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.listdir("/proc/self/fd")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    watcher = Watcher()
    watcher.start()
    assert watcher.why_not.startswith("no helper could be started")
    assert watcher.stop() == {}
    assert os.listdir("/proc/self/fd") == before


def test_where_the_gil_is_not_found_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("taketurns.watcher.kernel.gil_addresses", lambda: None)
    watcher = Watcher()
    watcher.start()
    assert watcher.why_not.startswith("where the GIL is could not be found")
    watcher.stop()


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), signal.SIGKILL)", "os.execv('/bin/true', ['true'])"])
def test_the_helper_ends_when_the_program_is_gone_or_has_become_another(end: str) -> None:
    done = script(f"watcher.start()\nprint(watcher._helper, flush=True)\n{end}")
    helper = int(done.stdout)
    until(lambda: not Path(f"/proc/{helper}").exists())


def test_a_forked_child_forgets_the_helper_and_does_not_keep_it_alive() -> None:
    done = script(
        """
        watcher.start()  # the first one loads ctypes, which may keep a file open
        watcher.stop()
        before, watcher = set(os.listdir("/proc/self/fd")), Watcher()
        watcher.start()
        if os.fork() == 0:
            watcher.forget()
            ok = set(os.listdir("/proc/self/fd")) <= before and watcher.stop() == watcher.looks() == {}
            os._exit(0 if ok else 1)
        assert os.wait()[1] == 0
        print(bool(watcher.stop()), watcher.cut_short)
        """
    )
    assert (done.stdout, done.stderr) == ("True \n", "")


def test_the_helper_has_nothing_of_the_programs_not_even_its_folder() -> None:
    done = script(
        """
        watcher.start()
        print(*[os.readlink(f"/proc/{watcher._helper}/{name}") for name in ("cwd", "fd/0", "fd/1", "fd/2")])
        watcher.stop()
        """
    )
    assert (done.stdout, done.stderr, done.returncode) == ("/ /dev/null /dev/null /dev/null\n", "", 0)


def test_what_the_program_lets_its_children_have_the_helper_has_not() -> None:
    done = script(
        """
        read, write = os.pipe()
        os.set_inheritable(write, True)
        watcher.start()
        os.close(write)
        os.set_blocking(read, False)
        print(os.read(read, 1), watcher.why_not)
        watcher.stop()
        """
    )
    assert (done.stdout, done.stderr) == ("b'' \n", "")


def test_a_program_that_closes_all_files_keeps_those_that_it_opens_then() -> None:
    done = script(
        """
        watcher.start()
        ours = range(3, 100)
        os.closerange(3, 100)
        files = [os.open("/dev/null", os.O_RDWR) for _ in ours]
        watcher.stop()
        print([os.readlink(f"/proc/self/fd/{file}") for file in files] == ["/dev/null"] * len(ours), watcher.cut_short)
        """
    )
    assert (done.stdout, done.stderr) == ("True the program closed files that it had not opened\n", "")


def test_a_program_of_one_thread_forks_as_one_of_one_thread() -> None:
    done = script(
        """
        import subprocess, warnings
        warnings.simplefilter("error")
        watcher.start()
        for _ in range(3):
            if os.fork() == 0:
                os._exit(0)
            os.wait()
            subprocess.run(["/bin/true"], preexec_fn=os.getpid)
        print(watcher.thread in map(int, os.listdir("/proc/self/task")), watcher.why_not)
        watcher.stop()
        """
    )
    assert (done.stdout, done.stderr) == ("True \n", "")


def test_after_a_rest_the_namer_goes_on_and_no_thread_of_it_is_seen(watcher: Watcher) -> None:
    first = watcher.thread
    forks._rest()
    assert not Path(f"/proc/self/task/{first}").exists()
    forks._go_on()
    ended, threads = threading.Event(), Queue[int]()

    def wait() -> None:
        threads.put(threading.get_native_id())
        ended.wait()

    thread = threading.Thread(target=wait)
    thread.start()
    number = threads.get()
    until(lambda: any(look.reason == "event" for look in watcher.looks().get(number, [])))
    assert watcher.thread not in (first, None)
    assert not {first, watcher.thread} & watcher.looks().keys()
    ended.set()
    thread.join()


@pytest.mark.skipif(sys.version_info < (3, 12), reason="no interpreter had memory of its own")
def test_waits_are_named_while_there_is_one_interpreter_only() -> None:
    done = script(
        """
        import threading
        from taketurns.watcher.stacks import frames_of_threads
        try:
            import _interpreters as interpreters
        except ImportError:
            import _xxsubinterpreters as interpreters
        one = {threading.get_ident()}
        alone = frames_of_threads().keys() == one
        other = interpreters.create()
        two = frames_of_threads()
        interpreters.destroy(other)
        print(alone, two, frames_of_threads().keys() == one)
        """
    )
    assert (done.stdout, done.stderr) == ("True {} True\n", "")


def test_a_program_that_never_stops_it_ends_as_ever() -> None:
    done = script("watcher.start()\nprint('end')")
    assert (done.stdout, done.stderr, done.returncode) == ("end\n", "", 0)


def test_an_interrupt_at_any_moment_leaves_nothing_behind_once_it_is_stopped() -> None:
    warm = Watcher()
    warm.start()
    warm.stop()
    before, threads = os.listdir("/proc/self/fd"), len(os.listdir("/proc/self/task"))
    moments, interrupted = 0, True
    while interrupted:
        watcher = Watcher()
        interrupted = interrupt(watcher, moments)
        moments += 7
        watcher.stop()
        assert os.listdir("/proc/self/fd") == before
    assert moments > 70
    until(lambda: len(os.listdir("/proc/self/task")) <= threads)
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == set()


def test_signals_that_an_interrupt_left_blocked_are_let_through_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("taketurns.watcher.kernel.BlockedSignals.__exit__", interrupted)
    watcher = Watcher()
    with pytest.raises(KeyboardInterrupt):
        watcher.start()
    assert signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])
    watcher.stop()
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == set()


def interrupt(watcher: Watcher, moment: int) -> bool:
    """Start and stop a watcher, with an interrupt at that line of ours; return whether there are so many."""
    left = moment

    def trace(frame: FrameType, event: str, argument: object) -> Callable[..., object] | None:
        nonlocal left
        if "watcher" not in frame.f_globals.get("__name__", ""):
            return None
        if event == "line":
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        watcher.start()
        watcher.stop()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return moment == 0
