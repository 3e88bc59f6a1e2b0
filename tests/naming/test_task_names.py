"""A lane's name: the call in one short line, without secrets, and without running anything of the learner's."""

import asyncio
import functools
import hashlib
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from taketurns.naming.names import call_name, code_name, thread_name


def download(page, timeout=3):
    return sys._getframe()


def login(user, password, *rest, token=None, **more):
    return sys._getframe()


def unlock(*tokens):
    return sys._getframe()


def once(function):
    @functools.wraps(function)
    def call(*args, **kwargs):
        return function(*args, **kwargs)

    return call


class Page:
    def __init__(self, number=0, secret=""):
        self.number = number

    def visit(self, url):
        return sys._getframe()

    @classmethod
    def made(cls, url):
        return sys._getframe()

    def __call__(self, number, api_key=""):
        return None


class Chapter(Page):
    pass


class Wrapper:
    """A decorator that is a class, as many are."""

    def __init__(self, function):
        functools.update_wrapper(self, function)

    def __call__(self, *args):
        return None


def outer():
    def inner(x):
        return None

    return inner


CALLS = [
    (download, ("home",), {}, "download('home')"),
    (download, (3,), {"timeout": 2.5}, "download(3, timeout=2.5)"),
    (download, (), {}, "download()"),
    (download, [1], None, "download(1)"),  # Thread(args=[1])
    (download, (None, True), {}, "download(None, True)"),
    (download, (b"ab", 0.1 + 0.2), {}, "download(b'ab', 0.3)"),
    (download, ([1, 2], (1,)), {}, "download([1, 2], (1,))"),
    (download, ([1, 2, 3, 4, 5],), {}, "download([1, 2, 3, 4, …])"),
    (download, (Page(), {1: 2}, {3}, len), {}, "download(Page, dict, set, …)"),
    (download, ("a" * 100,), {}, "download('aaaaaaaaaa…aaaaaaaaaaa')"),
    (download, (10**80, 10**9), {}, "download(int, 1000000000)"),
    (download, ("a\nb", "\u202e\ud800"), {}, r"download('a\nb', '\u202e\ud800')"),
    (download, ("abcdefghij", "abcdefghij", "abcdefghij", "abcdefghij"), {}, "download('abcdefghij', 'abcdefghij', …)"),
    (functools.partial(download, "home"), (), {"timeout": 1}, "download('home', timeout=1)"),
    (
        functools.partial(functools.partial(download, 1, timeout=2), 3),
        (4,),
        {"timeout": 5},
        "download(1, 3, 4, timeout=5)",
    ),
    (Page().visit, ("http://127.0.0.1:80/a",), {}, "Page.visit('http://127.0.0.1:80/a')"),
    (Chapter().visit, ("a",), {}, "Chapter.visit('a')"),
    (Chapter.made, ("a",), {}, "Chapter.made('a')"),
    (Page, (3,), {}, "Page(3)"),
    (Page(), (3,), {}, "Page(3)"),
    (outer(), (3,), {}, "inner(3)"),
    (lambda x: x, (3,), {}, "lambda(3)"),
    (time.sleep, (0.05,), {}, "sleep(0.05)"),
    ([].append, (3,), {}, "list.append(3)"),
    (str.upper, ("a",), {}, "str.upper('a')"),
    (functools.lru_cache(download), (3,), {}, "download(3)"),
    (once(download), (3,), {}, "download(3)"),
    (Wrapper(download), (3,), {}, "download(3)"),
]


@pytest.mark.parametrize(("function", "args", "kwargs", "name"), CALLS)
def test_a_call_is_named_by_its_function_and_its_arguments(function, args, kwargs, name):
    assert call_name(function, args, kwargs) == name


@pytest.mark.parametrize(("function", "args", "kwargs", "name"), CALLS)
def test_a_call_can_be_named_without_its_arguments(function, args, kwargs, name):
    assert call_name(function, args, kwargs, arguments=False) == name.partition("(")[0]


