"""What stands around an instruction: the blocks and plain calls that a frame is inside of, asked while it runs."""

import ast
import sys
from collections.abc import Iterator

import pytest

from taketurns.naming.withs import held, wanted


class Gate:
    """Notes, whenever it is used, what the code that uses it holds and wants there."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        note(f"enters {self.name}")

    def __exit__(self, *error: object) -> None:
        note(f"leaves {self.name}")

    async def __aenter__(self) -> None:
        note(f"enters {self.name}", 1)

    async def __aexit__(self, *error: object) -> None:
        note(f"leaves {self.name}", 1)

    def acquire(self, *arguments: object) -> bool:
        note(f"takes {self.name}")
        return True

    def release(self) -> None:
        pass


noted: list[tuple[str, str, str]] = []


def note(what: str = "here", _: int = 0) -> None:
    frame = sys._getframe(1 if what == "here" else 2)
    wants = wanted(frame.f_code, frame.f_lasti)
    holds = [ast.unparse(taken.node) for taken in held(frame.f_code, frame.f_lasti)]
    noted.append((what, " ".join(holds), ast.unparse(wants) if wants is not None and what != "here" else ""))


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    noted.clear()
    yield
    noted.clear()


a, b, c = map(Gate, "abc")
gates = {"b": b}


def test_a_with_that_enters_two() -> None:
    with a, gates["b"]:
        note()
    assert noted == [
        ("enters a", "", "a"),
        ("enters b", "a", "gates['b']"),
        ("here", "a gates['b']", ""),
        ("leaves b", "a", ""),
        ("leaves a", "", ""),
    ]


def test_who_has_left_is_not_inside_by_a_return_or_an_error_either() -> None:
    def leave() -> None:
        with a:
            try:
                with b:
                    raise ValueError
            except ValueError:
                note()
                return

    leave()
    assert noted == [
        ("enters a", "", "a"),
        ("enters b", "a", "b"),
        ("leaves b", "a", ""),
        ("here", "a", ""),
        ("leaves a", "", ""),
    ]


def test_an_async_with() -> None:
    async def enter() -> None:
        async with a, b:
            note()

    with pytest.raises(StopIteration):
        enter().send(None)
    assert noted == [
        ("enters a", "", "a"),
        ("enters b", "a", "b"),
        ("here", "a b", ""),
        ("leaves b", "a", ""),
        ("leaves a", "", ""),
    ]


def test_what_is_taken_and_given_back_in_a_straight_line() -> None:
    a.acquire()
    try:
        b.acquire()
        note()
        b.release()
        note()
    finally:
        a.release()
    note()
    assert noted == [
        ("takes a", "", "a"),
        ("takes b", "a", "b"),
        ("here", "a b", ""),
        ("here", "a", ""),
        ("here", "", ""),
    ]


def test_what_may_have_been_in_vain_counts_only_where_it_is_asked() -> None:
    a.acquire(False)
    note()
    if b.acquire(False):
        note()
        b.release()
    note()
    assert [holds for what, holds, _ in noted if what == "here"] == ["", "b", ""]


def test_what_was_taken_in_another_branch_or_turn_does_not_count() -> None:
    for turn in range(2):
        note()
        if turn:
            a.acquire()
    note()
    assert {holds for what, holds, _ in noted if what == "here"} == {""}


def test_a_block_that_is_being_left_has_run_to_its_end() -> None:
    with a:
        b.acquire()
    assert noted[-1] == ("leaves a", "b", "")


def test_only_what_the_function_gives_back_is_surely_a_lock() -> None:
    def take() -> list[bool]:
        a.acquire()
        b.acquire()
        frame = sys._getframe()
        found = [taken.is_given_back for taken in held(frame.f_code, frame.f_lasti)]
        b.release()
        return found

    assert take() == [False, True]


def test_a_string_with_an_odd_backslash_warns_nobody_again() -> None:
    from taketurns.naming.acquires import acquired

    lines = ["def f():\n", "    a.acquire()\n", "    x = '\\d' '\\'' r'\\d'\n", "    pass\n"]
    assert [ast.unparse(taken.node) for taken in acquired(lines, 1, "f", (4, 4), False)] == ["a"]


def test_without_a_source_nothing_is_found() -> None:
    names: dict[str, object] = {"a": a}
    exec(compile("with a:\n    pass", "<nowhere>", "exec"), names)
    assert [holds for _, holds, _ in noted] == ["", ""]
