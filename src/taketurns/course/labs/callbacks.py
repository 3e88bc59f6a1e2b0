"""Exercises of notebook 06, and the recording that the last of them is about."""

from taketurns.course.checks import Exercise, quiz
from taketurns.course.rules import held_up, part, when
from taketurns.recording.block import record
from taketurns.recording.marks import compute, wait
from taketurns.suspend.callbacks import run, sleep, start
from taketurns.trace.clock import SimulatedClock
from taketurns.trace.trace import Trace

__all__ = ["after_another", "kitchen", "longest_first", "tea_in_time", "who_blocked"]


def _steps(trace: Trace, task: str) -> list[float]:
    """Return the lengths of a task's stretches of running, in order; those without length are left out."""
    joined: list[list[float]] = []
    for span in trace.only(state="RUNNING").lanes.get(task, ()):
        if joined and joined[-1][1] == span.start:
            joined[-1][1] = span.end
        elif span.duration:
            joined.append([span.start, span.end])
    return [round(end - start, 9) for start, end in joined]


def _waited(trace: Trace, task: str) -> float:
    return round(trace.time_in("WAITING", task), 9)


# 1

_HEATS = {"kettle A": 3.0, "kettle B": 2.0, "kettle C": 4.0}


def _kettles(trace: Trace) -> list[str]:
    """Return the tasks that are kettles, in the order in which they are filled."""
    runs = trace.only("kettle", state="RUNNING").tasks
    return [*(task for task in trace.only("kettle").tasks if task not in runs), *runs]


longest_first = Exercise(
    "The longest first",
    start=when(lambda t: _kettles(t) == ["kettle A", "kettle B", "kettle C"]).say(
        "As it stands, C is filled last and heats longest: 7.5 s. Change `order`."
    ),
    other_kettles=when(lambda t: set(_kettles(t)) != set(_HEATS)).say(
        "Each of the kettles A, B and C has to be filled, and only once. Look at your `order`."
    ),
    other_heats=when(lambda t: any(_waited(t, task) != seconds for task, seconds in _HEATS.items())).say(
        "The kettles do not heat for 3, 2 and 4 s any more. Leave KETTLES as it is, and change the order only."
    ),
    shortest_first=when(lambda t: _kettles(t)[0] == "kettle B").say(
        "It takes {duration}. The kettle that heats for the shortest time comes first here: "
        "it is hot early, and in the end everybody waits for the longest, which began late."
    ),
    longest_later=when(lambda t: _kettles(t)[0] != "kettle C").say(
        "It takes {duration}, but the kettle that heats longest is not the first one to be filled."
    ),
    solved="It takes {duration}. The longest wait began first, so the other kettles' waits lie beside it.",
)

# 2

_TEAS = {"green tea": (2.0, 1), "black tea": (4.0, 2)}  # for how long it draws, and how many cups

_ASKED = "Pour, then ask with sleep() for a function that takes the leaves out."


def _begun(trace: Trace, task: str) -> bool:
    """Return whether a tea does more than to be filled and heated."""
    return _steps(trace, task) != [1] or _waited(trace, task) != 3


def _made(trace: Trace, task: str) -> str | None:
    """Say what is wrong with one of the two teas."""
    draws, cups = _TEAS[task]
    pouring, steps, waited = cups * 0.5, _steps(trace, task), _waited(trace, task)
    if len(steps) == 1:
        return f"The {task} is filled and heated, but nobody pours it. {_ASKED}"
    if trace.cut_short and steps[1:] == [pouring + 0.25]:
        return (
            f"The leaves of the {task} were taken out as soon as it was poured, and then there was nothing to call. "
            "`take_out()` calls it now and hands over what it gives. Hand over the function: `take_out`."
        )
    if steps[1:] == [pouring + 0.25]:
        return (
            f"The leaves of the {task} were taken out as soon as it was poured. sleep() comes back at once: "
            "what stands below it runs before the time is over. What is to come later goes into a function."
        )
    if steps[1] == pouring + draws + 0.25:
        return (
            f"While the {task} draws, compute() keeps the cook busy for {draws:g} s. There is nothing to do meanwhile: "
            "ask with sleep() for what comes then."
        )
    if cups > 1 and steps[1] == 0.5:
        return f"The {task} fills {cups} cups, 0.5 s each, and yours filled one. `cups` is handed over to `pour_tea`."
    if steps[1] != pouring:
        return f"To pour the {task} takes {pouring:g} s, 0.5 s for each cup. Yours took {steps[1]:g} s."
    if len(steps) == 2:
        return f"Nobody takes the leaves of the {task} out. {_ASKED}"
    if waited != 3 + draws:
        return f"The {task} should draw for {draws:g} s, as `draws` says, and yours drew for {waited - 3:g} s."
    if steps[2:] != [0.25]:
        return f"Taking the leaves of the {task} out is one step of 0.25 s."
    return None


