import errno
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest
from lanes import without_block

from taketurns import compute, record, task, wait
from taketurns.recording import children

METHODS = multiprocessing.get_all_start_methods()

pytestmark = pytest.mark.filterwarnings(
    # Python 3.12+ warns of fork in a process with threads; that a recording survives it is what is tested here.
    "ignore:This process .* is multi-threaded:DeprecationWarning"
)


@task(name="job {number}")
def job(number):
    compute(0.001)
    return number


def plain(number):
    """A function without a decorator, which calls what is instrumented."""
    wait(0.001)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(compute, 0.001).result()
    return number


@task
def die(barrier_path):
    compute(0.001)
    os.kill(os.getpid(), signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)


PRINT_FOLDERS = f"import os; print(os.environ[{children.VARIABLE!r}])"


def nothing_is_left():
    return not Path(children.folder().path).exists()


def pool_of(method, workers=2):
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context(method))


@pytest.mark.parametrize("method", METHODS)
def test_tasks_of_a_process_pool_are_recorded(method):
    with record() as trace, pool_of(method) as pool:
        assert list(pool.map(job, range(4))) == [0, 1, 2, 3]
    assert sorted(without_block(trace).tasks) == ["job 0", "job 1", "job 2", "job 3"]
    assert set(without_block(trace).workers) <= {"process 1", "process 2"}
    assert trace.cut_short == ""
    assert nothing_is_left()


@pytest.mark.parametrize("method", METHODS)
def test_a_pool_that_was_started_before_the_recording_takes_part_in_it(method):
    with pool_of(method) as pool:
        list(pool.map(abs, range(2)))
        with record() as first:
            list(pool.map(job, range(2)))
        list(pool.map(job, range(2)))
        with record() as second:
            list(pool.map(job, range(10, 12)))
    assert sorted(without_block(first).tasks) == ["job 0", "job 1"]
    assert sorted(without_block(second).tasks) == ["job 10", "job 11"]


@pytest.mark.parametrize("method", METHODS)
def test_a_plain_function_and_its_threads_are_recorded_in_a_child(method):
    with record() as trace, pool_of(method, 1) as pool:
        pool.submit(plain, 1).result()
    trace = without_block(trace)
    assert without_block(trace).tasks == ("plain(1)", "compute(0.001)")
    assert without_block(trace).workers == ("process 1", "process 1, thread 1")


@pytest.mark.parametrize("method", METHODS)
def test_a_process_without_a_pool_is_recorded(method):
    with record() as trace:
        process = multiprocessing.get_context(method).Process(target=job, args=(7,))
        process.start()
        process.join()
    assert process.exitcode == 0
    assert without_block(trace).tasks == ("job 7",)


@pytest.mark.parametrize("method", METHODS)
def test_a_worker_that_dies_leaves_what_it_did(method):
    with record() as trace, pool_of(method, 1) as pool:
        pool.submit(job, 1).result()
        with pytest.raises(BrokenProcessPool):
            pool.submit(die, None).result()
    assert "job 1" in trace.tasks
    assert trace.cut_short == "die did not end: its process died"
    assert nothing_is_left()


def test_a_child_of_a_child_is_recorded():
    grandchild = "import taketurns; taketurns.compute(0.001)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {grandchild!r}], check=True)"
    with record() as trace:
        subprocess.run([sys.executable, "-c", f"import taketurns; {code}"], check=True)
    assert without_block(trace).tasks == ("task 0",)
    assert without_block(trace).workers == ("process 1",)


def test_a_child_has_a_recording_of_its_own():
    code = "from taketurns import compute, record\nwith record() as t: compute(0.001)\nprint(t.tasks)"
    with record() as trace:
        child = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert child.stdout.strip() == "('task 0',)"
    assert without_block(trace).tasks == ()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this platform")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_does_not_go_on_with_the_recording_of_its_parent():
    with record() as trace:
        child = os.fork()
        if child == 0:
            compute(0.001)
            os._exit(0 if children.announcement() is not None else 1)
        assert os.waitpid(child, 0)[1] == 0
    assert without_block(trace).workers == ("process 1",)


def test_the_folder_is_gone_when_the_recording_ends_by_an_exception():
    with pytest.raises(KeyboardInterrupt), record():
        assert not nothing_is_left()
        raise KeyboardInterrupt
    assert nothing_is_left()


def test_a_cleaned_temporary_folder_does_not_spoil_the_recording():
    with record() as trace:
        compute(0.001)
        (Path(children.folder().path) / children.ANNOUNCEMENT).unlink()
    assert without_block(trace).tasks == ("task 0",)


@pytest.mark.skipif(sys.version_info < (3, 14), reason="InterpreterPoolExecutor came with Python 3.14")
def test_a_call_of_a_sub_interpreter_is_a_task_with_a_gil_of_its_own():
    from concurrent.futures import InterpreterPoolExecutor  # type: ignore[attr-defined]

    announced = os.environ[children.VARIABLE]
    with record() as trace, InterpreterPoolExecutor(2) as pool:
        for future in [pool.submit(wait, 0.001), pool.submit(divmod, 7, 2)]:
            future.result()
    assert sorted(without_block(trace).tasks) == ["divmod(7, 2)", "wait(0.001)"]
    assert set(without_block(trace).workers) <= {"interpreter 1", "interpreter 2"}
    assert subprocess.check_output([sys.executable, "-c", PRINT_FOLDERS], text=True).strip() == announced
    assert nothing_is_left()


