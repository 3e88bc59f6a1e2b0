"""Names that a program gives, whatever they hold: what is recorded of them can be shown anywhere (names.py)."""

import asyncio
import json
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
from lanes import without_block
from matplotlib import pyplot

from taketurns import Trace, record, timeline, waiting

NAMES = ["🍕 pizza", "日本語のタスク", "مهمة", "costs $5 and $6", r"\frac{1}{2}", "$x^2$", "$\\frac$ bad", "a\nb"]
NAMES += ["tab\there", "x" * 300, "<script>alert(1)</script>", "a & b", "'quote\"", "nul\0x", "\x1b[31mred", "_hidden"]
NAMES += ["", " ", "e\u0301", "\u202eright to left", "lone \ud800 surrogate"]
SHOWN = {"a\nb": "a b", "tab\there": "tab here", "nul\0x": "nulx", "\x1b[31mred": "[31mred", "": "job 0", " ": "job 1"}
SHOWN |= {"\u202eright to left": "right to left", "lone \ud800 surrogate": "lone � surrogate"}


async def job():
    await asyncio.sleep(0.005)


@pytest.fixture(scope="module")
def trace():
    async def main():
        await asyncio.gather(*(asyncio.create_task(job(), name=name) for name in NAMES))

    with record("label with $5 <b>🍕</b>\nsecond line \ud800" + "long " * 60) as trace:
        asyncio.run(main())
    return without_block(trace)


def test_a_name_stays_what_it_is_but_for_what_cannot_be_shown(trace):
    assert set(trace.tasks) == {"main", *(SHOWN.get(name, name) for name in NAMES)}


def test_it_is_drawn_printed_and_written_without_a_warning(trace, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trace._repr_html_().encode("utf-8")
        for lanes in "task", "worker":
            ax = timeline(trace, lanes)
            ax.figure.canvas.draw()
            pyplot.close(ax.figure)
    str(trace).encode("utf-8")
    trace.table().encode("utf-8")
    trace.to_perfetto(tmp_path / "trace.json")
    json.loads((tmp_path / "trace.json").read_bytes().decode("utf-8"))
    assert Trace.from_json(trace.to_json()) == trace


def test_threads_and_their_workers_and_what_waiting_is_told():
    def wait_for(name):
        with waiting(name):
            pass

    with record() as trace:
        threads = [threading.Thread(target=wait_for, args=(name,), name=name or None) for name in NAMES]
        for thread in threads:
            thread.start()
            thread.join()
        with ThreadPoolExecutor(1, thread_name_prefix="\x1b[31m🍕\n") as pool:
            pool.submit(wait_for, "pool").result()
    shown = without_block(trace)
    assert all(name.isprintable() and name for name in (*shown.tasks, *shown.workers))
    ax = timeline(shown, "worker")
    ax.figure.canvas.draw()
    pyplot.close(ax.figure)
    shown._repr_html_().encode("utf-8")
