"""What this machine is, read from files and systems of many kinds."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from html.parser import HTMLParser
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import taketurns
from taketurns.machine import cores, cores_at_once, gil, origin, quota
from taketurns.notebook.preflight import PACKAGES, Machine, preflight

FOUND = Machine(
    python="CPython 3.11.7",
    gil=True,
    free_threaded=False,
    inherits_context=False,
    cores=2,
    cores_at_once=2,
    quota=None,
    machine_cores=2,
    start_method="fork",
    start_method_chosen=False,
    switch_interval=0.005,
    clock_resolution=1e-9,
    unseen="",
    platform="Linux x86_64",
    versions={"jupyterlab": "4.6.6", "greenlet": "3.5.6"},
)


def system(root: Path, files: Mapping[str, str]) -> Path:
    """Lay out the files of a system under a folder."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


OWN, TOP = "proc/self/cgroup", "sys/fs/cgroup"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, None),
        ({OWN: "0::/\n"}, None),
        ({f"{TOP}/cpu.max": "100000 100000\n"}, None),
        # version 2
        ({OWN: "0::/\n", f"{TOP}/cpu.max": "150000 100000\n"}, 1.5),
        ({OWN: "0::/\n", f"{TOP}/cpu.max": "max 100000\n"}, None),
        ({OWN: "0::/user/app\n", f"{TOP}/user/app/cpu.max": "50000 100000\n"}, 0.5),
        ({OWN: "0::/user/app\n", f"{TOP}/user/cpu.max": "300000 100000\n"}, 3.0),
        (
            {
                OWN: "0::/user/app\n",
                f"{TOP}/cpu.max": "800000 100000\n",
                f"{TOP}/user/cpu.max": "250000 100000\n",
                f"{TOP}/user/app/cpu.max": "max 100000\n",
                f"{TOP}/other/cpu.max": "10000 100000\n",
            },
            2.5,
        ),
        ({OWN: "0::/docker/out of sight\n", f"{TOP}/cpu.max": "200000 100000\n"}, 2.0),
        ({OWN: "0::/../sibling\n", f"{TOP}/cpu.max": "200000 100000\n"}, 2.0),
        # version 1
        (
            {
                OWN: "5:memory:/a\n4:cpu,cpuacct:/a/b\n1:name=systemd:/a\n",
                f"{TOP}/cpu,cpuacct/a/b/cpu.cfs_quota_us": "-1\n",
                f"{TOP}/cpu,cpuacct/a/b/cpu.cfs_period_us": "100000\n",
                f"{TOP}/cpu,cpuacct/a/cpu.cfs_quota_us": "70000\n",
                f"{TOP}/cpu,cpuacct/a/cpu.cfs_period_us": "20000\n",
            },
            3.5,
        ),
        (
            {
                OWN: "4:cpuacct,cpu:/a\n",
                f"{TOP}/cpu/cpu.cfs_quota_us": "100000\n",
                f"{TOP}/cpu/cpu.cfs_period_us": "100000\n",
            },
            1.0,
        ),
        (
            {
                OWN: "3:cpuset:/a\n2:cpuacct:/a\n",
                f"{TOP}/cpu/a/cpu.cfs_quota_us": "1\n",
                f"{TOP}/cpu/a/cpu.cfs_period_us": "1\n",
            },
            None,
        ),
        # both
        (
            {
                OWN: "1:cpu:/a\n0::/b\n",
                f"{TOP}/cpu/a/cpu.cfs_quota_us": "400000\n",
                f"{TOP}/cpu/a/cpu.cfs_period_us": "100000\n",
                f"{TOP}/unified/b/cpu.max": "300000 100000\n",
                f"{TOP}/b/cpu.max": "100000 100000\n",
            },
            3.0,
        ),
        # what no kernel writes
        ({OWN: "nonsense\n0::/\n", f"{TOP}/cpu.max": "a lot\n"}, None),
        ({OWN: "0::/\n", f"{TOP}/cpu.max": "100000 0\n"}, None),
        ({OWN: "0::/\n", f"{TOP}/cpu.max": "-5 100000\n"}, None),
        ({OWN: "0::/\n", f"{TOP}/cpu.max": "100000\n"}, None),
        ({OWN: "0::/\n", f"{TOP}/cpu.max/is a folder": ""}, None),
    ],
)
def test_the_quota_is_the_smallest_around_this_process(
    files: Mapping[str, str], expected: float | None, tmp_path: Path
) -> None:
    assert quota(system(tmp_path, files)) == expected


