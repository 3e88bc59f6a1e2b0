"""How far recordings agree with an outside observer: truth.py [NAME ...], a script, and no test.

Each program runs in a process of its own, plain and recorded, in a pool of threads, or of processes where its name ends
in "/processes", while this one asks the kernel what its threads and those of its children do: on a core, waiting for
the GIL (in a futex near the one that spinning threads waited in), or for something else. READY for a core cannot be
told from running from outside, and agrees. In an event loop's thread, a task that runs is to be drawn where the thread
ran in a step, and none where it waits for the loop's next event. Two observers agree with each other to 94 to 96 %
where threads fight for the GIL: take the median of five quiet runs.
"""

import asyncio
import collections
import hashlib
import json
import os
import queue
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import perf_counter_ns as now

FUTEX = "98" if os.uname().machine == "aarch64" else "202"
GOOD = {("ran", "RUNNING"), ("ran", "READY core"), ("GIL", "READY GIL"), ("waited", "WAITING"), ("waited", "nothing")}
LOCK = threading.Lock()

# Plain programs: each is called with 0 to 3, in a pool of four threads


def sleepy(number):
    time.sleep(0.1)
    sum(one * one for one in range(400_000))
    time.sleep(0.05)


def crunch(number):
    sum(one * one for one in range(1_500_000))


def hashes(number):
    hashlib.sha256(b"x" * 60_000_000).digest()
    sum(range(1_000_000))


def jsons(number):
    for _ in range(6000):
        json.loads(json.dumps({"a": [1, 2, 3] * 20}))


def locky(number):
    for _ in range(3):
        with LOCK:
            time.sleep(0.02)
        sum(one * one for one in range(100_000))


def children(number):
    for _ in range(2):
        subprocess.run([sys.executable, "-I", "-S", "-c", "import time; time.sleep(0.05)"], check=True)
        sum(one * one for one in range(100_000))


def sockets(number):
    here, there = socket.socketpair()
    talker = threading.Thread(target=lambda: [time.sleep(0.02) or there.sendall(b"hi") for _ in range(6)])
    talker.start()
    for _ in range(6):
        here.recv(2)
        sum(one * one for one in range(60_000))
    talker.join()
    here.close()
    there.close()


def consumer(number):
    jobs = queue.Queue()
    maker = threading.Thread(target=lambda: [time.sleep(0.02) or jobs.put(one) for one in range(6)])
    maker.start()
    for _ in range(6):
        jobs.get()
        sum(one * one for one in range(60_000))
    maker.join()


THREADS = {each.__name__: each for each in (sleepy, crunch, hashes, jsons, locky, children, sockets, consumer)}

PROCESSES = [f"{name}/processes" for name in ("sleepy", "crunch", "hashes", "jsons", "locky", "consumer")]

# Programs of asyncio, in the main thread


async def polite():
    async def one():
        for _ in range(4):
            await asyncio.sleep(0.03)
            sum(each * each for each in range(80_000))

    await asyncio.gather(*(one() for _ in range(4)))


async def rude():
    async def blocks():
        for _ in range(3):
            await asyncio.sleep(0.02)
            time.sleep(0.05)

    await asyncio.gather(blocks(), polite())


async def mixed():
    await asyncio.gather(polite(), *(asyncio.to_thread(sleepy, number) for number in range(2)))


LOOPS = {each.__name__: each for each in (polite, rude, mixed)}