@pytest.mark.parametrize(
    ("function", "args", "kwargs", "name"),
    [
        (login, ("ada", "hunter2"), {}, "login('ada', ***)"),
        (login, ("ada",), {"password": "hunter2"}, "login('ada', password=***)"),
        (
            login,
            ("ada", "x", "y"),
            {"token": 3, "apiKey": 4, "port": 5},
            "login('ada', ***, 'y', token=***, apiKey=***, …)",
        ),
        (functools.partial(login, "ada"), ("hunter2",), {}, "login('ada', ***)"),
        (functools.partial(login, "ada", "hunter2"), (), {}, "login('ada', ***)"),
        (once(login), ("ada", "hunter2"), {}, "login('ada', ***)"),
        (functools.lru_cache(login), ("ada", "hunter2"), {}, "login('ada', ***)"),
        (Wrapper(login), ("ada", "hunter2"), {}, "login('ada', ***)"),
        (unlock, ("a", "b"), {}, "unlock('a', 'b')"),
        (Page, (3, "hunter2"), {}, "Page(3, ***)"),
        (Page(), (3, "hunter2"), {}, "Page(3, ***)"),
        (hashlib.pbkdf2_hmac, ("sha256", b"hunter2", b"salt", 9), {}, "pbkdf2_hmac('sha256', ***, b'salt', 9)"),
        (download, ("http://a/b?token=c#d",), {}, "download('http://a/b?…')"),
        (download, ("http://ada:hunter2@a/b",), {}, "download('http://…@a/b')"),
        (download, ("http://a/" + "b" * 600 + "?q=c",), {}, "download('http://…')"),
        (download, (b"http://a/b?token=c",), {}, "download(b'http://a/b?…')"),
        (download, ([("password", "hunter2")],), {}, "download([('password', ***)])"),
        (download, ("host=a password=b",), {}, "download('host=a password=***')"),
    ],
)
def test_a_secret_is_masked_wherever_it_is_given(function, args, kwargs, name):
    assert call_name(function, args, kwargs) == name


@pytest.mark.skipif(not hasattr(functools, "Placeholder"), reason="since 3.14")
def test_the_gaps_of_a_partial_are_filled():
    function = functools.partial(login, functools.Placeholder, "hunter2", 1)
    assert call_name(function, ("ada", 2), {}) == "login('ada', ***, 1, 2)"


def test_a_partial_that_holds_itself_has_a_name_too():
    function = functools.partial(download)
    function.__setstate__((function, (), {}, {}))
    assert call_name(function, (1,), {}).startswith("partial(")


# A frame


def test_a_frame_is_named_as_its_call():
    def named(frame):
        return code_name(frame.f_code, frame.f_locals)

    assert named(download("home")) == "download('home', 3)"
    assert named(login("ada", "hunter2", 1, token="abc", key="k")) == "login('ada', ***, 1, token=***, key=***)"
    assert named(unlock("a", "b")) == "unlock('a', 'b')"
    assert named(Chapter().visit("a")) == "Chapter.visit('a')"
    assert named(Chapter.made("a")) == "Chapter.made('a')"
    assert named((lambda x: sys._getframe())(3)) == "lambda(3)"
    assert code_name(login.__code__, {}, arguments=False) == "login"
    assert code_name(login.__code__, {"user": "ada"}) == "login('ada')"


# Nothing of the learner's runs


def alarm(*args, **kwargs):
    raise AssertionError("code of the learner's ran")


HOOKS = ["__repr__", "__str__", "__getattr__", "__getattribute__", "__format__", "__len__", "__iter__", "__getitem__"]
HOOKS += ["__hash__", "__eq__", "__bool__", "__index__", "__instancecheck__", "__contains__", "lower", "isprintable"]
NAMED = ["__name__", "__class__", "__dict__", "__wrapped__", "__func__", "__self__", "__code__", "func"]


def hostile(*bases):
    """Return a class with bases, of which every look but the type's own raises."""
    hooks = dict.fromkeys(HOOKS, alarm) | {name: property(alarm) for name in NAMED}
    meta = type("Meta", (type,), {**hooks, "mro": lambda cls: type.mro(cls), "__subclasscheck__": alarm})
    return meta("Trap", bases, {**hooks, "__call__": lambda self, *args: None})


@pytest.mark.parametrize("base", [object, int, float, str, bytes, tuple, list, dict])
def test_no_code_of_the_learners_runs_for_a_name(base):
    trap = base.__new__(hostile(base))
    assert call_name(download, (trap, [trap]), {"timeout": trap}) == "download(Trap, [Trap], timeout=Trap)"
    assert call_name(trap, (1,), {}) == "Trap(1)"
    assert call_name(hostile(base), (1,), {}) == "Trap(1)"
    assert call_name(functools.partial(trap, trap), (), {}) == "Trap(Trap)"
    assert code_name(download.__code__, {"page": trap, "timeout": trap}) == "download(Trap, Trap)"


