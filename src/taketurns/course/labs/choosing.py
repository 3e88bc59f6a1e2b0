"""The decision guide of notebook 15, its six programs in every model of execution, and its exercises."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping

from taketurns.course.checks import Exercise
from taketurns.course.guide import guide
from taketurns.course.prediction import predict
from taketurns.course.programs import CHOICES, PROGRAMS, bill, run, ticks
from taketurns.course.rules import each, part, when
from taketurns.pictures.sketch import sketch
from taketurns.pictures.timeline import compare
from taketurns.recording.marks import compute
from taketurns.recording.tasks import task
from taketurns.trace.spans import State
from taketurns.trace.trace import Trace

__all__ = ["SHARES", "TOWNS", "bill", "clock", "errors", "figures", "forecast", "guide", "night_shift", "readings"]
__all__ += ["side_by_side", "six_programs", "tipping_point", "tried"]

# Traces beneath each other


class _Picture:
    """Timelines as they stand beneath sliders."""

    def __init__(self, traces: Iterable[Trace]) -> None:
        self.traces = tuple(traces)

    def __repr__(self) -> str:
        return "\n".join(map(str, self.traces))

    def _repr_html_(self) -> str:
        return sketch(*self.traces)


def figures(traces: Mapping[str, Trace]) -> str:
    """Return a table: of each trace how long it took, the two numbers, and who carried it."""
    rows = [f"{'':21}{'done after':>10}{'in progress':>13}{'running':>9}   carried by"]
    for name, trace in traces.items():
        numbers = f"{trace.duration:>8.3g} s{trace.peak_concurrency:>13}{trace.peak_parallelism:>9}"
        rows.append(f"{name:21}{numbers}   {_carriers(trace)}")
    return "\n".join(rows)


def _carriers(trace: Trace) -> str:
    """Count threads and processes: a process that is not the notebook's counts as one, however many threads it has."""
    processes = {span.process for span in trace.spans} - {""}
    threads = {span.worker for span in trace.spans if not span.process}
    counts = ((len(threads), "thread", "threads"), (len(processes), "process", "processes"))
    return " + ".join(f"{count} {one if count == 1 else many}" for count, one, many in counts if count)


def errors(said: Mapping[str, Mapping[str, Trace]], recorded: Mapping[str, Mapping[str, Trace]]) -> str:
    """Return a table: of each run how long it took, and by how much that is off what was predicted."""
    rows = [f"{'':34}predicted  recorded   error"]
    for name, runs in recorded.items():
        for model, trace in runs.items():
            told = said[name][model].duration
            times = f"{told:7.2f} s {trace.duration:7.2f} s {trace.duration / told - 1:+7.0%}"
            rows.append(f"{name:12}{model:22}{times}")
    return "\n".join(rows)


def side_by_side(tasks: int, seconds: float, cpu_share: float, cores: int, gil: bool) -> tuple[str, _Picture]:
    """Predict every model for `sliders`: a table with what is best, and the timelines."""
    predicted = predict(tasks, seconds, cpu_share, cores, gil)
    least = min(trace.duration for trace in predicted.values())
    good = [name for name, trace in predicted.items() if trace.duration <= 1.1 * least]
    computes = seconds * cpu_share / 100
    head = f"Each task waits for {seconds - computes:.3g} s and computes for {computes:.3g} s."
    best = f"Quickest: {good[0]}. Nothing else comes within a tenth of it."
    if len(good) > 1:
        best = f"Within a tenth of the quickest: {', '.join(good)}.\nThe simplest of these: {good[0]}."
    return f"{head}\n\n{figures(predicted)}\n\n{best}", _Picture(predicted.values())


# Six programs

#: What the last check has recorded: a trace for each program that was decided.
tried: dict[str, Trace] = {}


def _decided(name: str) -> Callable[[object], str | None]:
    """Return the rule for one program: it runs the choice, and draws beside it what would have been right."""
    program = PROGRAMS[name]

    def decided(answer: object) -> str | None:
        model = answer.strip().casefold() if isinstance(answer, str) else answer
        if model not in CHOICES:
            return f"{answer!r} is none of the choices, which are {', '.join(CHOICES)}."
        trace = tried[name] = run(name, str(model))
        if model in program.right or (program.pure and "threads" in str(model) and trace.origin.get("gil") == "off"):
            return None
        count = len([name for name in trace.tasks if not name.startswith("redraw")])
        compare(trace, run(name, program.right[0], count))
        return _filled(program.wrong[str(model)], trace)

    return decided


def _filled(message: str, trace: Trace) -> str:
    """Put figures of a trace into a message."""
    numbers = {"concurrency": trace.peak_concurrency, "parallelism": trace.peak_parallelism}
    ready = f"{trace.time_in(State.READY):.2f} s"
    redraws = _meanwhile(trace, "redraw", "report")
    return message.format(workers=len(trace.workers), ready=ready, redraws=redraws, **numbers)