any_group = st.text() | st.text(st.characters(codec="utf-8")).map("0::/{}".format)


@given(own=any_group, granted=st.text() | st.tuples(st.integers(), st.integers()).map("{0[0]} {0[1]}".format))
def test_whatever_the_files_hold_there_is_a_core(
    own: str, granted: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("system")
    for name, content in ((OWN, own), (f"{TOP}/cpu.max", granted)):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content.encode("utf-8", "surrogatepass"))
    assert 1 <= cores(root) <= cores_at_once()


@pytest.mark.parametrize(
    ("granted", "expected"), [("50000", 1), ("150000", 2), ("400000", 4), ("900000", 8), ("max", 8)]
)
def test_part_of_a_core_counts_as_one(
    granted: str, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    root = system(tmp_path, {OWN: "0::/\n", f"{TOP}/cpu.max": f"{granted} 100000\n"})
    assert (cores(root), cores_at_once()) == (expected, 8)


@pytest.mark.parametrize(("count", "expected"), [(6, 6), (None, 1)])
def test_without_affinity_the_cores_of_the_process_count(
    count: int | None, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "process_cpu_count", lambda: count, raising=False)
    assert cores_at_once() == expected
    monkeypatch.delattr(os, "process_cpu_count")
    monkeypatch.setattr(os, "cpu_count", lambda: count)
    assert cores_at_once() == expected


@pytest.mark.parametrize(("enabled", "expected"), [(None, True), (lambda: True, True), (lambda: False, False)])
def test_a_python_that_cannot_say_has_a_gil(enabled: object, expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "_is_gil_enabled", enabled, raising=False)
    assert gil() is expected
    assert origin()["gil"] == ("on" if expected else "off")


def test_the_origin_of_a_trace_is_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "strftime", lambda form: {"%Y-%m-%d": "2026-11-22"}[form])
    found = preflight()
    assert origin() == {
        "python": found.python,
        "gil": "on" if found.gil else "off",
        "platform": found.platform,
        "cores": str(found.cores),
        "date": "2026-11-22",
    }


def test_preflight_finds_this_machine() -> None:
    found = preflight()
    assert found.python.split()[1].startswith(".".join(map(str, sys.version_info[:3])))
    assert found == preflight()
    assert hash(found) == hash(preflight())
    assert 1 <= found.cores <= found.cores_at_once <= found.machine_cores
    assert found.switch_interval == sys.getswitchinterval()
    assert 0 < found.clock_resolution < 1
    assert tuple(found.versions) == tuple(PACKAGES)
    assert all(version == _version(name) for name, version in found.versions.items())


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


@pytest.mark.parametrize("chosen", [None, "spawn"])
def test_the_start_method_is_told_and_not_fixed(chosen: str | None) -> None:
    before = multiprocessing.get_start_method(allow_none=True)
    try:
        multiprocessing.set_start_method(chosen, force=True)
        found = preflight()
        assert multiprocessing.get_start_method(allow_none=True) == chosen
        assert found.start_method_chosen == (chosen is not None)
        assert found.start_method == multiprocessing.get_start_method()
    finally:
        multiprocessing.set_start_method(before, force=True)


def test_a_machine_never_changes() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        FOUND.cores = 4  # type: ignore[misc]


def test_a_machine_is_a_table_and_a_sentence() -> None:
    assert str(FOUND) == (
        "Python           CPython 3.11.7\n"
        "GIL              on\n"
        "cores            2 of 2\n"
        "start method     fork, the default\n"
        "switch interval  5 ms\n"
        "clock tick       1 ns\n"
        "states           seen by the kernel's view of each thread\n"
        "platform         Linux x86_64\n"
        "jupyterlab       4.6.6\n"
        "greenlet         3.5.6\n"
        "\n"
        "Everything that the course needs is here."
    )
    assert repr(FOUND) == "<Machine CPython 3.11.7 on Linux x86_64, GIL on, cores 2 of 2, start method fork>"


