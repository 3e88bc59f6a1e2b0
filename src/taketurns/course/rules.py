"""The rules of an exercise: each says what is behind a typical wrong answer.

A rule is a function that takes an answer and returns what it has to say of it, in a sentence or two, or ``None``; or
a table of answers with what to say of each. It has a key: the name under which an exercise lists it, or the answer in
the table. By that key a test knows it, whatever it says.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from string import Formatter
from typing import Any, NamedTuple

from taketurns.machine import cores_at_once
from taketurns.trace.spans import Span, State
from taketurns.trace.text import duration_text
from taketurns.trace.trace import Trace

__all__ = ["Remark", "Rule", "checked", "choice", "each", "filled", "first", "held_up", "overlap", "overlapped"]
__all__ += ["parallel", "part", "remark_of", "tasks", "when", "workers"]

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


class Remark(NamedTuple):
    """What a rule says of an answer, and the key of the rule."""

    key: str
    text: str


#: What to say of each answer; nothing of a right one, and ``...`` is any other.
Table = Mapping[Any, str | None]
Asked = Callable[[Any], Remark | str | None]
Rule = Asked | Table


# Rules


class when(NamedTuple):  # noqa: N801 - it begins a sentence: when(this is seen).say(that)
    """What is to be seen in an answer for a rule to speak."""

    seen: Callable[[Any], object]

    def say(self, text: str, key: str = "") -> Asked:
        """Return the rule that says so where it is seen.

        In the text ``{answer}`` stands for the answer, and ``{tasks}``, ``{concurrency}``, ``{parallelism}``,
        ``{duration}`` and the others of ``WORDS`` for figures of a recording; ``ValueError`` for any other name.
        """
        checked(text)
        return lambda answer: Remark(key, filled(text, answer)) if self.seen(answer) else None


def part(of: str | Callable[[Any], object], /, *rules: Rule, **named: Rule) -> Asked:
    """Return the rules for a part of an answer: the value at a key, an attribute, or what a function makes of it."""
    inner = first(*rules, **named)

    def speak(answer: Any) -> Remark | None:
        if callable(of):
            return inner(of(answer))
        return inner(answer[of] if isinstance(answer, Mapping) else getattr(answer, of))

    return speak


def choice(answers: Table) -> Asked:
    """Return the rule for a question with a few answers: what to say of each, which is nothing where it is right.

    ``...`` stands for any other answer; without it, the choices are named. Case does not matter.
    """
    choices = ", ".join(sorted(map(str, answers))).replace("{", "{{").replace("}", "}}")
    known = {_plain(given): (str(given), checked(says or "")) for given, says in answers.items() if given is not ...}
    other = checked(answers.get(..., f"{{answer!r:.60}} is none of the choices, which are {choices}.") or "")

    def speak(answer: object) -> Remark | None:
        key, says = next((row for given, row in known.items() if given == _plain(answer)), ("other", other))
        return Remark(key, filled(says, answer)) if says else None

    return speak


def each(questions: Mapping[Any, Rule]) -> Asked:
    """Return the rule that in a dictionary of answers each one keeps its own rule."""
    rules = {key: _asked(rule) for key, rule in questions.items()}

    def speak(answers: Mapping[Any, Any]) -> Remark | None:
        for key, rule in rules.items():
            remark = remark_of("", rule, answers[key]) if key in answers else Remark("", "This one has no answer.")
            if remark:
                return Remark(f"{key}: {remark.key}" if remark.key else str(key), f"{key}: {remark.text}")
        return None

    return speak


def first(*rules: Rule, **named: Rule) -> Callable[[Any], Remark | None]:
    """Return the rule that says what the first of these says that speaks."""
    keyed = [*(("", _asked(rule)) for rule in rules), *((key, _asked(rule)) for key, rule in named.items())]
    return lambda answer: next((remark for key, rule in keyed if (remark := remark_of(key, rule, answer))), None)


def _asked(rule: Rule) -> Asked:
    return choice(rule) if isinstance(rule, Mapping) else rule


def remark_of(key: str, rule: Asked, answer: Any) -> Remark | None:
    """Return what a rule says, under this key, or that of a rule within it."""
    said = rule(answer)
    if not said:
        return None
    return Remark(key, said) if isinstance(said, str) else Remark(said.key or key, said.text)


# Rules for recordings. Each says what was found; `hint` says what is behind it, where that is not the usual reason.


def tasks(count: int, hint: str = "Does every call stand inside the `with` block, and only once?") -> Rule:
    """Return the rule that a recording has that many tasks."""
    found = f"Tasks in your recording: {{tasks}}, not {count}. {hint}"
    return when(lambda trace: len(trace.tasks) != count).say(found, "tasks")


def workers(count: int, hint: str = "A worker is one thread in one process: which ones does your code start?") -> Rule:
    """Return the rule that so many workers carry the tasks."""
    found = f"Workers at your tasks: {{workers}}, not {count}. {hint}"
    return when(lambda trace: len(trace.workers) != count).say(found, "workers")


def overlapped(count: int, hint: str = "") -> Rule:
    """Return the rule that at some instant that many tasks, two or more, are in progress."""
    alone = "A loop that waits for each call, or a call that blocks the event loop, ends one before the next starts."
    fewer = "A pool has as many tasks in progress as it has workers. Are they enough, and do all tasks start at once?"
    found = "Tasks in progress at one instant: at most {concurrency}"
    return first(
        when(lambda trace: trace.peak_concurrency < 2).say(
            f"{found}, so they came one by one. {hint or alone}", "one by one"
        ),
        when(lambda trace: trace.peak_concurrency < count).say(f"{found}, not {count}. {hint or fewer}", "too few"),
    )


def parallel(count: int, hint: str = "Threads share one GIL; each process has its own.") -> Rule:
    """Return the rule that at some instant that many tasks are running, or as many as this machine can run at once."""
    found = "Tasks running at one instant: at most {parallelism}, and this machine can run more."
    return when(lambda trace: trace.peak_parallelism < min(count, cores_at_once())).say(
        f"{found} {hint}", "not parallel"
    )


# What a recording tells that is no rule by itself.


def overlap(spans: Iterable[Span], others: Iterable[Span]) -> bool:
    """Return whether one of the spans and one of the others share an instant."""
    others = list(others)
    return any(max(one.start, other.start) < min(one.end, other.end) for one in spans for other in others)


def held_up(trace: Trace) -> bool:
    """Return whether at some instant somebody is ready and nobody runs: something blocks the one thread."""
    times = sorted({at for span in trace.spans for at in (span.start, span.end)})
    for begin, end in pairwise(times):
        states = {span.state for span in trace.spans if span.start <= begin and end <= span.end}
        if State.READY in states and State.RUNNING not in states:
            return True
    return False


# Messages


def _plain(answer: object) -> object:
    return answer.strip().casefold() if isinstance(answer, str) else answer


class _Figures(Formatter):
    """Fills the names of a message with figures of the answer, and works out only those that it names."""

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> object:
        return WORDS[str(key)](args[0])


def filled(message: str, answer: object) -> str:
    """Return a message with figures of the answer in the place of names in braces."""
    return " ".join(_Figures().vformat(message, (answer,), {}).split())  # one line, whatever an answer's repr has


def checked(message: str) -> str:
    """Return a message whose names in braces are all known; ``ValueError`` says which one is not."""
    for _, name, _, _ in Formatter().parse(message):
        if name is not None and re.split(r"[.\[]", name)[0] not in WORDS:
            raise ValueError(f"{{{name}}} stands for nothing; a message may use {', '.join(WORDS)}: {message!r}")
    return message
