"""A server in a process of its own: how it is started, asked and ended, and what it does for that itself.

Two pipes go to it. A line in asks it something, and the end of the input ends it. So it ends with the process that
started it, on every platform, even if that is killed.
"""

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["answer_until_the_end", "ready", "run", "server"]

PATIENCE = 30  # seconds: a busy machine may be slow to end a server


@contextlib.contextmanager
def server(module: str, *options: float) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield what a module says when it runs as a server and is ready, and a function that asks it something.

    ``RuntimeError`` where it cannot start.
    """
    own_group: dict[str, Any] = {"start_new_session": True}  # an interrupt of the notebook does not reach it
    if sys.platform == "win32":
        own_group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    process = None
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *map(str, options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            **own_group,
        )
        said = json.loads(_line(process) or "{}")
        if "ready" not in said:
            raise RuntimeError(f"{module} did not start: {said.get('error', 'it said nothing')}")
        yield said["ready"], lambda: _ask(process)
    finally:
        if process is not None:
            _end(process)


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def _ask(process: subprocess.Popen[str]) -> Any:
    assert process.stdin is not None
    process.stdin.write("?\n")
    process.stdin.flush()
    return json.loads(_line(process))


def _end(process: subprocess.Popen[str]) -> None:
    """End a server and wait until it is gone. Who interrupts this finds it ending by itself."""
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(OSError):  # it is gone already
        process.stdin.close()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    finally:
        process.stdout.close()


# What runs in the process of the server.


def run(serve: Callable[..., None]) -> None:
    """Serve with the options of the command line, or say why not."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        serve(*sys.argv[1:])
    except Exception as error:  # noqa: BLE001 - who started it raises it
        _say({"error": f"{type(error).__name__}: {error}"})


def ready(where: str) -> None:
    """Say that the server is ready, and where."""
    _say({"ready": where})


def answer_until_the_end(answer: Callable[[], object]) -> None:
    """Answer each line of the input with a line, until the input ends."""
    for _ in sys.stdin:
        _say(answer())


def _say(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()