def target(name):
    """The recorded program: prints as JSON when all spun, the threads' times, and the spans of each."""
    from taketurns import record
    from taketurns.recording import recorder

    name, _, many = name.partition("/")
    calls = []
    begin = now()
    threads = [threading.Thread(target=spin) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spun = begin, now()
    with record(name) as trace:
        mine = recorder.on
        if name in THREADS:
            with (ProcessPoolExecutor if many else ThreadPoolExecutor)(4) as pool:
                calls += pool.map(partial(call, name), range(4))
        else:
            entry = [threading.get_native_id(), now(), 0, ""]
            asyncio.run(LOOPS[name]())
            calls.append([*entry[:2], now(), ""])
    spans = [
        (span.task, _word(span), mine.start + round(span.start * 1e9), mine.start + round(span.end * 1e9))
        for span in trace.spans
        if name in THREADS or (span.worker == "main thread" and span.task != "the block")
    ]
    say("DATA", json.dumps({"spun": spun, "calls": calls, "spans": spans, "notes": trace.notes}))


def call(name, number):
    """Return by whom, from when to when one call was made, and as what task."""
    begin = now()
    THREADS[name](number)
    return [threading.get_native_id(), begin, now(), f"call({name!r}, {number})"]


def _word(span):
    """Return what the kernel would say of the thread that carries a span; nothing where it waits for the loop."""
    if span.state == "READY":
        return "nothing" if span.reason == "event loop" else f"READY {span.reason}"
    held = span.reason.endswith("holds the event loop") or not span.task.startswith(("polite", "rude", "mixed", "one"))
    return "nothing" if span.state == "WAITING" and not held and "call(" not in span.task else str(span.state)


def say(*words):
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


def spin():
    end = now() + 120_000_000
    while now() < end:
        pass


def samples(process):
    """Ask the kernel until the process ends: (time, thread, state, system call, its first argument)."""
    seen, own = [], f"/proc/{process.pid}/task/"
    while process.poll() is None:
        with suppress(OSError):
            children = Path(own, str(process.pid), "children").read_text().split()
            for base in (own, *(f"/proc/{child}/task/" for child in children)):
                with suppress(OSError):
                    for thread in os.listdir(base):
                        call = Path(base, thread, "syscall").read_text().split()
                        state = Path(base, thread, "stat").read_text().rpartition(")")[2].split()[0]
                        seen.append((now(), int(thread), state, call[0], int(call[1], 16) if len(call) > 1 else 0))
        time.sleep(0.0007)
    return seen


def agreement(name):
    """Run one program, print how far both agree, and return it in per cent."""
    with subprocess.Popen([sys.executable, __file__, "--target", name], stdout=subprocess.PIPE, text=True) as process:
        lines = []
        reader = threading.Thread(target=lambda: lines.extend(process.stdout))
        reader.start()
        seen = samples(process)
        reader.join()
    data = json.loads(next(line for line in lines if line.startswith("DATA"))[5:])
    begin, end = data["spun"]
    spinning = [call[4] for call in seen if begin < call[0] < end and call[3] == FUTEX and call[1] != process.pid]
    gil = [address for address, count in collections.Counter(spinning).most_common(3) if count > 3]
    total = collections.Counter()
    for thread, begin, end, task in data["calls"]:
        spans = [span for span in data["spans"] if not task or span[0] == task]
        for at, who, state, call, address in seen:
            if who == thread and begin < at < end:
                in_gil = call == FUTEX and any(abs(address - each) < 96 for each in gil)
                words = {word for _, word, first, last in spans if first <= at < last} - {"nothing"}
                total["ran" if state == "R" else "GIL" if in_gil else "waited", min(words, default="nothing")] += 1
    whole = max(1, total.total())
    share = 100 * sum(total[pair] for pair in GOOD) / whole
    wrong = [f"{k} drawn {d}: {100 * c / whole:.1f} %" for (k, d), c in total.most_common() if (k, d) not in GOOD]
    say(f"{name:10} {share:5.1f} % agree, {whole} samples;", ", ".join(wrong[:3]), *data["notes"])
    return share


if __name__ == "__main__":
    if sys.argv[1:2] == ["--target"]:
        target(sys.argv[2])
    else:
        shares = [agreement(name) for name in sys.argv[1:] or [*THREADS, *LOOPS, *PROCESSES]]
        say(f"least {min(shares):.1f} %, mean {sum(shares) / len(shares):.1f} %")
