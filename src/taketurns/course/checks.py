"""What an exercise asks for, and what a typical wrong answer has misunderstood.

A rule is any function that takes an answer and gives what is wrong with it, in a sentence or two, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import pairwise
from numbers import Integral, Real
from string import Formatter
from types import FunctionType
from typing import Any

from taketurns.machine import cores_at_once
from taketurns.notebook.verify import say
from taketurns.trace.spans import State
from taketurns.trace.text import describe, duration_text
from taketurns.trace.trace import Trace

__all__ = [
    "Exercise",
    "choice",
    "each",
    "held_up",
    "never_parallel",
    "overlapped",
    "parallel",
    "rule",
    "tasks",
    "workers",
]

Check = Callable[[Any], str | None]

#: What a name in braces stands for in a message.
WORDS: dict[str, Callable[[Any], object]] = {
    "answer": lambda answer: answer,
    "tasks": lambda trace: len(trace.tasks),
    "workers": lambda trace: len(trace.workers),
    "concurrency": lambda trace: trace.peak_concurrency,
    "parallelism": lambda trace: trace.peak_parallelism,
    "duration": lambda trace: duration_text(trace.duration),
    "running": lambda trace: duration_text(trace.time_in(State.RUNNING)),
    "ready": lambda trace: duration_text(trace.time_in(State.READY)),
    "waiting": lambda trace: duration_text(trace.time_in(State.WAITING)),
}
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


class Exercise:
    """What an exercise asks for: its title, its rules in the order they are checked in, and what to say when solved.

    ``of`` is the kind of answer. ``todo`` says what to do while there is none. ``start`` is a rule that the starter
    cell's own answer breaks: breaking it counts as not begun yet, and not as wrong.
    """

    def __init__(
        self, title: str, *rules: Check, solved: str = "", of: type = Trace, todo: str = "", start: Check | None = None
    ) -> None:
        self.title, self.rules, self.solved, self.of, self.start = title, rules, _checked(solved), of, start
        answer = "recording" if of is Trace else "answer"
        self.todo = todo or f"Nothing to check yet. Put your {answer} in place of the `...`."

    def __repr__(self) -> str:
        return f"<Exercise {self.title!r}: {len(self.rules)} rules>"

    def check(self, answer: object = None) -> bool:
        """Print what ``verdict`` says of an answer, and tell whether it is right. Nothing is raised."""
        line = self.verdict(answer)
        say(line)
        return line.startswith("✓")

    def verdict(self, answer: object = None) -> str:
        """Say in one line that an answer is right (✓), which rule it breaks first (✗), or what is missing (…)."""
        colon, stop = ("", "") if self.title.endswith((".", "?")) else (":", ".")
        try:
            if missing := self._missing(answer):
                return f"… {self.title}{colon} {missing}"
            if wrong := self._wrong(answer):
                return f"✗ {self.title}{colon} {wrong}"
            return f"✓ {self.title}{stop} {_filled(self.solved, answer)}".rstrip()
        except Exception as error:  # noqa: BLE001 - whatever an answer does, the notebook runs on
            return f"✗ {self.title}{colon} The check could not read this answer ({describe(error)})."

    def _missing(self, answer: object) -> str | None:
        """Say what is missing before there is anything to check."""
        if _is_blank(answer):
            return self.todo
        if blanks := [str(key) for key, part in _parts(answer) if _is_blank(part)]:
            return f"There is no answer yet for {', '.join(blanks)}."
        if isinstance(answer, Trace) and self.of is Trace:
            if "spans" not in answer.__dict__:
                return "The recording is still on. Check it below the `with` block, not in it."
            if not answer.spans:
                return (
                    "Nothing was recorded yet. Inside its `with` block, a recording sees compute(), wait(), "
                    "`with waiting(...)`, what `@task` names, and the tasks of asyncio."
                )
        return self.start(answer) if self.start and _is_of(answer, self.of) else None

    def _wrong(self, answer: object) -> str | None:
        """Say which rule is broken first."""
        if not _is_of(answer, self.of):
            return _wrong_kind(answer, self.of)
        wrong = next((wrong for rule in self.rules if (wrong := rule(answer))), None)
        if wrong and isinstance(answer, Trace) and answer.cut_short:
            return f"{wrong} The recording was cut short: {answer.cut_short.rstrip('.')}."
        return wrong


def rule(holds: Callable[[Any], object], otherwise: str) -> Check:
    """Return the rule that a condition holds, and otherwise a message.

    In a message ``{answer}`` stands for the answer, and ``{tasks}``, ``{concurrency}``, ``{parallelism}``,
    ``{duration}`` and the others of ``WORDS`` for figures of a recording; ``ValueError`` for any other name.
    """
    _checked(otherwise)
    return lambda answer: None if holds(answer) else _filled(otherwise, answer)


def choice(right: object, wrong: Mapping[Any, str], otherwise: str = "") -> Check:
    """Return the rule that an answer is the right one of a few; each wrong one has a message of its own.

    ``otherwise`` is the message for any other answer; without it, the choices are named. Case does not matter.
    """
    choices = ", ".join(sorted(map(str, (right, *wrong)))).replace("{", "{{").replace("}", "}}")
    messages = [(_plain(answer), _checked(message)) for answer, message in wrong.items()]
    other = _checked(otherwise or f"{{answer!r}} is none of the choices, which are {choices}.")

    def chosen(answer: object) -> str | None:
        if _plain(answer) == _plain(right):
            return None
        return _filled(next((message for given, message in messages if given == _plain(answer)), other), answer)

    return chosen


def each(rules: Mapping[Any, Check]) -> Check:
    """Return the rule that in a dictionary of answers each one keeps its own rule."""

    def kept(answers: Mapping[Any, Any]) -> str | None:
        for key, check in rules.items():
            if wrong := check(answers[key]) if key in answers else "This one has no answer.":
                return f"{key}: {wrong}"
        return None

    return kept


# Rules for recordings. Each says what was found; `hint` says what is behind it, where that is not the usual reason.


def tasks(count: int, hint: str = "Does every call stand inside the `with` block, and only once?") -> Check:
    """Return the rule that a recording has that many tasks."""
    return rule(lambda trace: len(trace.tasks) == count, f"Tasks in your recording: {{tasks}}, not {count}. {hint}")


def workers(count: int, hint: str = "A worker is one thread in one process: which ones does your code start?") -> Check:
    """Return the rule that so many workers carry the tasks."""
    return rule(lambda trace: len(trace.workers) == count, f"Workers at your tasks: {{workers}}, not {count}. {hint}")


def overlapped(count: int, hint: str = "") -> Check:
    """Return the rule that at some instant that many tasks, two or more, are in progress."""
    alone = "A loop that waits for each call, or a call that blocks the event loop, ends one before the next starts."
    fewer = "A pool has as many tasks in progress as it has workers. Are they enough, and do all tasks start at once?"
    found = "Tasks in progress at one instant: at most {concurrency}"
    one_by_one = rule(lambda trace: trace.peak_concurrency > 1, f"{found}, so they came one by one. {hint or alone}")
    too_few = rule(lambda trace: trace.peak_concurrency >= count, f"{found}, not {count}. {hint or fewer}")
    return lambda trace: one_by_one(trace) or too_few(trace)


def never_parallel(hint: str = "Processes run in parallel, and so do threads where the GIL is off.") -> Check:
    """Return the rule that at no instant two tasks are running."""
    found = "Tasks running at one instant: up to {parallelism}, so they did not take turns."
    return rule(lambda trace: trace.peak_parallelism <= 1, f"{found} {hint}")


def parallel(count: int, hint: str = "Threads share one GIL; each process has its own.") -> Check:
    """Return the rule that at some instant that many tasks are running, or as many as this machine can run at once."""
    found = "Tasks running at one instant: at most {parallelism}, and this machine can run more."
    return rule(lambda trace: trace.peak_parallelism >= min(count, cores_at_once()), f"{found} {hint}")


# What a recording tells that is no rule by itself.


def held_up(trace: Trace) -> bool:
    """Return whether at some instant somebody is ready and nobody runs: something blocks the one thread."""
    times = sorted({at for span in trace.spans for at in (span.start, span.end)})
    for begin, end in pairwise(times):
        states = {span.state for span in trace.spans if span.start <= begin and end <= span.end}
        if State.READY in states and State.RUNNING not in states:
            return True
    return False


# Answers and messages.


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


def _wrong_kind(answer: object, wanted: type) -> str:
    if isinstance(answer, Awaitable):
        return "This has not run yet. Put `await` before it."
    aside = " A recording is what `with record() as trace:` puts into `trace`." if wanted is Trace else ""
    return f"This is {_kind(type(answer))}, not {_kind(wanted)}.{aside}"


def _kind(kind: type) -> str:
    name = kind.__name__
    return KINDS.get(kind, f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}")


def _plain(answer: object) -> object:
    return answer.strip().casefold() if isinstance(answer, str) else answer


class _Figures(Formatter):
    """Fills the names of a message with figures of the answer, and works out only those that it names."""

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> object:
        return WORDS[str(key)](args[0])


def _filled(message: str, answer: object) -> str:
    return _Figures().vformat(message, (answer,), {})


def _checked(message: str) -> str:
    """Return a message whose names in braces are all known; ``ValueError`` says which one is not."""
    for _, name, _, _ in Formatter().parse(message):
        if name is not None and re.split(r"[.\[]", name)[0] not in WORDS:
            raise ValueError(f"{{{name}}} stands for nothing; a message may use {', '.join(WORDS)}: {message!r}")
    return message