def _meanwhile(trace: Trace, often: str, task: str) -> int:
    """Count how often one had a turn between the begin of the first task of a kind and the end of the last one."""
    whole = trace.only(task)
    begin = min((span.start for span in whole.spans), default=0)
    return sum(begin < span.start < whole.duration for span in trace.only(often, state="RUNNING").spans)


def _begin(_: object) -> None:
    tried.clear()


six_programs = Exercise(
    "Six programs",
    _begin,
    each({name: _decided(name) for name in PROGRAMS}),
    of=dict,
    is_slow=True,
    todo="Nothing is decided yet. Write one of the six choices for each program.",
    solved="Each ran as you decided: waits overlap where there are waits, and cores are busy where there is computing.",
)


# The tipping point

SHARES = (0, 5, 15, 25, 50, 75, 100)


def _tips(share: int) -> str | None:
    """Compare threads with asyncio + processes at this share of computing."""
    if share not in SHARES:
        return f"{share} is none of the shares, which are {', '.join(map(str, SHARES))}."
    threads, both = (predict(8, 0.4, share, 4)[model].duration for model in ("threads", "asyncio + processes"))
    times = f"At {share} %, threads take {threads:.2f} s, and asyncio + processes {both:.2f} s"
    if threads <= 2 * both:
        return f"{times}. That is not yet more than twice as long."
    if share != min(other for other in SHARES if other > 20):
        return (
            f"{times}. That is more than twice as long, but so it is at a smaller share. "
            "All waits together count once, and the computing of eight tasks counts eight times."
        )
    return None


tipping_point = Exercise(
    "The tipping point",
    _tips,
    of=int,
    solved="A quarter of computing is enough. Under one GIL, eight times 0.1 s make 0.8 s, after 0.3 s of "
    "waiting: 1.1 s. Asyncio with processes needs 0.5 s.",
)


# The capstone

TOWNS = ("Bergen", "Hilo", "Lima", "Pune")


def readings(town: str) -> list[int]:
    """Return the temperatures of a town, which are made up."""
    return [10 + (7 * ord(letter)) % 19 for letter in town * 6]


@task(name="forecast {town}")
def forecast(town: str, measured: list[int]) -> str:
    """Work out a forecast in pure Python; here, so that another process can import it."""
    compute(0.15)
    return f"{town} {sum(measured) / len(measured):.0f} °C"


@contextlib.asynccontextmanager
async def clock() -> AsyncIterator[None]:
    """Let a task named "clock" tick in this event loop, until the block ends."""
    ticking = asyncio.create_task(ticks(), name="clock")
    try:
        yield
    finally:
        ticking.cancel()


def _without_gil(trace: Trace) -> bool:
    return trace.origin.get("gil") == "off"


night_shift = Exercise(
    "The night shift",
    start=when(
        lambda t: (
            len(t.only("forecast").tasks) == len(TOWNS)
            and t.only("fetch").peak("WAITING") < 2
            and t.workers == ("main thread",)
        )
    ).say(
        "As it stands, one town comes after another, and everything is in the main thread. "
        "Let the waits overlap, and let other processes compute."
    ),
    other_tasks=when(lambda t: not len(t.only("fetch").tasks) == len(t.only("forecast").tasks) == len(TOWNS)).say(
        "There is to be one fetch and one forecast for each of the four towns."
    ),
    no_clock=when(lambda t: "clock" not in t.tasks).say(
        "The clock is missing. Leave `lab.clock()` as it is: it shows whether the loop gets its turns."
    ),
    fetches=part(
        lambda t: t.only("fetch").peak("WAITING"),
        one_by_one=when(lambda most: most < 2).say(
            "The replies are waited for one by one. A loop that awaits each fetch starts the next when it is there. "
            "What starts them all, and awaits them together?"
        ),
        not_all=when(lambda most: most < len(TOWNS)).say(
            "Some of the replies are waited for together, and not all four."
        ),
    ),
    forecasts=part(
        lambda t: t.only("forecast"),
        main_thread=when(lambda t: "main thread" in t.workers).say(
            "The main thread computed forecasts, and the loop lives there: while it computes, nobody else gets a turn. "
            "Hand them over with `run_in_executor`."
        ),
        one_gil=when(lambda t: not _without_gil(t) and not all(span.process for span in t.spans)).say(
            "The forecasts ran in threads of the notebook's own process. That leaves the loop its turns, "
            "but they share one GIL, and at most {parallelism} ran at one instant. What has a GIL of its own?"
        ),
        forecasts_one_by_one=when(lambda t: t.peak_concurrency < 2).say(
            "The forecasts came one by one. If you await each before you hand over the next, or the pool has one "
            "worker, only one core is of use."
        ),
        one_process=when(lambda t: not _without_gil(t) and len({span.process for span in t.spans}) == 1).say(
            "One process carried all forecasts. How many has your pool?"
        ),
    ),
    no_ticks=when(lambda t: not _meanwhile(t, "clock", "forecast")).say(
        "The clock had no turn while the forecasts were computed. Something blocks the loop until they are done: "
        "`pool.map`, or `result()` of a pool's future? `run_in_executor` gives something to await."
    ),
    solved="Four replies were waited for together, more than one process computed, and the clock went on ticking.",
)
