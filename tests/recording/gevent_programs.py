"""Programs that run on gevent. Its patches are for ever: this runs in a process of its own, and prints their traces.

``python gevent_programs.py never | before | after | inside``: when ``monkey.patch_all()`` is called, before or after
taketurns is imported, or inside the first recording.
"""

# ruff: noqa: E402 -- when what is imported is what is tried here

import sys

WHEN = sys.argv[1]
if WHEN == "before":
    from gevent import monkey

    monkey.patch_all()

import json
import queue
import socket
import subprocess
import threading
import time

from taketurns import compute, record, task, wait, waiting

if WHEN == "after":
    from gevent import monkey

    monkey.patch_all()

import gevent
import gevent.event
import gevent.lock
import gevent.pool
import gevent.queue
from gevent.monkey import get_original

#: What the system itself does, which stops the whole thread.
block_thread = get_original("time", "sleep")
found = {}


def program(function):
    """Run a program in a recording of its own, and keep its trace."""
    with record(function.__name__) as trace:
        function()
    found[function.__name__] = trace
    return function


def burn(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def job(number):
    gevent.sleep(0.02)
    burn(0.005)
    gevent.sleep(0.02)


with record("import") as trace:
    if WHEN == "inside":
        from gevent import monkey

        monkey.patch_all()
    gevent.joinall([gevent.spawn(job, 0)])
found["first"] = trace


@program
def sleepers():
    gevent.joinall([gevent.spawn(job, number) for number in range(3)])


@program
def pool():
    gevent.pool.Pool(2).map(job, range(4))


@program
def group():
    list(gevent.pool.Group().imap_unordered(job, range(2)))


@task(name="order {number}")
def order(number):
    gevent.sleep(0.02)
    compute(0.005)


@program
def decorated():
    gevent.pool.Pool(2).map(order, range(4))


def consume(pages, got):
    for _ in range(2):
        pages.get()
        got.set()


@program
def queue_of_gevent():
    pages, got = gevent.queue.Queue(), gevent.event.Event()
    consumer = gevent.spawn(consume, pages, got)
    for page in range(2):
        gevent.sleep(0.02)
        pages.put(page)
        got.wait()
        got.clear()
    consumer.join()


class Shop:
    def __init__(self):
        self.lock = gevent.lock.BoundedSemaphore(1)
        self.open = gevent.event.Event()

    def first(self):
        with self.lock:
            self.open.set()
            gevent.sleep(0.03)

    def second(self):
        self.open.wait()
        with self.lock:
            pass

    def waits(self):
        self.open.wait(5)


@program
def lock_and_event():
    shop = Shop()
    jobs = [gevent.spawn(shop.second), gevent.spawn(shop.waits)]
    gevent.sleep(0.02)
    jobs.append(gevent.spawn(shop.first))
    gevent.joinall(jobs)


def parent():
    child = gevent.spawn(job, 7)
    child.join()
    gevent.joinall([gevent.spawn(job, 8)])


@program
def joins():
    gevent.spawn(parent).get()


def holds():
    block_thread(0.03)


@program
def held():
    gevent.joinall([gevent.spawn(holds), gevent.spawn(gevent.sleep, 0.01)])


def sleep_short():
    gevent.sleep(0.01)


@program
def late():
    gevent.joinall([gevent.spawn(sleep_short), gevent.spawn(burn, 0.05)])


def steps(number):
    for _ in range(3):
        gevent.sleep(0)


@program
def turns():
    gevent.joinall([gevent.spawn(steps, number) for number in range(2)])


def broken():
    gevent.sleep(0.005)
    raise LookupError("no such page")


def for_ever():
    gevent.sleep(1000)


@program
def ends():
    gevent.get_hub().print_exception = lambda *error: None
    jobs = [gevent.spawn(broken), gevent.spawn(for_ever), gevent.spawn(job, 1)]
    gevent.joinall(jobs[:1])
    jobs[1].kill()
    gevent.joinall(jobs)


@program
def alone():
    gevent.sleep(0.03)


@program
def in_threadpool():
    hub = gevent.get_hub().threadpool
    gevent.joinall([gevent.spawn(hub.apply, block_thread, (0.03,)) for _ in range(2)])


def receive(one):
    one.recv(1)


@program
def sockets():
    if WHEN == "never":
        from gevent import socket as sockets
    else:
        sockets = socket
    one, two = sockets.socketpair()
    receiver = gevent.spawn(receive, one)
    gevent.sleep(0.02)
    two.send(b"x")
    receiver.join()
    one.close()
    two.close()


class Cook(gevent.Greenlet):
    def __init__(self, name):
        super().__init__()
        self.dish = name

    def _run(self):
        gevent.sleep(0.01)


@program
def classes():
    cook = Cook("soup")
    cook.start()
    gevent.spawn_later(0.01, job, number=5)
    cook.join()
    gevent.wait()


def stands_in(number):
    with waiting("the kitchen"):
        gevent.sleep(0.01)
    compute(0.002)


@program
def stand_ins():
    gevent.joinall([gevent.spawn(stands_in, number) for number in range(2)])


def in_a_thread(event, pages):
    event.wait()
    pages.get()


@program
def threads():
    event, pages = threading.Event(), queue.Queue()
    started = [threading.Thread(target=in_a_thread, args=(event, pages))]
    started += [threading.Thread(target=wait, args=(0.02,), name="the kettle")]
    for each in started:
        each.start()
    time.sleep(0.02)
    event.set()
    time.sleep(0.02)
    pages.put(1)
    for each in started:
        each.join()


def run_child():
    return subprocess.run([sys.executable, "-S", "-c", "import time; time.sleep(0.05)"], check=True)


@program
def child():
    gevent.joinall([gevent.spawn(run_child)])


def inner():
    gevent.joinall([gevent.spawn(job, 1), gevent.spawn(order, 2)])


@program
def another_thread():
    gevent.get_hub().threadpool.apply(inner)


with record("the block alone") as trace:
    gevent.sleep(0.03)
found["block"] = trace


def ticks():
    for _ in range(15):
        gevent.sleep(0.004)


def own(seconds):
    gevent.sleep(seconds)


with record("beside others") as trace:
    other = gevent.spawn(ticks)
    own(0.02)
    gevent.sleep(0.021)
    own(0.003)
    other.join()
found["beside"] = trace

tracing = sys.modules["greenlet"].gettrace() is not None
json.dump({"tracing": tracing, "traces": {name: trace.to_json() for name, trace in found.items()}}, sys.stdout)
