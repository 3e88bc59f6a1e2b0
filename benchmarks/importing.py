"""What `import taketurns` costs, against `import asyncio` and matplotlib's pyplot, each in a process of its own."""

import statistics
import subprocess
import sys

RUNS = 9
CODE = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


def cost(module: str) -> float:
    """Give the median ms of an import."""
    times = [float(subprocess.check_output([sys.executable, "-c", CODE.format(module)])) for _ in range(RUNS)]
    return statistics.median(times) * 1e3


if __name__ == "__main__":
    ours = cost("taketurns")
    print(f"taketurns          {ours:6.1f} ms")
    for peer in ("asyncio", "matplotlib.pyplot"):
        theirs = cost(peer)
        print(f"{peer:18} {theirs:6.1f} ms   {theirs / ours:.1f} times as much")
