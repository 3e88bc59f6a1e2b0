"""Patches: methods of the standard library that stand for others while a recording is on."""

import os
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any

from taketurns.recording import recorder
from taketurns.recording.recorder import Recorder
from taketurns.trace.frames import module_of

__all__ = ["Patches", "dealing", "unheard", "without_ours"]

#: Makes a method for a recording out of the plain one.
Make = Callable[[Recorder, Callable[..., Any]], Callable[..., Any]]


class Patches:
    """Methods that are replaced for one recording at a time, and put back where ours still stand there.

    Where somebody else replaced a method before, theirs is called, and put back; where somebody did so since, theirs
    stays, and ours beneath it does nothing any more. A forked child begins without them.
    """

    def __init__(self) -> None:
        #: By owner and name: for which recording it is replaced, by ours, and what stood there.
        self.replaced: dict[tuple[Any, str], tuple[Recorder, Callable[..., Any], Callable[..., Any]]] = {}
        self.inherited: set[tuple[Any, str]] = set()  # by owner and name: what stands in a base of that class
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.remove)

    def put(self, mine: Recorder, owner: Any, name: str, make: Make) -> None:
        """Replace a method of a class, or a function of a module, for a recording."""
        plain = getattr(owner, name)
        if name not in vars(owner):
            self.inherited.add((owner, name))
        ours = wraps(plain)(make(mine, plain))
        _, before, stood = self.replaced.get((owner, name), (None, None, plain))
        self.replaced[owner, name] = mine, ours, stood if plain is before else plain  # it can be replaced twice
        setattr(owner, name, ours)

    def put_once(self, mine: Recorder, owner: Any, name: str, make: Make) -> None:
        """Replace a method for a recording, unless that is done."""
        if self.replaced.get((owner, name), (None,))[0] is not mine:
            self.put(mine, owner, name, make)

    def remove(self, mine: Recorder | None = None) -> None:
        """Put back what is still ours: for a recording, or all of it."""
        for (owner, name), (its, ours, plain) in tuple(self.replaced.items()):
            if mine in (its, None):
                if getattr(owner, name) is ours and (owner, name) in self.inherited:
                    delattr(owner, name)
                elif getattr(owner, name) is ours:
                    setattr(owner, name, plain)
                self.inherited.discard((owner, name))
                self.replaced.pop((owner, name), None)


def dealing(mine: Recorder, plain: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that notes from when to when its thread dealt with tasks."""

    def deal(*args: Any, **kwargs: Any) -> Any:
        if recorder.on is not mine:
            return plain(*args, **kwargs)
        began = mine.now()
        try:
            return plain(*args, **kwargs)
        except BaseException as error:
            without_ours(error)
            raise
        finally:
            mine.dealings.append((threading.get_native_id(), began, mine.now()))

    return deal


def unheard(mine: Recorder, plain: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that deals with tasks, and whose inside is heard by nobody: it makes thousands of calls."""

    def call(*args: Any, **kwargs: Any) -> Any:
        covered = mine.ears is not None and mine.ears.cover()
        try:
            return plain(*args, **kwargs)
        finally:
            if covered:
                mine.ears.uncover()

    return dealing(mine, call)


def without_ours(error: BaseException) -> None:
    """Take our frames from the begin of an error's traceback, which is about to grow by that of our caller."""
    traceback = error.__traceback__
    while traceback is not None and module_of(traceback.tb_frame).partition(".")[0] == "taketurns":
        traceback = traceback.tb_next
    error.__traceback__ = traceback
