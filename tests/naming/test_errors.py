"""An error in words that may be shown to anybody."""

import pytest

from taketurns.naming.errors import told


class MuteError(Exception):
    def __str__(self) -> str:
        raise SystemExit("not this way")


class OddError(Exception):
    def __str__(self) -> str:
        return Text("odd")


class Text(str):
    __slots__ = ()

    def strip(self, *_: object) -> str:
        raise AssertionError("a method of the learner's ran")

    __str__ = __getitem__ = partition = strip  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("no such page"), "ValueError: no such page"),
        (ValueError(), "ValueError"),
        (ValueError("\n  the first\nthe second"), "ValueError: the first"),
        (KeyError("page"), "KeyError: 'page'"),
        (ValueError("x" * 10_000_000), f"ValueError: {'x' * 79}…"),
        (ValueError("\x1b[31m\ud800"), "ValueError: [31m\N{REPLACEMENT CHARACTER}"),
        (
            ValueError("no reply from db://ada:sesame@host/pages?key=sesame"),
            "ValueError: no reply from db://…@host/pages?…",
        ),
        (ValueError("password=sesame"), "ValueError: password=***"),
        (FileNotFoundError(2, "No such file", "/home/ada/pages.txt"), None),
        (MuteError("secret"), "MuteError"),
        (OddError(), "OddError: odd"),
        (type("E" * 300, (Exception,), {})("a"), f"{'E' * 79}…: a"),
    ],
)
def test_an_error_is_its_type_and_the_first_line_of_its_message(error: BaseException, said: str | None) -> None:
    text = told(error)
    assert said is None or text == said
    assert "sesame" not in text
    assert "ada" not in text


def test_without_its_message_it_is_its_type() -> None:
    assert told(ValueError("ada"), message=False) == "ValueError"


def test_an_interrupt_while_it_is_asked_is_one() -> None:
    class SlowError(Exception):
        def __str__(self) -> str:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        told(SlowError())
