"""Deadlocks and what hangs, in words: who holds what, who wants it, and who waits for whom.

What a task wants and holds are resources, tuples of plain values that mean the same in all processes; so tasks of
several processes can be told of together.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from taketurns.trace.outcomes import Blocked
from taketurns.trace.spans import Where
from taketurns.watcher.locks import Named, Resource

__all__ = ["LEAST", "LONG", "Waiter", "blocked", "deadlocks", "hangs", "idles"]

#: A wait is one that hangs from so many seconds on, and is told of from so many on.
LONG, LEAST = 0.1, 0.005

#: So many tasks are named.
_MOST = 4
#: What is held by somebody, and given back by them, or by nobody.
LOCKS = {"lock", "semaphore", "lock of processes"}
#: What several have at once: who wants it waits for all of them.
_SHARED = {"semaphore", "lock of processes", "pool"}
#: Who is waited for themselves.
_WHO = {"thread", "future", "task", "process"}


class Waiter(NamedTuple):
    """A task, with what it wants and holds.

    ``waits_for`` is the reason of its wait, empty where it does not wait for anybody of this program. ``where`` is its
    place. ``is_long`` says whether it waits for so long that it hangs, if what it wants has not been given back.
    A wait that has a timeout ends by itself: it is in no circle, and hangs nobody.
    """

    task: str
    wants: tuple[Named, ...] = ()
    holds: tuple[Named, ...] = ()
    waits_for: str = ""
    where: Where | None = None
    is_long: bool = True
    has_timeout: bool = False

    @property
    def may_hang(self) -> bool:
        """Whether it waits, and will for ever, if nobody ends that."""
        return self.is_long and not self.has_timeout


Holders = Mapping[Resource, Sequence[Waiter]]


def deadlocks(waiters: Sequence[Waiter]) -> str:
    """Return who waits in circles, as in ``first holds a and wants b; second holds b and wants a``; or nothing."""
    holders = _holders(waiters)
    stuck = _stuck(waiters, holders)
    circles = _circles(stuck, holders)
    told = [one for circle in circles for one in circle]
    said = [_in_circle(one, circle[index - 1], holders) for circle in circles for index, one in enumerate(circle)]
    said += [_behind(one, holders) for one in stuck if one not in told and _kind(one) in LOCKS]
    return _limited(said) + _lines(told) if said else ""


def blocked(waiters: Sequence[Waiter]) -> tuple[Blocked, ...]:
    """Return the tasks that wait in circles, each with what it wants, and followed by the one that holds it."""
    holders = _holders(waiters)
    return tuple(
        Blocked(one.task, _wants(one, holders), circle[(index + 1) % len(circle)].task)
        for circle in _circles(_stuck(waiters, holders), holders)
        for index, one in enumerate(circle)
    )


def hangs(waiters: Sequence[Waiter], ended: Collection[str] = ()) -> str:
    """Return who waits for what can come no more, and for whom; ``ended`` are tasks that end with what they hold."""
    holders = _holders(waiters)
    stuck = _stuck(waiters, holders)
    said = []
    for waiter in waiters:
        if waiter in stuck or not waiter.may_hang:
            continue
        holder = next((one for want in waiter.wants for one in _having(want, holders) if one is not waiter), None)
        if holder is None or _kind(waiter) not in LOCKS | _WHO:
            continue
        if holder in stuck or holder.task in ended or (holder.waits_for and holder.may_hang):
            said.append(_behind(waiter, holders))
            if holder not in stuck and not _having_any(holder, holders) and holder.waits_for:
                said.append(_idle(holder))
    return _limited(list(dict.fromkeys(said)))


def idles(waiters: Sequence[Waiter], word: str = "waits") -> str:
    """Return who waits for what may come, as in ``consumer 0 waits for a queue: q.get() (In [3], line 4)``.

    A lock that somebody holds who goes on is only busy.
    """
    holders = _holders(waiters)
    busy = [id(waiter) for waiter in waiters if _kind(waiter) in LOCKS and _having_any(waiter, holders)]
    return _limited([_idle(waiter, word) for waiter in waiters if waiter.waits_for and id(waiter) not in busy])


# Who holds what


def _holders(waiters: Iterable[Waiter]) -> dict[Resource, list[Waiter]]:
    found: dict[Resource, list[Waiter]] = {}
    for waiter in waiters:
        for what in dict.fromkeys(held.what for held in waiter.holds):
            found.setdefault(what, []).append(waiter)
    return found


def _having(want: Named, holders: Holders) -> Sequence[Waiter]:
    """Return who holds what is wanted: those who say so, or the thread that the lock says."""
    if want.what in holders or not want.owner:
        return holders.get(want.what, ())
    return holders.get(("thread", want.what[1], want.owner), ())


def _having_any(waiter: Waiter, holders: Holders) -> bool:
    return any(_having(want, holders) for want in waiter.wants)


def _stuck(waiters: Iterable[Waiter], holders: Holders) -> list[Waiter]:
    """Return who waits for others that wait for each other, and so for ever."""
    stuck = [waiter for waiter in waiters if waiter.wants and not waiter.has_timeout]
    while True:
        names = {id(waiter) for waiter in stuck}
        left = [waiter for waiter in stuck if any(_never_comes(want, holders, names) for want in waiter.wants)]
        if len(left) == len(stuck):
            return left
        stuck = left


def _never_comes(want: Named, holders: Holders, stuck: set[int]) -> bool:
    those = [id(holder) in stuck for holder in _having(want, holders)]
    return bool(those) and (all(those) if want.what[0] in _SHARED else any(those))


def _circles(stuck: Sequence[Waiter], holders: Holders) -> list[list[Waiter]]:
    """Return circles of those who are stuck, such that nobody is in two of them."""
    circles: list[list[Waiter]] = []
    for waiter in stuck:
        circle = _circle(waiter, stuck, holders)
        if circle and not any(one in each for one in circle for each in circles):
            circles.append(circle)
    return circles


def _circle(waiter: Waiter, stuck: Sequence[Waiter], holders: Holders) -> list[Waiter]:
    """Return the circle to which a waiter leads if it is in it itself, each followed by whom it waits for."""
    path = [waiter]
    to: dict[int, Waiter] = {}
    while path:  # a search in width: the shortest circle
        one = path.pop(0)
        for want in one.wants:
            for holder in _having(want, holders):
                if id(holder) in to or not any(holder is each for each in stuck):
                    continue
                to[id(holder)] = one
                path.append(holder)
    if id(waiter) not in to:
        return []
    circle = [waiter]
    while (before := to[id(circle[0])]) is not waiter:
        circle.insert(0, before)
    return [circle[-1], *circle[:-1]]


# In words


def _kind(waiter: Waiter) -> str:
    return str(waiter.wants[0].what[0]) if waiter.wants else ""


def _in_circle(waiter: Waiter, before: Waiter, holders: Holders) -> str:
    """Return what a task in a circle holds, for which the one before it waits, and what it wants."""
    wanted = [want for want in before.wants if waiter in _having(want, holders)]
    held = [f"holds {_name(want, waiter)}" for want in wanted if want.what[0] not in _WHO][:1]
    if waiter is before and held and wanted[0].what[0] in LOCKS:
        return f"{waiter.task} {held[0]} and wants it again"
    return f"{waiter.task} {' and '.join([*held, _wants(waiter, holders)])}"


def _behind(waiter: Waiter, holders: Holders) -> str:
    """Return what a task wants, and who holds it."""
    said = _wants(waiter, holders)
    having = [one.task for want in waiter.wants for one in _having(want, holders)]
    who = f", which {having[0]} holds" if said.startswith("wants ") and having else ""
    return f"{waiter.task} {said}{who}"


def _wants(waiter: Waiter, holders: Holders) -> str:
    want = next((want for want in waiter.wants if _having(want, holders)), waiter.wants[0])
    having = _having(want, holders)
    kind = want.what[0]
    if kind in _WHO:
        return f"waits for {having[0].task if having else want.text or f'a {kind}'}"
    if kind == "pool":
        return "wants another"
    name = want.text or f"a {kind}"
    theirs = _name(want, having[0]) if having else name
    return f"wants {name}" + (f" ({having[0].task}'s {theirs})" if theirs != name else "")


def _name(want: Named, holder: Waiter) -> str:
    """Return what the holder of something calls it."""
    return next((held.text for held in holder.holds if held.what == want.what and held.text), want.text or "a lock")


def _idle(waiter: Waiter, word: str = "waits") -> str:
    a = "an" if waiter.waits_for[:1] in "aeiou" else "a"
    what = "" if waiter.waits_for == "another task" else f"{a} "
    place = f": {waiter.where.expression} ({waiter.where.file}, line {waiter.where.line})" if waiter.where else ""
    return f"{waiter.task} {word} for {what}{waiter.waits_for}{place}"


def _limited(said: Sequence[str]) -> str:
    more = [f"and {len(said) - _MOST} more"] if len(said) > _MOST else []
    return "; ".join([*said[:_MOST], *more])


def _lines(waiters: Sequence[Waiter]) -> str:
    """Return where they wait, if that is in one file."""
    places = [waiter.where for waiter in waiters[:_MOST]]
    files = {place.file for place in places if place is not None}
    if None in places or len(files) != 1:
        return ""
    lines = [str(line) for line in sorted({place.line for place in places if place is not None})]
    plural = "s" if len(lines) > 1 else ""
    text = f"{', '.join(lines[:-1])} and {lines[-1]}" if plural else lines[0]
    return f" ({files.pop()}, line{plural} {text})"
