"""Whose code a frame runs is told by modules and by whole paths, whatever a folder is called."""

import site
import sysconfig
import types
from os.path import join
from pathlib import Path

import pytest

from taketurns.trace import frames

STDLIB, PURELIB = sysconfig.get_path("stdlib"), sysconfig.get_path("purelib")


@pytest.mark.parametrize(
    ("path", "belongs"),
    [
        (join(STDLIB, "asyncio", "tasks.py"), True),
        (join(STDLIB, "threading.py"), True),
        ("<frozen runpy>", True),
        (join(PURELIB, "anyio", "from_thread.py"), False),
        (join(STDLIB, "site-packages", "anyio", "from_thread.py"), False),
        (f"{STDLIB}-of-mine/program.py", False),
        ("/home/ada/asyncio/program.py", False),
        ("/home/ada/taketurns/program.py", False),
        ("<ipython-input-1-0123456789ab>", False),
        ("<string>", False),
        ("", False),
    ],
)
def test_a_file_belongs_to_the_standard_library_by_where_it_stands(path, belongs):
    assert frames.in_standard_library(path) is belongs


@pytest.mark.parametrize(
    ("module", "path", "learners"),
    [
        ("__main__", "/home/ada/taketurns/asyncio/program.py", True),
        ("taketurns_and_more", "/home/ada/program.py", True),
        ("taketurns", "/home/ada/program.py", False),
        ("taketurns.suspend.loop", "/home/ada/program.py", False),
        ("asyncio.tasks", join(STDLIB, "asyncio", "tasks.py"), False),
    ],
)
def test_a_frame_is_a_learners_where_it_is_neither_ours_nor_the_standard_librarys(module, path, learners):
    code = types.SimpleNamespace(co_filename=path)
    assert frames.is_learners(types.SimpleNamespace(f_globals={"__name__": module}, f_code=code)) is learners


@pytest.mark.parametrize(
    ("path", "installed"),
    [
        (join(PURELIB, "tenacity", "retry.py"), True),
        (join(STDLIB, "site-packages", "tenacity", "retry.py"), True),
        (join(site.getusersitepackages(), "tenacity.py"), True),
        (join(STDLIB, "threading.py"), False),
        (f"{PURELIB}-of-mine/program.py", False),
        ("/home/ada/site-packages/program.py", False),
        ("<ipython-input-1-0123456789ab>", False),
        ("<string>", False),
    ],
)
def test_a_file_is_installed_by_where_it_stands(path, installed):
    code = types.SimpleNamespace(co_filename=path)
    frame = types.SimpleNamespace(f_globals={"__name__": "program"}, f_code=code)
    assert frames.in_installed_package(path) is installed
    assert frames.is_learners_own(frame) is (not installed and not frames.in_standard_library(path))


@pytest.mark.parametrize(("variables", "module"), [({}, ""), ({"__name__": None}, ""), ({"__name__": "a.b"}, "a.b")])
def test_a_module_may_have_no_name(variables, module):
    assert frames.module_of(types.SimpleNamespace(f_globals=variables)) == module


def test_a_link_to_the_standard_library_is_the_standard_library(tmp_path):
    (tmp_path / "link").symlink_to(STDLIB)
    assert frames.in_standard_library(str(Path(tmp_path / "link" / "threading.py")))


def test_where_files_may_not_be_looked_up_a_path_is_taken_as_it_is(monkeypatch):
    def refuse(path):
        raise RuntimeError

    for name in "abspath", "realpath":
        monkeypatch.setattr(frames, name, refuse)
    assert frames._below("/given/lib/x.py", frames._home()) == ""
    assert frames._below(join(frames._home()[0], "queue.py"), frames._home()) == "queue.py"


def test_a_file_is_seen_from_the_innermost_folder_of_packages_whatever_that_is_called(tmp_path, monkeypatch):
    within = tmp_path / "dist-packages"
    monkeypatch.setattr(frames, "_installed", lambda: (str(tmp_path), str(within)))
    frames.below_installed.cache_clear()
    assert frames.below_installed(str(within / "trio" / "_core" / "_run.py")) == "trio/_core/_run.py"
    assert frames.below_installed("/home/ada/site-packages/trio/_core/_run.py") == ""
    assert frames.below_installed("<frozen site-packages/trio>") == ""
    frames.below_installed.cache_clear()
