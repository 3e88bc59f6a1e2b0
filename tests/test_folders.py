"""Nothing hangs on how a folder is called: everybody's clone is called `taketurns`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import taketurns

pytest.importorskip("IPython")

PROGRAM = """
import asyncio
from pathlib import Path

import taketurns
from taketurns import compute, record, simulate, stepper, task


async def kettle(seconds):
    compute(1)
    await asyncio.sleep(seconds)


async def main():
    await asyncio.gather(kettle(2), kettle(3))


@task(name="{page}")
def fetch(page):
    compute(0.001)


if __name__ == "__main__":
    assert Path(__file__).parents[1] in Path(taketurns.__file__).parents

    walk = stepper(simulate(main()))
    walk.go(4)
    print("stepper:", "await asyncio.sleep(seconds)" in walk.still)

    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with record() as trace, ProcessPoolExecutor(1, get_context("spawn")) as pool:
        fetch("home")
        pool.submit(fetch, "news").result()
    print("recording:", trace.tasks, trace.workers)

    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    shell.run_cell("%load_ext taketurns")
    shell.run_cell("import asyncio\\nasync def nap(): await asyncio.sleep(0.001)")
    shell.run_cell("%%timeline -o naps two naps\\nawait asyncio.gather(nap(), nap());")
    # IPython may be so slow that the block has a lane.
    print("magic:", shell.user_ns["naps"].label, *(task for task in shell.user_ns["naps"].tasks if task != "the block"))
"""


@pytest.mark.parametrize("name", ["taketurns", "my course", "asyncio"])
def test_all_is_the_same_in_a_copy_of_the_project_in_a_folder_of_any_name(tmp_path, name):
    home = tmp_path / name
    shutil.copytree(Path(taketurns.__file__).parent, home / "src" / "taketurns", ignore=shutil.ignore_patterns("*.pyc"))
    (home / "notebooks").mkdir()
    (home / "notebooks" / "program.py").write_text(PROGRAM, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(home / "src"), "IPYTHONDIR": str(tmp_path / "ipython")}
    run = [sys.executable, str(home / "notebooks" / "program.py")]
    ran = subprocess.run(run, cwd=home, env=environment, capture_output=True, text=True, check=False)
    assert [
        line for line in ran.stdout.splitlines() if line.partition(":")[0] in ("stepper", "recording", "magic")
    ] == [
        "stepper: True",
        "recording: ('home', 'news') ('main thread', 'process 1')",
        "magic: two naps nap 0 nap 1",
    ], ran.stdout + ran.stderr
