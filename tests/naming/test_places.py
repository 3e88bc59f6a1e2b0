"""Where somebody waits: the expression and the line, as a learner knows them, and no path of theirs."""

import linecache
import os
import subprocess
import sys
import sysconfig
import types
from os.path import join

import pytest

from taketurns.naming import places
from taketurns.naming.places import where
from taketurns.trace.spans import Where

HEAD = """\
import sys
class Lock:
    def wait(self, *args, **kwargs):
        frame = sys._getframe(1)
        SEEN.append((frame.f_code, frame.f_lasti))
        return self
    __enter__ = __exit__ = __call__ = __iter__ = __add__ = __getitem__ = wait
    def __exit__(self, *exception):
        SEEN.append((sys._getframe(1).f_code, sys._getframe(1).f_lasti))
    def __iter__(self):
        self.wait()
        SEEN[-1] = (sys._getframe(1).f_code, sys._getframe(1).f_lasti)
        return iter([1])
lock = other = Lock()
"""


def seen(source, file):
    """Run source as if it stood in a file, below some lines of its own; return the places where a lock was used."""
    found = []
    linecache.cache[file] = (0, None, (HEAD + source).splitlines(keepends=True), file)
    exec(compile(HEAD + source, file, "exec"), {"SEEN": found})
    return [where(*place) for place in found]


def expressions(source, file="/home/ada/fetch.py"):
    return [place.expression for place in seen(source, file)]


LINES = len(HEAD.splitlines())


def test_a_place_is_an_expression_a_file_and_a_line():
    (place,) = seen("def fetch(a):\n    x = 1 + len([a.wait(2)])\nfetch(lock)", "/home/ada/fetch.py")
    assert place == Where("fetch.py", LINES + 2, "a.wait(2)")
    assert str(place) == f"a.wait(2)  (fetch.py, line {LINES + 2})"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("with lock:\n    x = 1\n    y = 2", ["lock", "lock"]),
        ("if True:\n    with lock:\n        x = '''\na'''\n        y = 2", ["lock", "lock"]),
        ("with lock: pass", ["lock", "lock"]),
        ("with lock.wait('a') as b:\n    pass", ["lock.wait('a')"] * 3),
        ("for x in lock:\n    pass", ["lock"]),
        ("lock + 3", ["lock + 3"]),
        ("y = lock.wait(\n    1,\n    2)", ["lock.wait(1, 2)"]),
        ("y = lock.wait(1).wait(\n    2)", ["lock.wait(1)", "lock.wait(1).wait(2)"]),
        ("y = (lock.wait(1)\n    .wait(2))", ["lock.wait(1)", "….wait(2)"]),
        ("s = 'é'; lock.wait('é')", ["lock.wait('é')"]),
        ("lock.wait(password='Zq')", ["lock.wait(password=***)"]),
        ("lock.wait('http://a/b?c=Zq')", ["lock.wait('http://a/b?…')"]),
        ("def f():\n    return lock.wait(1)\nf()", ["lock.wait(1)"]),
    ],
)
def test_the_expression_that_waits_is_quoted(source, shown):
    assert expressions(source) == shown


def test_of_a_with_of_two_the_names_of_both_are_told_where_python_does_not_say_which():
    found = expressions("with lock, other:\n    pass")
    assert found == (["lock", "other", "other", "lock"] if sys.version_info >= (3, 13) else ["lock, other"] * 4)


def test_an_await_is_told_with_its_word():
    source = "async def f():\n    await g()\n    async with A() as b:\n        pass\n"
    source += "async def g():\n    await Stop()\nclass Stop:\n    def __await__(self):\n        yield\n"
    source += (
        "class A:\n    async def __aenter__(self): await Stop()\n    async def __aexit__(self, *a): await Stop()\n"
    )
    source += "task = f()\n"
    source += "for _ in range(3):\n    task.send(None)\n    SEEN.append((task.cr_code, task.cr_frame.f_lasti))\n"
    assert expressions(source) == ["await g()", "A()", "A()"]


def test_the_same_text_in_two_files_is_two_places():
    source = "lock.wait(1)"
    assert [*seen(source, "/home/ada/one.py"), *seen(source, "/home/ada/two.py")] == [
        Where("one.py", LINES + 1, source),
        Where("two.py", LINES + 1, source),
    ]


def test_without_positions_the_line_is_told():
    script = (
        "import sys, linecache\nfrom taketurns.naming.places import where\n"
        f"source = {HEAD + 'x = lock.wait(3)'!r}\nSEEN = []\n"
        "linecache.cache['/a/b.py'] = (0, None, source.splitlines(True), '/a/b.py')\n"
        "exec(compile(source, '/a/b.py', 'exec'), {'SEEN': SEEN})\nprint(where(*SEEN[0]))\n"
    )
    command = [sys.executable, "-X", "no_debug_ranges", "-c", script]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    told = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
    assert told == f"x = lock.wait(3)  (b.py, line {LINES + 1})\n"


