"""Record what notebook 05 shows where the running Python cannot make it itself.

`python record.py`, once with each Python that can. Each file says in its `origin` which
Python on which machine made it, and when.
"""

import importlib.util
from concurrent import futures
from pathlib import Path

from taketurns import compute, preflight, record


def two_threads_without_a_gil():
    with futures.ThreadPoolExecutor(2) as pool:
        with record("2 threads, without a GIL") as trace:
            list(pool.map(compute, [0.2] * 2))
    return trace


def two_interpreters():
    with futures.InterpreterPoolExecutor(2) as pool:
        list(pool.map(compute, [0.01] * 2))  # both are up before the recording begins
        with record("2 interpreters") as trace:
            list(pool.map(compute, [0.2] * 2))
    return trace


def save(name, trace):
    (Path(__file__).parent / name).write_text(trace.to_json() + "\n", encoding="utf-8")


if __name__ == "__main__":
    if not preflight().gil:
        save("free_threaded.json", two_threads_without_a_gil())
    elif importlib.util.find_spec("concurrent.interpreters"):
        save("interpreters.json", two_interpreters())
