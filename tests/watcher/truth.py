"""How far the watcher agrees with an outside observer: truth.py PROGRAMS [NAME ...], a script, and no test.

PROGRAMS is a file with a table ``PROGRAMS`` of functions of one number. Each runs in a pool of four threads under a
`Watcher`, while another process asks the kernel what each thread does, as `samples` does. READY for a core cannot be
told from running from outside, and agrees. Two observers agree with each other to 94 to 96 % where threads fight for
the GIL: take the median of five quiet runs.
"""

import collections
import json
import os
import runpy
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter_ns as now

FUTEX = "98" if os.uname().machine == "aarch64" else "202"
GOOD = {("ran", "RUNNING"), ("ran", "READY core"), ("GIL", "READY GIL"), ("waited", "WAITING")}


def target(file, name):
    """The watched program, in a process of its own: prints when all spun, its calls, and what the watcher saw."""
    from taketurns.watcher.watcher import Watcher

    function, calls = runpy.run_path(file)["PROGRAMS"][name], []

    def call(number):
        entry = [threading.get_native_id(), now(), 0]
        calls.append(entry)
        function(number)
        entry[2] = now()

    begin = now()
    threads = [threading.Thread(target=spin) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spun = begin, now()
    watcher = Watcher()
    watcher.start()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(call, range(4)))
    looks = watcher.stop()
    words = {
        thread: [
            (f"{look.state.name} {look.reason if look.state == 'READY' else ''}".strip(), look.start, look.end)
            for look in all_of_it
        ]
        for thread, all_of_it in looks.items()
    }
    waits = [look for thread in {entry[0] for entry in calls} for look in looks[thread] if look.state == "WAITING"]
    long = [look for look in waits if look.end - look.start > 5_000_000]
    named = sum(look.place is not None for look in long)
    data = {"spun": spun, "calls": calls, "looks": words, "why": watcher.why_not, "named": [named, len(long)]}
    say("DATA", json.dumps(data))


def say(*words):
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


def spin():
    end = now() + 120_000_000
    while now() < end:
        pass


def samples(process):
    """Ask the kernel until the process ends: (time, thread, state, system call, its first argument)."""
    seen, base = [], f"/proc/{process.pid}/task/"
    while process.poll() is None:
        try:
            for thread in os.listdir(base):
                call = Path(base, thread, "syscall").read_text().split()
                state = Path(base, thread, "stat").read_text().rpartition(")")[2].split()[0]
                seen.append((now(), int(thread), state, call[0], int(call[1], 16) if len(call) > 1 else 0))
        except OSError:
            continue
        time.sleep(0.0007)
    return seen


def agreement(file, name):
    """Run one program, print how far both agree, and return it in per cent."""
    with subprocess.Popen(
        [sys.executable, __file__, "--target", file, name], stdout=subprocess.PIPE, text=True
    ) as process:
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
    for thread, begin, end in data["calls"]:
        looks = data["looks"].get(str(thread), [])
        for at, who, state, call, address in seen:
            if who == thread and begin < at < end:
                in_gil = call == FUTEX and any(abs(address - each) < 96 for each in gil)
                kernel = "ran" if state == "R" else "GIL" if in_gil else "waited"
                total[kernel, next((word for word, first, last in looks if first <= at < last), "nothing")] += 1
    whole = max(1, total.total())
    share = 100 * sum(total[pair] for pair in GOOD) / whole
    wrong = [
        f"{k} drawn {d}: {100 * c / whole:.1f} %"
        for (k, d), c in total.most_common()
        if (k, d) not in GOOD and c > whole / 100
    ]
    say(
        f"{name:10} {share:5.1f} % agree, {whole} samples, named {data['named']}",
        data["why"],
        "; ".join(wrong),
    )
    return share


if __name__ == "__main__":
    if sys.argv[1] == "--target":
        target(*sys.argv[2:])
    else:
        names = sys.argv[2:] or list(runpy.run_path(sys.argv[1])["PROGRAMS"])
        shares = [agreement(sys.argv[1], name) for name in names]
        say(f"least {min(shares):.1f} %, mean {sum(shares) / len(shares):.1f} %")
