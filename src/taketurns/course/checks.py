"""An exercise: a title, its rules, and what it says of an answer."""

from collections.abc import Awaitable, Mapping
from numbers import Integral, Real
from types import FunctionType
from typing import Any, NamedTuple

from taketurns.course.deadline import LateError, StuckError, is_stuck, within
from taketurns.course.rules import Asked, Remark, Rule, checked, each, filled, first, remark_of
from taketurns.notebook.verify import Verdict, say
from taketurns.trace.text import describe
from taketurns.trace.trace import Trace

__all__ = ["Exercise", "Said", "quiz"]

#: How many seconds the rules of an exercise have: the check is over within a second, in which they are ended too.
SECONDS = 0.8
_LATE = "It did not end within a second."
_STUCK = (
    f"{_LATE[:-1]}, and nothing could end it: one long call still waits or computes. Let it end, or restart the kernel."
)
_OTHER = "An earlier answer still waits or computes, and nothing could end it. Let it end, or restart the kernel."

KINDS = {
    Trace: "a recording",
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    str: "a text",
    dict: "a dictionary",
    FunctionType: "a function",
}
NUMBERS: dict[type, type] = {int: Integral, float: Real}


class Said(NamedTuple):
    """What a check says of an answer: its sign (✓, ✗ or …), the key of the rule that spoke, and the whole line."""

    sign: str
    key: str
    line: str

    def __str__(self) -> str:
        return self.line


class Exercise:
    """What an exercise asks for: its title, its rules in the order they are asked in, and what to say when solved.

    ``of`` is the kind of answer. ``todo`` says what to do while there is none. ``start`` is the rule that sees the
    starter cell's own answer: that counts as not begun yet, and not as wrong. ``late`` is what to say of an answer that
    is seen never to end. ``is_slow`` is for rules that take long by themselves and show something, and call nothing of
    the learner's: they run without a deadline.
    """

    def __init__(
        self,
        title: str,
        *rules: Rule,
        solved: str = "",
        of: type = Trace,
        todo: str = "",
        start: Asked | None = None,
        late: str = _LATE,
        is_slow: bool = False,
        **named: Rule,
    ) -> None:
        self.title, self.count, self.first = title, len(rules) + len(named), first(*rules, **named)
        self.solved, self.of, self.start, self.late, self.is_slow = checked(solved), of, start, late, is_slow
        answer = "recording" if of is Trace else "answer"
        self.todo = todo or f"Nothing to check yet. Put your {answer} in place of the `...`."

    def __repr__(self) -> str:
        return f"<Exercise {self.title!r}: {self.count} rules>"

    def check(self, answer: object = None) -> Verdict:
        """Print what is said of an answer, and return whether it is right. Nothing is raised."""
        said = self.verdict(answer)
        say(said.line)
        return Verdict(said.sign == "✓")

    def verdict(self, answer: object = None) -> Said:
        """Say that an answer is right (✓), what the first rule says that speaks (✗), or what is missing (…).

        It ends within ``SECONDS``, whatever an answer does that is called, compared or asked for a property.
        """
        said, error = (self._judged(answer), None) if self.is_slow else within(SECONDS, lambda: self._judged(answer))
        return self._said(*(said or ("✗", self._lost(error or TimeoutError))))

    def _said(self, sign: str, remark: Remark) -> Said:
        key, text = remark
        colon, stop = ("", "") if self.title.endswith((".", "?")) else (":", ".")
        return Said(sign, key, f"{sign} {self.title}{stop if sign == '✓' else colon} {text}".rstrip())

    def _judged(self, answer: object) -> tuple[str, Remark]:
        """Return the sign, and what there is to say."""
        try:
            if missing := self._missing(answer):
                return "…", missing
            if wrong := self._wrong(answer):
                return "✗", wrong
            return "✓", Remark("right", filled(self.solved, answer))
        except Exception as error:  # noqa: BLE001 - whatever an answer does, the notebook runs on
            if isinstance(error, RuntimeError) and is_stuck():  # that one has the recording of this process
                return "✗", Remark("stuck", _OTHER)
            return "✗", Remark("unreadable", f"The check could not read this answer ({describe(error)}).")

    def _lost(self, error: type[BaseException]) -> Remark:
        """Say what became of an answer that ended the check, or kept it from its end."""
        if error is StuckError:
            return Remark("stuck", _STUCK)
        if error in (LateError, TimeoutError):
            return Remark("late", self.late if error is LateError else _LATE)
        return Remark("raised", f"It raised {error.__name__}.")

    def _missing(self, answer: object) -> Remark | None:
        """Say what is missing before there is anything to check."""
        if _is_blank(answer):
            return Remark("todo", self.todo)
        if blanks := [str(key) for key, part in _parts(answer) if _is_blank(part)]:
            return Remark("blanks", f"There is no answer yet for {', '.join(blanks)}.")
        if isinstance(answer, Trace) and self.of is Trace:
            if answer.is_on:
                return Remark("still on", "The recording is still on. Check it below the `with` block, not in it.")
            if not answer.spans:
                seen = "the calls that it makes, threads, what pools run, and the tasks of asyncio"
                said = f"Nothing was recorded yet. Inside its `with` block, a recording sees {seen}."
                return Remark("nothing recorded", said)
        return remark_of("start", self.start, answer) if self.start and _is_of(answer, self.of) else None

    def _wrong(self, answer: object) -> Remark | None:
        """Return what the first rule says that speaks."""
        if not _is_of(answer, self.of):
            return _wrong_kind(answer, self.of)
        wrong = self.first(answer)
        if wrong and isinstance(answer, Trace) and answer.cut_short:
            return Remark(wrong.key, f"{wrong.text} The recording was cut short: {answer.cut_short.rstrip('.')}.")
        return wrong


def quiz(title: str, questions: Mapping[Any, Rule], *, solved: str, todo: str = "") -> Exercise:
    """Return the exercise that asks several questions, and wants a dictionary with an answer to each."""
    return Exercise(title, each(questions), solved=solved, todo=todo, of=dict)


# Answers


def _parts(answer: object) -> list[tuple[object, object]]:
    """Return the parts of an answer that has parts, with their keys, or their numbers from 1."""
    if isinstance(answer, Mapping):
        return list(answer.items())
    return list(enumerate(answer, 1)) if isinstance(answer, list | tuple) else []


def _is_blank(answer: object) -> bool:
    """Return whether an answer, or every part of one, is as a starter cell leaves it: ``...`` or ``None``."""
    parts = _parts(answer)
    return answer is None or answer is ... or (bool(parts) and all(_is_blank(part) for _, part in parts))


def _is_of(answer: object, kind: type) -> bool:
    """Return whether an answer is of a kind: a whole number is a number, and ``True`` is none."""
    if isinstance(answer, bool) and kind in NUMBERS:
        return False
    return isinstance(answer, NUMBERS.get(kind, kind))


def _wrong_kind(answer: object, wanted: type) -> Remark:
    if isinstance(answer, Awaitable):
        return Remark("not awaited", "This has not run yet. Put `await` before it.")
    aside = " A recording is what `with record() as trace:` puts into `trace`." if wanted is Trace else ""
    return Remark("kind", f"This is {_kind(type(answer))}, not {_kind(wanted)}.{aside}")


def _kind(kind: type) -> str:
    name = kind.__name__
    return KINDS.get(kind, f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}")