tea_in_time = Exercise(
    "Tea in time",
    start=when(lambda t: set(t.tasks) >= set(_TEAS) and not any(_begun(t, task) for task in _TEAS)).say(
        "As it stands, both kettles heat, and nobody pours the tea. Write `pour_tea`."
    ),
    other_tasks=when(lambda t: set(_TEAS) - set(t.tasks)).say(
        "The tasks are to be the green tea and the black tea. Leave `two_teas` as it is."
    ),
    blocked=when(held_up).say(
        "The black tea was ready and nobody came: while the green tea drew, the cook stood beside it. "
        "wait() keeps the one thread; sleep() gives it back."
    ),
    green=lambda t: _made(t, "green tea"),
    black=lambda t: _made(t, "black tea"),
    solved="Each function ends where it has to wait, and hands over all that the next one needs.",
)

# 3

_D_MEANS = "Kettle D is to be a task of its own, with the name kettle D: start(kettle, ..., name=...)."


def _by_itself(trace: Trace) -> bool:
    """Return whether kettle D is in no other task's lane: A to C do what they did."""
    return all(_steps(trace, task) == [1, 0.5] for task in _HEATS)


after_another = Exercise(
    "One after another",
    start=when(lambda t: set(_kettles(t)) == set(_HEATS) and _by_itself(t)).say(
        "As it stands, there are three kettles. Start kettle D when A has been poured."
    ),
    missing=when(lambda t: set(_HEATS) - set(t.tasks)).say(
        "One of the kettles A, B and C is missing. They stay as they are."
    ),
    inside=when(lambda t: not _by_itself(t)).say(
        "Kettle D is filled inside the task of another kettle. A plain call, or a sleep(), goes on in the same task. "
        + _D_MEANS
    ),
    too_many=when(lambda t: len(_kettles(t)) > 4).say(
        "There are more than four kettles. Who starts kettle D, and how often?"
    ),
    no_lane=when(lambda t: "kettle D" not in t.tasks).say(f"There is no lane for kettle D. {_D_MEANS}"),
    guessed=when(lambda t: any(not task.startswith("kettle ") for task in t.only(reason="timer").tasks)).say(
        "You have worked out when A is poured, and set a timer for it. That is right until a kettle heats longer. "
        "Let whoever pours A start kettle D, or wait_for() the task of kettle A."
    ),
    begin=part(
        lambda t: t.lane("kettle D")[0].start,
        with_the_others=when(lambda begin: begin == 0).say(
            "Kettle D was started with the others, at 0 s. A call in main() is made at once; "
            "it belongs where A has been poured."
        ),
        when_filled=when(lambda begin: begin < 4).say(
            "Kettle D was started when A was filled. `kettle` ends there: sleep() comes back at once. "
            "What comes after the heating belongs into `pour_3`."
        ),
    ),
    while_poured=when(lambda t: t.lane("kettle D")[0].start < t.only("kettle A").duration).say(
        "Kettle D was started when the pouring of A began. It comes after the pouring."
    ),
    other_steps=when(lambda t: _steps(t, "kettle D") != [1, 0.5] or _waited(t, "kettle D") != 2).say(
        "Kettle D is filled like the others, heats for 2 s, and is poured like the others."
    ),
    solved="The end of one task starts another: nobody had to know the time. All is done after {duration}.",
)

# 4

_Step = tuple[float, float, float]
_MEALS: dict[str, list[_Step]] = {  # of each callback: how long it runs, blocks, and runs again
    "soup": [(1, 0, 0), (0.5, 0, 0), (0.5, 0, 0)],
    "bread": [(0.5, 0, 0), (0.5, 0, 0), (0.5, 0, 0)],
    "tea": [(0.5, 0, 0), (0.5, 2.5, 0.5), (0.5, 0, 0)],
    "rice": [(0.5, 0, 0), (0.5, 0, 0), (0.5, 0, 0)],
}
_WAITS = {"soup": [2, 1.5], "bread": [6, 1], "tea": [2.5, 1], "rice": [2.5, 1.5]}


def kitchen() -> Trace:
    """Record four meals on one event loop, each a chain of three callbacks. One callback blocks."""

    def perform(name: str, steps: list[_Step], waits: list[float]) -> None:
        before, blocked, after = steps[0]
        compute(before)
        if blocked:
            wait(blocked)
        compute(after)
        if waits:
            sleep(waits[0], perform, name, steps[1:], waits[1:])

    def main() -> None:
        for name, steps in _MEALS.items():
            start(perform, name, steps, _WAITS[name], name=name)

    with record("four meals", SimulatedClock()) as trace:
        run(main)
    return trace.only(*_MEALS)


who_blocked = quiz(
    "Who blocked?",
    {
        "task": {
            "tea": None,
            "bread": "Its gray bar is the longest, but it harms nobody: the others go on meanwhile. "
            "Look for a gray bar during which nobody runs, though others are ready.",
            "rice": "It is ready for long: it could go on, and nobody comes. It is held up. By whom?",
            "soup": "It is ready for long: it could go on, and nobody comes. It is held up. By whom?",
        },
        "callback": {
            2: None,
            1: "Its first callback fills, sets a timer and ends. While it waits for that timer, others run.",
            3: "Its last callback comes after the others had their turn again. The harm is done by then.",
        },
    },
    todo="Nothing to check yet. Look at the lanes, and write a name and a number into the two places.",
    solved="A callback that waits looks like a task that waits. What gives it away are the others: "
    "ready, and nobody runs.",
)
