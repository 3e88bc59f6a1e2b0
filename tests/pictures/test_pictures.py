import subprocess
import sys

INTERRUPTED = """
import threading

join = threading.Thread.join
def interrupted(thread, timeout=None):
    threading.Thread.join = join
    raise KeyboardInterrupt
threading.Thread.join = interrupted
import taketurns
try:
    taketurns.timeline
except KeyboardInterrupt:
    print("interrupted")
print(taketurns.timeline.__name__)
"""


def test_an_interrupt_while_matplotlib_is_imported_leaves_it_whole():
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["interrupted", "timeline"]
    assert done.stderr == ""
