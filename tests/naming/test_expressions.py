"""A piece of source is quoted as it stands, in one line, without the secrets in it."""

import ast
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taketurns.naming.expressions import quoted


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("a.recv(2)", "a.recv(2)"),
        ('fetch("a",  1)', 'fetch("a", 1)'),
        ("await asyncio.sleep(1)", "await asyncio.sleep(1)"),
        ("yield x", "yield x"),
        ("x, y", "x, y"),
        ("fetch(\n    a,  # the first\n    b)", "fetch(a, b)"),
        ("fetch(a)  # the first", "fetch(a)"),
        ("with lock:\n    a()\n    b()\n", "lock"),
        ("with lock:", "lock"),
        ("with lock: pass", "lock"),
        ("with (a as b,\n      c.d(1)):\n    pass", "a, c.d(1)"),
        ("async with pool.get() as one:\n    pass", "pool.get()"),
        ("for x in queue.get():\n    pass", "queue.get()"),
        ("async for x in feed:", "feed"),
        ("while more():", "more()"),
        ("if more():", "more()"),
        ("elif more():", "more()"),
        ("match more():\n    case 1:\n        pass", "more()"),
        ("else:", "else:"),
        ("def work(a,\n         b): ...", "def work"),
        ("class A: ...", "class A"),
        ("x = fetch(1)", "x = fetch(1)"),
        ("import numpy", "import numpy"),
        ("fetch(", "fetch("),
        ('fetch("a", {', "fetch('…', {"),
        ("a" * 70, "a" * 59 + "…"),
        ("'\u202e'", "''"),
        ("", ""),
        ("\0", ""),
        ("\x1f", ""),
    ],
)
def test_a_piece_of_source_is_quoted_in_one_line(source, shown):
    assert quoted(source) == shown


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ('login(password="Zq")', "login(password=***)"),
        ('login("Zq", "Zq")', "login(***, ***)"),
        ('login(f"Zq{a}", user)', "login(***, user)"),
        ("login(password=config.password)", "login(password=config.password)"),
        ("login(pin=1, key=1234)", "login(pin=1, key=***)"),
        ("sorted(pages, key=len)", "sorted(pages, key=len)"),
        ("queue.get(timeout=3)", "queue.get(timeout=3)"),
        ('token = "Zq"', "token = ***"),
        ('user, token = "Zq", "Zq"', "user, token = (***, ***)"),
        ('self.token: str = "Zq"', "self.token: str = ***"),
        ('os.environ["API_KEY"] = "Zq"', "os.environ['API_KEY'] = ***"),
        ('cache[key] = read("page")', "cache[key] = read('page')"),
        ('token += b"Zq"', "token += ***"),
        ('f((token := "Zq"))', "f((token := ***))"),
        ('token == "Zq"', "token == ***"),
        ('{"password": "Zq", "page": 3}', "{'password': ***, 'page': 3}"),
        ('os.environ.get("TOKEN", "Zq")', "os.environ.get('TOKEN', ***)"),
        ('[("token", "Zq")]', "[('token', ***)]"),
        ('["token", "Zq"]', "['token', ***]"),
        ('lambda password="Zq", *, token=b"Zq": 1', "lambda password=***, *, token=***: 1"),
        ('get("http://Zq:Zq@a/b?c=Zq#Zq")', "get('http://…@a/b?…')"),
        ('get("http://a/b?" "c=Zq")', "get('http://a/b?…')"),
        ('get(b"http://a/b?c=Zq")', "get(***)"),
        ('get(f"http://{user}:Zq@{host}/b?c={d}&e=Zq", x)', "get(f'http://…@{host}/b?…', x)"),
        ('get(f"{host}/b", f"{x!r:>{width}}")', 'get(f"{host}/b", f"{x!r:>{width}}")'),
        ("get(f\"{read(token='Zq')}\")", "get(f'{read(token=***)}')"),
        ('get(headers={"Authorization": "Bearer Zq"})', "get(headers={'Authorization': ***})"),
        # What is no whole expression, as a line alone often is
        ('login("Zq", password="Zq",', "login('…', password=***"),
        ('password="Zq",', "password = (***,)"),
        ('f("a\\"Zq", {', "f('…', {"),
        ("f('''Zq", "f('…'"),
        ("f(  # the token is Zq", "f("),
        ("with login(password='Zq') as x:", "login(password=***)"),
    ],
)
def test_a_secret_in_a_piece_of_source_is_masked(source, shown):
    assert quoted(source) == shown
    assert "Zq" not in shown


def test_nobody_is_warned_a_second_time_of_an_escape():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert quoted(r're.match("\d", x)') == r're.match("\d", x)'
    assert caught == []


@given(st.text())
def test_whatever_stands_there_the_quotation_is_one_printable_line(source):
    assert quoted(source).isprintable()
    assert len(quoted(source)) <= 60


SECRET = st.text("Zq7'\"\\{}?#:/@&= \n", min_size=1).map(lambda text: f"Zq{text}Zq")


@given(SECRET, st.integers(0, 40))
def test_no_secret_is_in_a_quotation_whole_or_cut(secret, cut):
    for call in (
        f"login(password={secret!r})",
        f"get({'https://a/?b=' + secret!r})",
        f"get({{'token': {secret!r}}}, x)",
        f"token = [{secret!r}, 1]",
        f"login(user, {secret!r})",
        f"get(f{'https://ada:' + secret.replace('{', '').replace('}', '') + '@a'!r})",
    ):
        assert "Zq" not in quoted(call)
        assert "Zq" not in quoted(call[: len(call) - min(cut, 2)])


@given(st.sampled_from(["a", "f(x)", "f(x)[1:2]", "a.b.c(d=1, *e)", "x if y else z", "[i for i in j]", "-a + b"]))
def test_an_expression_over_several_lines_means_the_same_in_one(source):
    spread = source.replace("(", "(\n  ").replace(",", ",  # here\n")
    assert ast.dump(ast.parse(quoted(spread))) == ast.dump(ast.parse(source))
