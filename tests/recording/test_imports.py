import sys

import pytest

from taketurns.recording.imports import Imports


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder with a module, and one in a package, that nobody has imported."""
    (tmp_path / "fresh_module.py").write_text("value = __loader__")
    (tmp_path / "broken_module.py").write_text("raise ZeroDivisionError")
    (tmp_path / "fresh_package").mkdir()
    (tmp_path / "fresh_package" / "__init__.py").write_text("")
    (tmp_path / "fresh_package" / "inside.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    for name in [name for name in sys.modules if name.startswith(("fresh_", "broken_"))]:
        del sys.modules[name]


@pytest.fixture
def imports():
    one = Imports()
    yield one
    one.stop()


def test_what_is_there_is_told_at_once(imports):
    told = []
    imports.when("sys", lambda: told.append("sys"))
    assert told == ["sys"]
    assert imports not in sys.meta_path


def test_what_is_imported_later_is_told_once_and_is_what_it_would_be(home, imports):
    told = []
    for number in range(2):
        imports.when("fresh_module", lambda number=number: told.append((number, sys.modules["fresh_module"].value)))
    assert told == []
    import fresh_module  # type: ignore[import-not-found]

    assert [number for number, _ in told] == [0, 1]
    loader = type(fresh_module.__loader__)
    assert loader.__module__ != Imports.__module__
    assert fresh_module.__spec__.loader is fresh_module.__loader__ is fresh_module.value


def test_a_module_in_a_package_is_told_too(home, imports):
    told = []
    imports.when("fresh_package.inside", lambda: told.append("inside"))
    import fresh_package  # type: ignore[import-not-found]

    assert told == []
    import fresh_package.inside  # type: ignore[import-not-found]  # noqa: F401

    assert told == ["inside"]


def test_a_module_that_fails_fails_as_before_and_may_come_again(home, imports):
    told = []
    imports.when("broken_module", lambda: told.append("broken"))
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            import broken_module  # type: ignore[import-not-found]  # noqa: F401
    assert told == []


def test_a_module_that_is_nowhere_is_not_found_as_before(imports):
    imports.when("there_is_no_such_module", lambda: None)
    with pytest.raises(ModuleNotFoundError, match="there_is_no_such_module"):
        import there_is_no_such_module  # type: ignore[import-not-found]  # noqa: F401


def test_afterwards_nobody_is_told_and_no_finder_is_left(home, imports):
    told = []
    imports.when("fresh_module", lambda: told.append("fresh"))
    assert imports in sys.meta_path
    imports.stop()
    import fresh_module  # type: ignore[import-not-found]  # noqa: F401

    assert told == []
    assert imports not in sys.meta_path
