"""What must not be told is told apart by names, and cut out of texts."""

import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taketurns.naming.masks import is_secret, masked, printable

SECRET = """
    password passwd pwd token secret key api_key apikey authorization auth credential credentials db_password
    access_token accessToken API_KEY APIKey X-Api-Key password2 token_value userpassword authtoken api_keys
    access_tokens _secret SecretKey Authorization
"""
OPEN = """
    keys tokens max_tokens keyboard monkey author tokenizer secretary compass pages user passenger turkey url timeout
    bypass keyword authenticated _
"""


@pytest.mark.parametrize("name", SECRET.split())
def test_a_name_is_secret_where_a_word_of_it_is(name):
    assert is_secret(name)


@pytest.mark.parametrize("name", OPEN.split())
def test_a_name_that_only_looks_like_one_is_not(name):
    assert not is_secret(name)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("home", "home"),
        ("http://127.0.0.1:80/a", "http://127.0.0.1:80/a"),
        ("http://a/b?c=d", "http://a/b?…"),
        ("http://a/b?c=d e 'f'\n", "http://a/b?…"),
        ("http://a/b#c", "http://a/b#…"),
        ("http://ada:pw@a/b", "http://…@a/b"),
        ("http://ada@a/b", "http://…@a/b"),
        ("http://a/@ada", "http://a/@ada"),
        ("http://ada:p/w@a/b", "http://…@a/b"),
        ("http://ada:p?w@a/b", "http://…"),
        ("http://ada:12?3@a/b", "http://…"),
        ("http://a:80/b?user=c@d", "http://a:80/b?…"),
        ("redis://:pw@a/0", "redis://…@a/0"),
        ("ada:pw@a/b", "…@a/b"),
        ("/users/3?token=x", "/users/3?…"),
        ("select a from b where c = ? and d = ?", "select a from b where c = ? and d = ?"),
        ("really?", "really?"),
        ("host=a password=b port=c", "host=a password=***"),
        ('{"token": "x"}', '{"token": ***'),
        ("Authorization: Basic x", "Authorization: ***"),
        ("Bearer x y", "Bearer ***"),
        ("one bearer of news", "one bearer ***"),
        ("12:30, a=b", "12:30, a=b"),
    ],
)
def test_a_text_is_told_up_to_what_it_gives_away(text, shown):
    assert masked(text) == shown


@pytest.mark.skipif(sys.platform == "win32", reason="the root has no names there")
def test_a_path_is_told_by_its_end():
    root = min(name for name in os.listdir("/") if name.isalnum())
    assert masked(f"/{root}/ada/my page.csv") == "…/my page.csv"
    assert masked(f"file:///{root}/ada/page.csv") == "file://…/page.csv"
    assert masked(f"http://a/{root}/3") == f"http://a/{root}/3"
    assert masked("/no-such-folder/3") == "/no-such-folder/3"


def test_a_path_with_a_drive_is_told_by_its_end():
    assert masked(r"C:\Users\ada\page.csv") == "…/page.csv"
    assert masked("C:/Users/ada/page.csv") == "…/page.csv"
    assert masked("a://b/c/d") == "a://b/c/d"


@given(st.text(), st.text(max_size=5))
def test_nothing_of_a_query_is_told(query, path):
    path = path.replace("?", "").replace("#", "")
    assert masked(f"https://a/{path}?{query}") in (f"https://{end}" for end in (*ends(f"a/{path}?…"), "…"))


def ends(text):
    """Yield a text, and what is left of it where everything up to an @ is taken for a user."""
    yield text
    yield f"…@{text.rpartition('@')[2]}"


@given(st.text())
def test_what_is_printable_stays_and_all_else_leaves_one_line(text):
    assert printable(text).isprintable()
    assert printable(text) == text or not text.isprintable()


def test_what_steers_a_terminal_or_the_direction_of_writing_is_left_out():
    assert printable("a\nb\tc\x1b[31m\u202e\0\u2028d \ud800") == "a b c[31m d �"