@pytest.mark.parametrize(
    ("changes", "row", "note"),
    [
        (
            {"cores": 1, "cores_at_once": 1, "machine_cores": 8},
            "cores            1 of 8, by affinity",
            "1 core: processes will take turns here; notebooks 01 and 02 say what to expect instead.",
        ),
        (
            {"cores": 2, "cores_at_once": 8, "machine_cores": 8, "quota": 1.5},
            "cores            2 of 8, with a quota of 1.5",
            "A quota of 1.5 on 8 cores: up to 8 tasks run at one instant, "
            "and when the quota is used up all of them are held back together.",
        ),
        ({"quota": 2.0}, "cores            2 of 2", ""),
        ({"start_method": "spawn", "start_method_chosen": True}, "start method     spawn", ""),
        (
            {"gil": False, "free_threaded": True},
            "GIL              off",
            "The GIL is off: threads run in parallel here; each notebook says what to expect instead.",
        ),
        (
            {"free_threaded": True},
            "GIL              on",
            "This free-threaded Python has its GIL on, by PYTHON_GIL=1 or an extension module: threads take turns.",
        ),
        (
            {"inherits_context": True},
            "GIL              on",
            "What late threads print is lost in a notebook here: start Jupyter with PYTHON_THREAD_INHERIT_CONTEXT=0.",
        ),
        (
            {"switch_interval": 0.1},
            "switch interval  100 ms",
            "The switch interval is 100 ms, not 5 ms: slices under the GIL are as long as that. "
            "`sys.setswitchinterval(0.005)` puts it back.",
        ),
        (
            {"clock_resolution": 0.015625},
            "clock tick       15.6 ms",
            "The clock ticks every 15.6 ms: what is shorter cannot be seen.",
        ),
        (
            {"versions": {"greenlet": None}},
            "greenlet         not installed",
            "greenlet is not installed: notebooks 09 and 10 switch with it. "
            "Run `%pip install greenlet` in a cell, then restart the kernel.",
        ),
        (
            {"versions": {"taketurns": None}},
            "taketurns        not installed",
            "taketurns is not installed: new processes import it. "
            "Run `%pip install -e ..` in a cell, then restart the kernel.",
        ),
        ({"versions": {"jupyterlab": None, "nbval": None}}, "jupyterlab       not installed", ""),
    ],
)
def test_what_matters_to_the_course_gets_a_sentence(changes: dict[str, Any], row: str, note: str) -> None:
    machine = dataclasses.replace(FOUND, **changes)
    assert row in str(machine).splitlines()
    assert machine.notes == ((note,) if note else ())
    assert str(machine).endswith("\n\n" + (note or "Everything that the course needs is here."))


class Page(HTMLParser):
    """Reads the texts of a page and its styles, and sees that its tags are closed."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.attributes: set[tuple[str, str | None]] = set()
        self.open: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.attributes.update(attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


words = st.text(min_size=1)


@given(python=words, platform=words, version=words, quota=st.none() | st.just(0.5))
def test_its_page_holds_the_same_words_and_no_colors(
    python: str, platform: str, version: str, quota: float | None
) -> None:
    changes = {"python": python, "platform": platform, "versions": {"nbval": version, "greenlet": None}, "quota": quota}
    machine = dataclasses.replace(FOUND, **changes)
    page = Page(machine._repr_html_())
    assert page.open == []
    assert page.attributes == {("scope", "row"), ("style", "text-align: left")}
    assert page.texts == [
        *("Python", python, "GIL", "on", "cores", "2 of 2, with a quota of 0.5" if quota else "2 of 2"),
        *("start method", "fork, the default", "switch interval", "5 ms", "clock tick", "1 ns"),
        *("states", "seen by the kernel's view of each thread", "platform", platform),
        *("nbval", version, "greenlet", "not installed", *machine.notes),
    ]


def test_the_import_leaves_slow_modules_for_later() -> None:
    slow = {"importlib.metadata", "platform", "sysconfig"}
    script = f"import sys, taketurns.notebook.preflight; print(*{slow} & set(sys.modules))"
    ran = subprocess.run(
        [sys.executable, "-S", "-c", script],
        env={"PYTHONPATH": str(Path(taketurns.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "\n"
