import asyncio
import contextlib
import gc
import itertools
import sys
from pathlib import Path

import pytest
from lanes import contained, without_block

from taketurns import Trace, compute, record
from taketurns.recording import children, recorder
from taketurns.recording.whole import NOTHING


def test_record_takes_a_label():
    with record("a label") as trace:
        pass
    assert trace == Trace("a label", (), trace.origin, notes=(NOTHING,))


def test_a_label_is_a_string():
    with pytest.raises(TypeError, match=r'record\(\) takes a label, a string such as "4 threads"; it was given 4'):
        record(4)


def test_spans_cannot_be_read_while_the_recording_is_on():
    with record("on") as trace, pytest.raises(RuntimeError, match="can be read after its `with record"):
        trace.spans  # noqa: B018


def test_one_record_object_can_record_again():
    again = record("again")
    with again as first:
        compute(0.001)
    with again as second:
        pass
    assert (len(first.tasks), len(second.tasks)) == (1, 0)


def test_async_with_records_too():
    async def main():
        async with record("async") as trace:
            compute(0.001)
        return trace

    assert asyncio.run(main()).tasks == ("task 0",)


def test_two_asyncio_tasks_cannot_both_record():
    async def one():
        async with record("one"):
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    async def main():
        return await asyncio.gather(one(), one(), return_exceptions=True)

    first, second = asyncio.run(main())
    assert first is None
    assert isinstance(second, RuntimeError)


class Interrupt:
    """An interrupt at one of the lines of the recorder, counted from its begin; the watcher has a test of its own."""

    def __init__(self, line):
        self.left = line
        self.came = False

    def __call__(self, frame, event, argument):
        return (
            self.at_line(frame, event, argument)
            if frame.f_globals["__name__"].startswith("taketurns.recording")
            else None
        )

    def at_line(self, frame, event, argument):
        if event == "line" and not self.came:
            self.left -= 1
            if self.left == 0:
                self.came = True
                raise KeyboardInterrupt
        return self.at_line


def recorded(interrupt, begin, end):
    """Record with an interrupt in the begin or in the end; return the trace, if there is one."""
    trace = None
    before = sys.gettrace()
    try:
        sys.settrace(interrupt if begin else before)
        with record("interrupted") as trace:
            sys.settrace(before)
            compute(0)
            sys.settrace(interrupt if end else before)
    except KeyboardInterrupt:
        assert interrupt.came
    finally:
        sys.settrace(before)
    return trace


# It comes also where a `with` statement is about to close its file, which no real one can.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("where", ["begin", "end"])
def test_an_interrupt_at_any_line_leaves_a_whole_trace_and_the_next_recording_begins(where):
    compute(0)  # the machine is measured
    methods = [getattr(asyncio.BaseEventLoop, name) for name in ("create_task", "call_at", "call_soon")]
    for line in itertools.count(1, 5):  # each of the next recordings starts a helper, which takes long
        interrupt = Interrupt(line)
        trace = contained(recorded, interrupt, where == "begin", where == "end")
        with record("next") as following:
            compute(0.0001)
        assert len(without_block(following).tasks) == 1
        assert trace is None or not trace.is_on
        assert [getattr(asyncio.BaseEventLoop, name) for name in ("create_task", "call_at", "call_soon")] == methods
        assert not Path(children.folder().path).exists()
        if not interrupt.came:
            break
        assert trace is None or trace.cut_short in ("", "interrupted", "KeyboardInterrupt")
    assert line > 100  # it came at many


def test_a_block_that_is_on_is_no_block_that_was_left_without_a_word():
    with record("first") as first, pytest.raises(RuntimeError, match="is on already"), record("second") as second:
        pass
    assert not first.is_on
    with contextlib.ExitStack() as stack, pytest.raises(RuntimeError, match="is on already"):
        stack.enter_context(record("third"))
        second = record("fourth")
        second.__enter__()


def test_one_record_object_cannot_be_on_twice():
    again = record("again")
    with again as trace:
        with pytest.raises(RuntimeError, match="is on already"), again:
            pass
        compute(0.0001)
    assert len(without_block(trace).tasks) == 1


def test_an_async_block_is_not_left_without_a_word_while_it_ends(monkeypatch):
    seen = []
    finish = recorder.finish

    def watched(mine, cut_short):
        seen.append(mine.is_given_up())
        finish(mine, cut_short)

    monkeypatch.setattr(recorder, "finish", watched)

    async def main():
        async with record("async"):
            seen.append(recorder.on.is_given_up())

    asyncio.run(main())
    with record("plain"):
        seen.append(recorder.on.is_given_up())
    with contextlib.ExitStack() as stack:
        stack.enter_context(record("in a stack"))
        seen.append(recorder.on.is_given_up())
    assert seen == [False] * 6


@pytest.mark.parametrize("stack", [contextlib.ExitStack, None])
def test_a_block_that_the_program_drops_is_ended_by_the_next_recording(stack):
    def begin():
        block = record("dropped")
        if stack:
            kept = stack()
            trace = kept.enter_context(block)
            kept.pop_all()
            return trace
        return block.__enter__()

    dropped = begin()
    gc.collect()
    with record("next") as following:
        compute(0.0001)
    assert len(without_block(following).tasks) == 1
    assert dropped.cut_short == "interrupted"