def test_without_a_source_the_function_is_told():
    found = []
    exec(compile("def f():\n    wait()\nf()", "<string>", "exec"), {"wait": lambda: found.append(sys._getframe(1))})
    assert str(where(found[0].f_code, found[0].f_lasti)) == "in f  (<string>, line 2)"


def test_before_the_first_instruction_there_is_no_place():
    assert where(seen.__code__, -1) is None
    assert where(seen.__code__, 10**6) is None


# Files

SITE, STDLIB = sysconfig.get_path("purelib"), sysconfig.get_path("stdlib")


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/home/ada/fetch.py", "fetch.py"),
        (r"C:\Users\ada\fetch.py", "fetch.py"),
        ("fetch.py", "fetch.py"),
        ("/home/ada/site-packages/fetch.py", "fetch.py"),
        (join(SITE, "requests", "sessions.py"), "requests/sessions.py"),
        (join(STDLIB, "threading.py"), "threading.py"),
        (join(STDLIB, "site-packages", "a", "b.py"), "a/b.py"),
        (f"{STDLIB}-of-mine/fetch.py", "fetch.py"),
        ("<stdin>", "<stdin>"),
        ("<frozen importlib._bootstrap>", "<frozen importlib._bootstrap>"),
        ("<doctest /home/ada/a.txt[3]>", "<doctest a.txt[3]>"),
        ("<ipython-input-7-0123456789ab>", "In [7]"),
        ("<ipython-input-7-not a number>", "<ipython-input-7-not a number>"),
        ("/tmp/ipykernel_12/3456.py", "In [ ]"),
        ("/home/ada/a\nb\u202e.py", "a b.py"),
    ],
)
def test_a_file_is_told_by_its_name_or_from_its_package_on(path, shown):
    (place,) = seen("lock.wait(1)", path)
    assert place.file == shown


def test_a_cell_is_told_by_the_number_that_it_has_now(monkeypatch):
    numbers = {"/tmp/ipykernel_12/3.py": 3, "/tmp/ipykernel_12/0.py": 0}
    shell = types.SimpleNamespace(compile=types.SimpleNamespace(_filename_map=numbers))
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    assert str(seen("lock.wait(1)", "/tmp/ipykernel_12/3.py")[0]) == f"lock.wait(1)  (In [3], line {LINES + 1})"
    numbers["/tmp/ipykernel_12/3.py"] = 8  # the same cell, run again
    assert str(seen("lock.wait(1)", "/tmp/ipykernel_12/3.py")[0]) == f"lock.wait(1)  (In [8], line {LINES + 1})"
    assert seen("lock.wait(1)", "/tmp/ipykernel_12/0.py")[0].file == "In [ ]"
    assert seen("lock.wait(1)", "/home/ada/fetch.py")[0].file == "fetch.py"
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: None))
    assert seen("lock.wait(1)", "/home/ada/fetch.py")[0].file == "fetch.py"


def test_ipython_tells_its_cells_by_number():
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    try:
        found = []
        shell.user_ns["SEEN"] = found
        shell.run_cell(HEAD, store_history=True)
        number = shell.execution_count
        shell.run_cell("x = 1\nwith lock:\n    pass", store_history=True)
        assert where(*found[0]) == Where(f"In [{number}]", 2, "lock")
    finally:
        InteractiveShell.clear_instance()


def test_a_file_that_has_changed_is_read_anew(tmp_path):
    file = tmp_path / "page.py"
    for text in ("lock.wait(1)", "other.wait(22)"):
        file.write_text(HEAD + text)
        found = []
        exec(compile(HEAD + text, str(file), "exec"), {"SEEN": found})
        assert str(where(*found[0])) == f"{text}  (page.py, line {LINES + 1})"


def test_a_place_is_parsed_once(monkeypatch):
    found, parsed = [], []
    exec(compile(HEAD + "for x in (1, 2): lock.wait(1)", "/home/ada/often.py", "exec"), {"SEEN": found})
    linecache.cache["/home/ada/often.py"] = (0, None, (HEAD + "for x in (1, 2): lock.wait(1)").splitlines(True), "")
    monkeypatch.setattr(places, "quoted", lambda source: parsed.append(source) or source)
    assert [where(*place).expression for place in found] == ["lock.wait(1)"] * 2
    assert parsed == ["lock.wait(1)"]