def test_an_interpreter_leaves_the_environment_to_its_process(monkeypatch):
    monkeypatch.setenv(children.VARIABLE, '["/tmp/a", "/tmp/b"]')
    monkeypatch.setattr(children, "_in_sub_interpreter", lambda: True)
    assert children.Folder().ancestors == []
    assert os.environ[children.VARIABLE] == '["/tmp/a", "/tmp/b"]'


def test_a_process_puts_its_folder_before_those_of_its_ancestors(monkeypatch):
    monkeypatch.setenv(children.VARIABLE, '["/tmp/a b:c"]')
    folder = children.Folder()
    assert json.loads(os.environ[children.VARIABLE]) == [folder.path, "/tmp/a b:c"]


@pytest.mark.parametrize("garbage", ["", "5", "null", "{", "/tmp/a"])
def test_what_is_no_list_of_folders_in_the_environment_is_none(monkeypatch, garbage):
    monkeypatch.setenv(children.VARIABLE, garbage)
    assert children.Folder().ancestors == []


def run(code, **environment):
    """Run a program to its end, and return what it prints."""
    options = {"check": True, "capture_output": True, "text": True, "env": {**os.environ, **environment}}
    return subprocess.run([sys.executable, "-c", code], **options).stdout.strip()


def test_a_child_with_another_temporary_folder_is_recorded(tmp_path):
    with record() as trace:
        run("import taketurns; taketurns.compute(0.001)", TMPDIR=str(tmp_path), TEMP=str(tmp_path))
    assert trace.only("task").workers == ("process 1",)


def test_a_recording_finds_its_children_in_a_folder_of_any_name(tmp_path):
    home = tmp_path / "of: mine"
    home.mkdir()
    child = "import taketurns; taketurns.compute(0.001)"
    code = f"""
import subprocess, sys, taketurns
with taketurns.record() as trace:
    subprocess.run([sys.executable, "-c", {child!r}], check=True)
print(trace.workers)
"""
    assert run(code, TMPDIR=str(home), TEMP=str(home)) == "('process 1',)"
    assert list(home.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="exec keeps the number of a process on POSIX only")
def test_after_an_exec_a_child_is_recorded_and_no_interpreter():
    after = "import taketurns; taketurns.compute(0.001)"
    with record() as trace:
        run(f"import os, sys, taketurns; os.execv(sys.executable, [sys.executable, '-c', {after!r}])")
    assert trace.only("task").workers == ("process 1",)


@pytest.mark.skipif(os.name != "posix", reason="exec keeps the number of a process on POSIX only")
def test_after_an_exec_what_was_on_before_is_on_no_more_and_its_folder_is_swept(tmp_path):
    after = (
        "import os, taketurns; print(taketurns.recording.current.current_worker())\n"
        "with taketurns.record() as trace: taketurns.compute(0.001)\n"
        "print(trace.workers, os.listdir(os.environ['TMPDIR']))"
    )
    before = f"""
import os, sys, taketurns
with taketurns.record():
    os.execv(sys.executable, [sys.executable, "-c", {after!r}])
"""
    assert run(before, TMPDIR=str(tmp_path)) == "None\n('main thread',) []"


def test_a_second_import_is_no_interpreter():
    code = """
import sys, taketurns
for name in [name for name in sys.modules if name.partition(".")[0] == "taketurns"]:
    del sys.modules[name]
import taketurns
with taketurns.record() as trace:
    taketurns.compute(0.001)
print(trace.workers)
"""
    assert run(code) == "('main thread',)"


KILLED = """
import os, signal, taketurns
with taketurns.record():
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL on this platform")
def test_what_a_killed_process_left_is_swept_by_the_next_recording_and_what_lives_is_not(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    subprocess.run([sys.executable, "-c", KILLED], check=False)
    (dead,) = tmp_path.iterdir()
    (tmp_path / "taketurns-of-somebody-else").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", None)
    with record():  # its folder is elsewhere: where the temporary folder was when taketurns was imported
        pass
    assert dead.exists()
    living = children.Folder()
    living.open("1x1", 1.0)
    assert not dead.exists()
    later = children.Folder()
    later.open("2x2", 1.0)
    later.remove()
    assert Path(living.path).exists()
    living.remove()
    assert [path.name for path in tmp_path.iterdir()] == ["taketurns-of-somebody-else"]


def test_without_a_temporary_folder_it_can_be_imported(monkeypatch):
    def nowhere():
        raise FileNotFoundError

    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert os.path.dirname(children.Folder().path) == os.getcwd()


CLOSES_ALL = """
import os
from taketurns import record
with record():
    os.closerange(3, 100)
    files = [os.open(os.devnull, os.O_RDWR) for _ in range(97)]
print(all(os.fstat(file) for file in files))
"""


@pytest.mark.skipif(os.name != "posix", reason="Windows numbers its files otherwise")
def test_a_program_that_closes_all_files_in_a_block_keeps_those_that_it_opens_then():
    done = subprocess.run([sys.executable, "-c", CLOSES_ALL], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_where_the_disk_is_full_the_recording_goes_on_without_children(monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(json, "dump", full)
    with record() as trace:
        compute(0.001)
    assert "Child processes could not take part: no space left on device." in trace.notes
    assert nothing_is_left()
