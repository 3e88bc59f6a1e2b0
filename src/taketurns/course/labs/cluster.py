"""Exercises of notebook 16, and what it lets a cluster do."""

from taketurns.course.checks import Exercise, quiz
from taketurns.course.chromosomes import (
    Letters,
    add,
    at_work,
    chromosome,
    cost,
    count,
    die,
    nothing,
    poison,
    read,
    search,
    throw,
    unpack,
    unreachable,
)
from taketurns.course.rules import Asked, tasks, when
from taketurns.trace.trace import Trace

__all__ = ["Letters", "add", "as_a_graph", "at_work", "chromosome", "cost", "count", "die", "four_throws"]
__all__ += ["how_many_machines", "no_letters_travel", "nothing", "poison", "read", "search", "throw", "unpack"]
__all__ += ["unreachable"]


def _here(trace: Trace) -> bool:
    """Return whether the notebook's own process carried some of it."""
    return not all(span.process for span in trace.spans)


def _elsewhere(hint: str, *stems: str) -> Asked:
    """Return the rule that only other processes carried the tasks with these names, or all tasks."""
    return when(lambda t: _here(t.only(*stems))).say(f"The notebook's own process carried some of it. {hint}")


four_throws = Exercise(
    "Four throws",
    start=when(lambda t: len(t.tasks) == 1 and not _here(t)).say(
        "As it stands, the die is thrown once, and you get that result four times. To the scheduler, the same "
        "function with the same arguments is the same task."
    ),
    here=_elsewhere("Let the client hand the throws to the workers."),
    tasks=tasks(4, "Each throw is one task; the exercise asks for four."),
    other_die=when(lambda t: not all(name.startswith("throw 6") for name in t.tasks)).say(
        "Other arguments do make other tasks, and here also another die. Keep the 6, and say that the function is not "
        "pure."
    ),
    solved="Four tasks, four throws.",
)

no_letters_travel = Exercise(
    "No letters travel",
    start=when(
        lambda t: (
            "main thread" in t.only("pack").workers and not t.only("read").tasks and len(t.only("count").tasks) == 2
        )
    ).say("As it stands, the notebook reads the letters and sends them. Let only names travel."),
    counts=when(lambda t: len(t.only("count").tasks) != 2).say(
        "The exercise asks for two counts, one for A and one for B. Do both stand inside the `with` block?"
    ),
    counted_here=_elsewhere("Let the workers count.", "count"),
    read_here=_elsewhere("It read the letters, and they had to travel after that. Who could read them?", "read"),
    packed=when(lambda t: t.only("pack", "unpack").tasks).say(
        "Letters were packed and sent. `gather` and `result()` bring them here, and `scatter` or an argument sends "
        "them: each is a journey. What is small enough to be sent in their place?"
    ),
    reads=when(lambda t: len(t.only("read").tasks) != 2).say(
        "The letters came from somewhere else than from lab.read on the workers. Read A and B once each, inside the "
        "`with` block."
    ),
    solved="Two names went out, and two counts came back.",
)

_WORK = "Divide the work of all tasks by 8 cores, and then by 80."

how_many_machines = quiz(
    "How many machines?",
    {
        "film": {
            "a cluster": None,
            "this machine": f"{_WORK} The first is more than ten hours. What would have to be sent, and how long "
            "does that take?",
            "a bigger machine": "With 32 cores it takes a quarter of the time. What do ten machines take, and do "
            "these tasks need anything of each other?",
        },
        "prices": {
            "this machine": None,
            "a cluster": "The scheduler hands out a thousand tasks in a second, and there are a million. "
            f"{_WORK} Is there so much to gain, even in large tasks?",
            "a bigger machine": "How long does this one take? Eight cores share 20 seconds of work.",
        },
        "photos": {
            "this machine": None,
            "a cluster": "The photos are on your disk. How long does it take to send 400,000 MB, and how long to "
            "compute here?",
            "a bigger machine": "The photos would have to travel to that one as well. How long do you need?",
        },
        "table": {
            "a bigger machine": None,
            "this machine": "It does not fit into the memory of this machine.",
            "a cluster": "It can be done, but each of the joins sends most of the table to another machine. "
            "Where would nothing have to be sent?",
        },
        "logs": {
            "a cluster": None,
            "this machine": "10 TB are 10,000,000 MB. How long do they take to get here?",
            "a bigger machine": "10 TB are 10,000,000 MB. How long do they take to get there, and who needs to "
            "have them in one place?",
        },
    },
    solved="What has to be moved decides as often as what has to be computed.",
)

as_a_graph = Exercise(
    "As a graph",
    start=when(lambda t: not any(span.process for span in t.spans if not span.task.startswith("add"))).say(
        "As it stands, only the sum is computed by a worker. `delayed(lab.read(name))` does not change that: it calls "
        "`lab.read` here, and then hands over what came out."
    ),
    reads=when(lambda t: not len(t.only("read").tasks) == len(t.only("count").tasks) == 3).say(
        "The exercise asks for three chromosomes, each of them read once and counted once."
    ),
    sums=when(lambda t: len(t.only("add").tasks) != 1).say(
        "There is no sum, or more than one. `lab.add` takes the list of all counts, once."
    ),
    here=_elsewhere(
        "Only `delayed(f)(x)` is a node of a graph; `f(x)` is a call, here and now: so for read, count and add."
    ),
    one_by_one=when(lambda t: t.peak_concurrency == 1).say(
        "They came one by one. `result()` waits; make the whole graph, and ask once, at its end."
    ),
    too_early=when(lambda t: t.only("add").spans[0].start < t.only("count").duration).say(
        "The sum began before the last count had ended. Which counts did it get?"
    ),
    solved="One graph went out, and one number came back.",
)
