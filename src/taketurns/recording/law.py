"""The law of the GIL: where there is one, two threads of a process cannot both run Python code at one instant.

The watcher sees the edges of a state to about a millisecond, and less well where it had not looked for a while. So
where one thread hands the GIL to another, both seem to run for a moment. What overlaps for less than the watcher can
tell is such an edge, or a turn too short to be seen: one of the two was READY. What overlaps for longer ran beside the
other, in C code that had let go of the GIL. And so did what two threads did that waited for nothing but cores.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from taketurns.recording.rows import Key, Process, Row, Stretch, Thread, Times, begin
from taketurns.recording.sight import SHORT_NS, between, cut_out, looks_in, union
from taketurns.trace.spans import State
from taketurns.watcher.looks import Look

__all__ = ["obeyed"]

#: Of two threads that run Python code, one waits for the GIL at least so often that it is seen.
CALM_NS = 10_000_000


def obeyed(
    stretches: Sequence[Stretch],
    exact: Mapping[Thread, Sequence[Times]],
    looks: Mapping[Thread, Sequence[Look]] | None = None,
) -> Iterable[Stretch]:
    """Return the stretches, with READY for the GIL in the place of what no more than seems to run beside another."""
    running = [stretch for stretch in stretches if stretch[0].state is State.RUNNING]
    if len({id(row.worker) for row, _ in running}) < 2 or not _overlap(sorted(running, key=begin)):
        return stretches
    return _obeyed(stretches, exact, looks or {})


def _obeyed(
    stretches: Sequence[Stretch], exact: Mapping[Thread, Sequence[Times]], looks: Mapping[Thread, Sequence[Look]]
) -> Iterator[Stretch]:
    running = [(number, stretch) for number, stretch in enumerate(stretches) if stretch[0].state is State.RUNNING]
    running.sort(key=lambda numbered: numbered[1][0].at)
    blurs = {(row.task, row.at): _blur(row, looks.get(row.worker, ())) for row, _ in stretches}
    losses = _losses(running, exact, blurs, _calm(stretches))
    for number, stretch in enumerate(stretches):
        if number not in losses:
            yield stretch
            continue
        row, until = stretch
        lost = list(union(sorted(losses[number])))
        for at, end in cut_out((row.at, until), lost):
            yield row._replace(at=at), end
        for at, end in lost:
            yield row._replace(at=at, state=State.READY, reason="GIL"), end


def _blur(row: Row, looks: Sequence[Look]) -> int:
    """Return by how much the begin of a stretch may be off: of one that runs, the look in which it begins tells."""
    if row.blur or row.state is not State.RUNNING:
        return row.blur
    return next((look.blur for look, _, _ in looks_in(looks, row.at, row.at + 1)), 0)


def _overlap(running: Iterable[Stretch]) -> bool:
    """Return whether any two stretches of one process overlap; they come in order."""
    reached: dict[Process, int] = {}
    for row, until in running:
        process = row.worker.process
        if row.at < reached.get(process, 0):
            return True
        reached[process] = until
    return False


def _calm(stretches: Sequence[Stretch]) -> dict[Thread, list[Times]]:
    """Return when each thread ran, or was without a core, and waited for nothing, not even for the GIL.

    If two threads are like that for a while, neither needs the GIL: of two that do, one waits for it at any time.
    """
    times: dict[Thread, list[Times]] = {}
    for row, until in stretches:
        if row.state is State.RUNNING or (row.state is State.READY and row.reason == "core"):
            times.setdefault(row.worker, []).append((row.at, until))
    return {worker: list(union(sorted(those))) for worker, those in times.items()}


def _losses(
    running: Sequence[tuple[int, Stretch]],
    exact: Mapping[Thread, Sequence[Times]],
    blurs: Mapping[tuple[Key, int], int],
    calm: Mapping[Thread, Sequence[Times]],
) -> dict[int, list[Times]]:
    """Return when which stretch was READY although it seemed to run, by its number."""
    losses: dict[int, list[Times]] = {}
    active: list[tuple[int, Stretch]] = []
    for number, (row, until) in running:
        active = [one for one in active if one[1][1] > row.at]
        for other, (earlier, end) in active:
            overlap = row.at, min(until, end)
            ends = (row.task, until) if until < end else (earlier.task, end)
            blur = blurs[row.task, row.at] + blurs.get(ends, 0)
            around = overlap[0] - CALM_NS, overlap[1] + CALM_NS
            if all(around in between(calm.get(worker, ()), *around) for worker in (row.worker, earlier.worker)):
                continue
            if earlier.worker.process != row.worker.process:
                continue
            if earlier.worker != row.worker and overlap[1] - overlap[0] < SHORT_NS + blur:
                loser = number if between(exact.get(earlier.worker, ()), *overlap) else other
                losses.setdefault(loser, []).append(overlap)
        active.append((number, (row, until)))
    return losses
