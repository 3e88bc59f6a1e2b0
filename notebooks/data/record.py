"""Record what notebook 05 shows where the running Python cannot: `python record.py`, once with each Python that can.

Each file says in its `origin` which Python on which machine made it, and when.
"""

import importlib.util
from concurrent import futures
from pathlib import Path

from taketurns import compute, preflight, record

HERE = Path(__file__).parent


def two_threads_without_a_gil():
    with record("2 threads, without a GIL") as trace, futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(compute, [0.2] * 2))
    return trace


def two_interpreters():
    with futures.InterpreterPoolExecutor(2) as pool:
        list(pool.map(compute, [0.01] * 2))  # both are up before the recording begins
        with record("2 interpreters") as trace:
            list(pool.map(compute, [0.2] * 2))
    return trace


if __name__ == "__main__":
    if not preflight().gil:
        (HERE / "free_threaded.json").write_text(two_threads_without_a_gil().to_json() + "\n")
    elif importlib.util.find_spec("concurrent.interpreters"):
        (HERE / "interpreters.json").write_text(two_interpreters().to_json() + "\n")
