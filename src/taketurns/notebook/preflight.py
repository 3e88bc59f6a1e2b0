"""What this machine is: its Python, the cores that this process may use, and what the course needs of both."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from taketurns.machine import cores, cores_at_once, gil, platform, python, quota
from taketurns.trace.text import duration_text

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Machine", "preflight"]

#: With what each is for. Those without a word are rows of the table and never missed: VS Code and Google Colab open
#: notebooks as well, and `make test` installs what it needs.
PACKAGES = {
    "jupyterlab": "",
    "ipykernel": "it runs the cells",
    "matplotlib": "it draws the timelines",
    "ipywidgets": "it makes the sliders",
    "greenlet": "notebooks 09 and 10 switch with it",
    "nest_asyncio2": "notebook 08 shows what it does",
    "nbval": "",
    "taketurns": "new processes import it",
}
SWITCH_INTERVAL = 0.005
COARSE_CLOCK = 1e-5


@dataclass(frozen=True)
class Machine:
    """What ``preflight`` found, as a value: times in seconds, a missing package with the version ``None``."""

    python: str
    gil: bool
    free_threaded: bool  #: whether this Python can do without the GIL, on or off
    inherits_context: bool  #: whether a new thread starts with the context variables of the one that started it
    cores: int
    cores_at_once: int
    quota: float | None
    machine_cores: int
    start_method: str
    start_method_chosen: bool  #: whether it was set, or is the default
    switch_interval: float
    clock_resolution: float
    unseen: str  #: why the kernel does not show what threads do; empty where it does
    platform: str
    versions: Mapping[str, str | None] = field(hash=False)

    @property
    def notes(self) -> tuple[str, ...]:
        """One sentence for each thing that the course should know about; none where all is as it expects."""
        return tuple(_notes(self))

    @property
    def _rows(self) -> list[tuple[str, str]]:
        return [
            ("Python", self.python),
            ("GIL", "on" if self.gil else "off"),
            ("cores", _cores_text(self)),
            ("start method", f"{self.start_method}{'' if self.start_method_chosen else ', the default'}"),
            ("switch interval", duration_text(self.switch_interval)),
            ("clock tick", _tick_text(self.clock_resolution)),
            ("states", "between marks: not seen" if self.unseen else "seen by the kernel's view of each thread"),
            ("platform", self.platform),
            *((name, version or "not installed") for name, version in self.versions.items()),
        ]

    @property
    def _last_words(self) -> tuple[str, ...]:
        return self.notes or ("Everything that the course needs is here.",)

    def __str__(self) -> str:
        width = max(len(name) for name, _ in self._rows)
        table = "\n".join(f"{name:<{width}}  {value}" for name, value in self._rows)
        return "\n".join([table, "", *self._last_words])

    def __repr__(self) -> str:
        return (
            f"<Machine {self.python} on {self.platform}, GIL {'on' if self.gil else 'off'}, "
            f"cores {_cores_text(self)}, start method {self.start_method}>"
        )

    def _repr_html_(self) -> str:
        from html import escape  # here and below: `import taketurns` is quick

        left = 'style="text-align: left"'
        rows = (
            f'<tr><th scope="row" {left}>{escape(name)}</th><td {left}>{escape(value)}</td></tr>'
            for name, value in self._rows
        )
        notes = "".join(f"<p>{escape(note)}</p>" for note in self._last_words)
        return f"<table>{''.join(rows)}</table>{notes}"


def _cores_text(machine: Machine) -> str:
    """Return in words how many cores of how many, and what keeps this process from the others."""
    limit = f"{machine.cores} of {machine.machine_cores}"
    if machine.quota is not None and machine.quota < machine.cores_at_once:
        return f"{limit}, with a quota of {machine.quota:.3g}"
    return f"{limit}, by affinity" if machine.cores < machine.machine_cores else limit


def _tick_text(seconds: float) -> str:
    return f"{seconds * 1e9:.3g} ns" if seconds < 1e-6 else duration_text(seconds)


def _notes(machine: Machine) -> Iterator[str]:
    if machine.quota is not None and machine.quota < machine.cores_at_once:
        yield (
            f"A quota of {machine.quota:.3g} on {machine.cores_at_once} cores: up to {machine.cores_at_once} tasks run "
            "at one instant, and when the quota is used up all of them are held back together."
        )
    elif machine.cores_at_once == 1:
        yield "1 core: processes will take turns here; notebooks 01 and 02 say what to expect instead."
    if not machine.gil:
        yield "The GIL is off: threads run in parallel here; each notebook says what to expect instead."
    elif machine.free_threaded:
        yield "This free-threaded Python has its GIL on, by PYTHON_GIL=1 or an extension module: threads take turns."
    if machine.inherits_context:
        yield "What late threads print is lost in a notebook here: start Jupyter with PYTHON_THREAD_INHERIT_CONTEXT=0."
    if machine.switch_interval != SWITCH_INTERVAL:
        yield (
            f"The switch interval is {duration_text(machine.switch_interval)}, not {duration_text(SWITCH_INTERVAL)}: "
            f"slices under the GIL are as long as that. `sys.setswitchinterval({SWITCH_INTERVAL})` puts it back."
        )
    if machine.clock_resolution > COARSE_CLOCK:
        yield f"The clock ticks every {duration_text(machine.clock_resolution)}: what is shorter cannot be seen."
    if machine.unseen:
        yield f"What a thread does between marks cannot be seen here: {machine.unseen}."
    for name, use in PACKAGES.items():
        if use and machine.versions.get(name, "") is None:
            source = "-e .." if name == "taketurns" else name
            yield f"{name} is not installed: {use}. Run `%pip install {source}` in a cell, then restart the kernel."


def preflight(root: str | Path = "/") -> Machine:
    """Return what this machine is; nothing is changed. ``root`` is where ``/proc`` and ``/sys`` are."""
    import multiprocessing
    import sysconfig

    chosen = multiprocessing.get_start_method(allow_none=True)
    return Machine(
        python=python(),
        gil=gil(),
        free_threaded=bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        inherits_context=bool(getattr(sys.flags, "thread_inherit_context", False)),
        cores=cores(root),
        cores_at_once=cores_at_once(),
        quota=quota(root),
        machine_cores=max(os.cpu_count() or 1, cores_at_once()),
        start_method=chosen or multiprocessing.get_all_start_methods()[0],
        start_method_chosen=chosen is not None,
        switch_interval=sys.getswitchinterval(),
        clock_resolution=time.get_clock_info("perf_counter").resolution,
        unseen=_unseen(),
        platform=platform(),
        versions={name: _version(name) for name in PACKAGES},
    )


def _unseen() -> str:
    """Return why the kernel's view of this process cannot be had; it is tried for a moment."""
    from taketurns.watcher.watcher import Watcher

    watcher = Watcher()
    try:
        watcher.start()
    finally:
        watcher.stop()
    return watcher.why_not


def _version(package: str) -> str | None:
    """Return the version that is installed, or ``None``."""
    from importlib import metadata

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