@pytest.mark.parametrize("base", [list, tuple, dict])
def test_arguments_of_the_learners_making_are_not_read(base):
    trap = base.__new__(hostile(base))
    assert call_name(download, *([trap, {}] if base is not dict else [(), trap])) == "download(…)"


def test_names_of_the_learners_making_are_read_as_plain_strings():
    class Trap(str):
        __hash__ = __eq__ = __str__ = __repr__ = lower = split = isprintable = replace = alarm

    function = lambda x: None  # noqa: E731
    function.__qualname__ = Trap("a\nb")
    thread = threading.Thread()
    thread._name = Trap("carrier")
    assert call_name(function, (1,), {}) == "a b(1)"
    assert thread_name(thread) == "carrier"


# Laws

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.builds(Page),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
surrogates = st.text(st.characters(categories=["Cs", "Cc", "Cf", "Zl", "Zp", "Lu"]))


@given(st.lists(anything | surrogates), st.dictionaries(st.text() | surrogates, anything))
@example(["\u2028\x1b[31m"], {"\u202e": "\ud800"})
def test_a_name_is_one_printable_line_of_bounded_length(args, kwargs):
    for function in (download, login, Page().visit, functools.partial(login, *args)):
        name = call_name(function, tuple(args), kwargs)
        assert name.isprintable()
        assert len(name) <= 90


@given(surrogates | st.text())
def test_the_name_of_a_function_is_one_printable_line_of_bounded_length(text):
    function = lambda: None  # noqa: E731
    function.__qualname__ = text
    assert call_name(function).isprintable()
    assert len(call_name(function)) <= 45
    thread = threading.Thread()
    thread._name = text
    assert thread_name(thread).isprintable()
    assert len(thread_name(thread)) <= 40


HIDDEN = "Zq7Zq7Zq7"  # stands in no name of ours


@given(
    st.sampled_from([HIDDEN, HIDDEN.encode(), [HIDDEN], (HIDDEN,), {HIDDEN: 1}]),
    st.text(max_size=3),
    st.text(max_size=3),
)
def test_no_secret_is_in_a_name(secret, before, after):
    url = f"https://{before.replace('/', '')}:{HIDDEN}@a.b/c"
    carried = f"https://a.b/c?{before}={HIDDEN}{after}"
    pairs = {"db_password": secret, "url": carried, "x": f"password={before}{HIDDEN}" if before.strip() else ""}
    for name in (
        call_name(login, ("ada", secret), {"token": secret}),
        call_name(login, ("ada", secret), pairs),
        call_name(download, (url, carried), {}),
        call_name(download, (f"{carried}{after * 300}",), {}),
        call_name(download, ([carried],), {}),
        call_name(functools.partial(login, "ada", secret), (), pairs),
        code_name(login.__code__, {"user": url, "password": secret, "token": secret, "more": pairs}),
    ):
        assert "Zq" not in name


# Threads


def names_inside(executor):
    with executor:
        return [executor.submit(lambda: thread_name(threading.current_thread())).result()]


def test_a_name_that_python_made_is_none():
    def work():
        return None

    threads = [threading.Thread(), threading.Thread(target=work), threading.Timer(1, work), threading.main_thread()]
    work.__name__ = "a\n(b"
    threads.append(threading.Thread(target=work))
    assert [thread_name(thread) for thread in threads] == [""] * 5
    assert names_inside(ThreadPoolExecutor(1)) == [""]
    assert asyncio.run(asyncio.to_thread(lambda: thread_name(threading.current_thread()))) == ""


def test_a_thread_that_python_did_not_start_has_no_name():
    import _thread

    found, done = [], threading.Event()

    def look():
        found.append(thread_name(threading.current_thread()))
        done.set()

    _thread.start_new_thread(look, ())
    done.wait()
    assert found == [""]


def test_the_name_that_the_program_gave_to_a_thread_is_told():
    assert thread_name(threading.Thread(name="carrier")) == "carrier"
    assert thread_name(threading.Thread(name="Thread-like")) == "Thread-like"
    assert thread_name(threading.Thread(name="a\nb\u202e\x1b\ud800")) == "a b�"
    assert names_inside(ThreadPoolExecutor(1, thread_name_prefix="download")) == ["download_0"]
